"""What was measured of a registration, as rich text for a narrow panel."""

from __future__ import annotations

import base64
from html import escape

import numpy as np
from slicer.i18n import tr as _

from IHERORegistrationLib.listedRegistration import Badge, Tone
from IHERORegistrationLib.widgets.badgeColors import chip

from ..direction import DirectionProof, Verdict
from ..qualityPage import LimitVerdict, limitVerdicts
from ..readingPictures import ReadingPicture
from ..readings import WORDS
from ..registrationQuality import RegistrationQuality
from ..tolerances import Judgment

TONES = {
    Judgment.WITHIN: Tone.GOOD,
    Judgment.BEYOND: Tone.BAD,
    Judgment.UNKNOWN: Tone.DOUBT,
    Judgment.NO_LIMIT: Tone.PLAIN,
}
TABLE = '<table width="100%" cellspacing="0" cellpadding="2">'


def directionText(proof: DirectionProof) -> str:
    """The verdict, and how well the images agree by each reading."""
    words, tone = {
        Verdict.STANDARD: (_("direction tested"), Tone.GOOD),
        Verdict.OTHER: (_("direction doubtful"), Tone.BAD),
        Verdict.CANNOT_TELL: (_("direction unclear"), Tone.DOUBT),
    }[proof.verdict]
    rows = "".join(
        f"<tr><td>{_bold(escape(WORDS[one.name]), one.name is proof.best)}</td>"
        f'<td align="right">{_number(one.similarity, 4)}</td>'
        f'<td align="right">{100 * one.overlap:.0f}&nbsp;%</td>'
        f'<td align="right">{_apart(one.apart)}</td></tr>'
        for one in proof.scores
    )
    header = "".join(
        f'<th align="{side}">{word}</th>'
        for word, side in (
            (_("Reading"), "left"),
            (_("Similarity"), "right"),
            (_("Overlap"), "right"),
            (_("Apart"), "right"),
        )
    )
    return (
        f"<p>{chip(Badge(words, tone, ''))} {escape(proof.sentence)}</p>"
        f"{TABLE}<tr>{header}</tr>{rows}</table>"
        f'<p style="font-size:small">{escape(proof.method)}</p>'
    )


def picturesText(pictures: tuple[ReadingPicture, ...]) -> str:
    """The pictures with what they show."""
    if not pictures:
        return ""
    shown = "".join(
        f"<p>{escape(WORDS[one.name])}<br>"
        f'<img src="data:image/png;base64,{base64.b64encode(one.png).decode()}"></p>'
        for one in pictures
    )
    words = _(
        "The moving image on the fixed one: gray where they are alike, green where only the fixed "
        "one is bright, magenta where only the moving one is."
    )
    return f"{shown}<p>{words}</p>"


def qualityText(quality: RegistrationQuality) -> str:
    """The direction, each limit of guidance with its verdict, and what to bear in mind."""
    verdicts = limitVerdicts(quality)
    limits = "".join(f"<li>{escape(one)}</li>" for one in quality.limits)
    return (
        f"<p>{escape(' '.join(quality.sentences))}</p><p><b>{_summary(verdicts)}</b></p>"
        + "".join(map(_verdict, verdicts))
        + directionText(quality.direction)
        + f"<p><b>{_('What to bear in mind')}</b></p><ul>{limits}</ul>"
    )


def _summary(verdicts: tuple[LimitVerdict, ...]) -> str:
    beyond = sum(one.judgment is Judgment.BEYOND for one in verdicts)
    unknown = sum(one.judgment is Judgment.UNKNOWN for one in verdicts)
    kept = len(verdicts) - beyond - unknown
    return _("Limits of guidance: {kept} kept, {beyond} exceeded, {unknown} not known.").format(
        kept=kept, beyond=beyond, unknown=unknown
    )


def _verdict(one: LimitVerdict) -> str:
    badge = chip(Badge(one.judgment.value, TONES[one.judgment], ""))
    limit = _("limit {limit}").format(limit=one.limit)
    more = "" if one.judgment is Judgment.WITHIN else f"<br>{escape(one.beyond)}"
    return (
        f"<p>{badge} <b>{escape(one.what[:1].upper() + one.what[1:])}</b><br>"
        f"{escape(one.worst)}; {escape(limit)}{more}</p>"
    )


def _bold(words: str, isBold: bool) -> str:
    return f"<b>{words}</b>" if isBold else words


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}g}" if np.isfinite(value) else "–"


def _apart(value: float) -> str:
    told = f"{value:,.0f}" if value >= 1000 else _number(value, 3)
    return f"{told}&nbsp;mm" if np.isfinite(value) else "–"
