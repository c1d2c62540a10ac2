"""How two registrations differ, as rich text for a narrow panel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
from slicer.i18n import tr as _

from ..registrationComparison import (
    DoseDifference,
    RegistrationComparison,
    comparisonSentences,
    doseSentences,
)

TABLE = '<table width="100%" cellspacing="0" cellpadding="2">'


def comparisonText(found: RegistrationComparison, image: str) -> str:
    """Sentences, then numbers of each structure."""
    text = _paragraph(comparisonSentences(found, image))
    if found.structures:
        rows = [
            (
                one.name,
                _number(one.lengths.mean),
                _number(one.lengths.p95),
                _number(one.lengths.maximum),
                f"{100 * one.unknown:.1f} %",
            )
            for one in found.structures
        ]
        header = (_("Apart, mm"), _("Mean"), "95 %", _("Most"), _("Unknown"))
        text += _table(header, rows)
    if found.dose is not None:
        text += _paragraph(doseSentences(found.dose)) + _doses(found.dose)
    left = [*found.leftOut, *(found.dose.leftOut if found.dose else ())]
    return text + "".join(_paragraph([_("Left out: {what}.").format(what=one)]) for one in left)


def _doses(dose: DoseDifference) -> str:
    if not dose.structures:
        return ""
    rows = [
        (
            one.name,
            _pair(one.mean, other.mean),
            _pair(one.D95, other.D95),
            _pair(one.D2cc, other.D2cc),
        )
        for one, other in dose.structures
    ]
    units = dose.units
    return _table((f"A → B, {units}", _("Mean"), "D95", "D2cc"), rows)


def _pair(one: float, other: float) -> str:
    return f"{_number(one)} → {_number(other)}"


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _paragraph(sentences: Iterable[str]) -> str:
    return f"<p>{escape(' '.join(sentences))}</p>"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column left, all others right."""

    def line(tag: str, cells: Sequence[str]) -> str:
        sides = ["left", *["right"] * (len(cells) - 1)]
        return "".join(
            f'<{tag} align="{side}">{escape(cell)}</{tag}>'
            for cell, side in zip(cells, sides, strict=True)
        )

    body = "".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    return f"{TABLE}<tr>{line('th', header)}</tr>{body}</table>"
