"""The list of registrations as one page of rich text with links, which follows any width."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from slicer.i18n import tr as _

from ..listedRegistration import ListedRegistration, Verdict, badges
from .badgeColors import chip

CHOOSE, LOAD = "choose:", "load:"  # what links begin with; the key of the row follows


@dataclass(frozen=True)
class ListColors:
    """Names of colors, from the palette of the widget that shows the list."""

    ground: str
    chosenGround: str
    letters: str
    chosenLetters: str


def listPage(
    rows: Iterable[ListedRegistration],
    verdicts: Mapping[str, Verdict],
    chosenKey: str,
    colors: ListColors,
) -> str:
    """All rows, the chosen one marked. `verdicts` are by SOP Instance UID."""
    return "".join(
        _row(row, verdicts.get(row.sopInstanceUID), row.key == chosenKey, colors) for row in rows
    )


def _row(
    row: ListedRegistration, verdict: Verdict | None, isChosen: bool, colors: ListColors
) -> str:
    letters = colors.chosenLetters if isChosen else colors.letters
    ground = colors.chosenGround if isChosen else colors.ground
    link = f"{CHOOSE if row.isInScene else LOAD}{escape(row.key, quote=True)}"
    mark = "▶ " if isChosen else ""
    chips = " ".join(map(chip, badges(row, verdict)))
    style = f"color:{letters}; text-decoration:none"
    what = f"<b>{mark}{escape(row.name)}</b><br>{_sentence(row)}"
    if not (row.isInScene or row.problem):
        load = escape(_("Load from the DICOM database"))
        what += f'<br><span style="text-decoration:underline">{load}</span>'
    told = what if row.problem else f'<a href="{link}" style="{style}">{what}</a>'
    return (
        f'<table width="100%" cellspacing="0" cellpadding="5" bgcolor="{ground}"><tr><td>'
        f"{told}<br>{chips}</td></tr></table>"
        '<p style="margin:0; font-size:3px">&nbsp;</p>'
    )


def _sentence(row: ListedRegistration) -> str:
    if row.problem:
        return escape(row.problem).replace("/", "/\u200b")
    if not (row.moving or row.fixed):
        return escape(_("Moves what is placed under it; which images it connects is not known."))
    unknown = _("unknown images")
    sentence = (
        _("Deforms {moving} (moving) ⟶ onto {fixed} (fixed)")
        if row.isDeformable
        else _("Maps {moving} (moving) ⟶ onto {fixed} (fixed)")
    )
    return sentence.format(
        moving=f"<b>{escape(row.moving or unknown)}</b>",
        fixed=f"<b>{escape(row.fixed or unknown)}</b>",
    )
