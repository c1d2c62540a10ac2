"""The quality of a registration as one HTML page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.page import (
    Cell,
    Facts,
    Markup,
    Paragraph,
    Part,
    Picture,
    Section,
    Table,
    escaped,
    page,
)

from .direction import DirectionProof, ReadingScore, Verdict
from .displacementGrid import PointStatus
from .fieldQuality import RegionField
from .landmarkPairs import LandmarkErrors
from .readings import WORDS
from .registrationQuality import RegistrationQuality
from .tolerances import TOLERANCES, JudgedMetric, Judgment, Kind, Tolerance

TITLE = "Quality of a registration"
MOST_LANDMARKS = 200  # in the table, the worst first; JSON has all
WORST_FIRST = "The worst first."
RESEARCH = "Research software: nothing here was approved for treatment."
GRAVITY = [Judgment.NO_LIMIT, Judgment.WITHIN, Judgment.UNKNOWN, Judgment.BEYOND]
SIGNS = {  # sign and style; the sign and the word say it without the color
    Judgment.WITHIN: ("✔", "good"),
    Judgment.BEYOND: ("✖", "error"),
    Judgment.UNKNOWN: ("▲", "warning"),
    Judgment.NO_LIMIT: ("ℹ", "info"),
}


def qualityPage(quality: RegistrationQuality, pictures: Sequence[Picture] = ()) -> str:
    """One page with everything that was measured; `pictures` get a section of their own."""
    sections = [
        Section("Direction", _direction(quality.direction)),
        Section("Limits and verdicts", _verdicts(quality)),
        *_optional(quality),
        Section("Field", tuple(_field(quality))),
        *([Section("Pictures", tuple(pictures))] if pictures else []),
        Section("What to bear in mind", tuple(map(Paragraph, (*quality.limits, RESEARCH)))),
        Section("Objects", (Facts((*quality.identities, *_making(quality))),)),
    ]
    return page(TITLE, sections, summary=_summary(quality))


def _summary(quality: RegistrationQuality) -> tuple[Part, ...]:
    counts = Counter(one.judgment for one in quality.metrics if one.tolerance)
    words = [f"{counts[one]} {one.value}" for one in Judgment if counts[one]]
    return (
        *map(Paragraph, quality.sentences),
        Paragraph(Markup(f"<b>{escaped(quality.direction.sentence)}</b>")),
        Paragraph(f"Of the numbers that guidance limits: {', '.join(words) or 'none'}."),
    )


def _direction(proof: DirectionProof) -> tuple[Part, ...]:
    style = {Verdict.STANDARD: "good", Verdict.OTHER: "error", Verdict.CANNOT_TELL: "warning"}
    badge = _badge(proof.verdict.value, "", style[proof.verdict])
    header = (
        "Reading", "Similarity", "Overlap", "Apart", "Gain", "Counts from",
    )  # fmt: skip
    rows = tuple(_reading(one) for one in proof.scores)
    return (
        Paragraph(Markup(f"{badge} {escaped(proof.sentence)}")),
        Table(
            header,
            rows,
            "Apart from the standard's reading: root mean square. Gain: of similarity over it.",
        ),
        Paragraph(proof.method),
    )


def _reading(one: ReadingScore) -> tuple[Cell, ...]:
    told = f"{one.apart:,.0f}" if one.apart >= 1000 else _number(one.apart, 3)
    apart = f"{told} mm" if np.isfinite(one.apart) else ""
    return (
        WORDS[one.name], _number(one.similarity, 4), f"{one.overlap:.0%}", apart,
        _number(one.gain, 2), _number(one.margin, 2),
    )  # fmt: skip


def _verdicts(quality: RegistrationQuality) -> tuple[Part, ...]:
    rows = tuple(map(_verdict, limitVerdicts(quality)))
    guidance = tuple(
        (one.kind.value, one.quantity, _limit(one.limit, one.isMost), one.meaning, one.source)
        for one in TOLERANCES
    )
    side = f"The largest voxel side of both images is {quality.largestVoxelSide:.3g} mm."
    return (
        Table(("Verdict", "What", "Limit", "Worst", "Beyond, or not known"), rows, side),
        Table(
            ("Metric", "Quantity", "Limit", "Meaning", "Source"),
            guidance,
            "The limits. On all other numbers there is no agreement, so they have no verdict.",
        ),
    )


def _limitedBy(quality: RegistrationQuality, row: Tolerance) -> list[JudgedMetric]:
    """The numbers that `row` limits, the worst first."""
    found = [one for one in quality.metrics if one.tolerance is row]
    sign = -1 if row.isMost else 1
    return sorted(found, key=lambda one: np.nan_to_num(sign * one.metric.value, nan=-np.inf))


@dataclass(frozen=True)
class LimitVerdict:
    """One limit of guidance and all numbers under it: what, the limit, the worst number and which
    are beyond it or not known, in words.
    """

    judgment: Judgment
    what: str
    limit: str
    worst: str
    beyond: str


def limitVerdicts(quality: RegistrationQuality) -> tuple[LimitVerdict, ...]:
    """Of all limits that some number of `quality` is under."""
    limited = ((row, _limitedBy(quality, row)) for row in TOLERANCES)
    return tuple(_limitVerdict(row, found) for row, found in limited if found)


def _limitVerdict(row: Tolerance, found: list[JudgedMetric]) -> LimitVerdict:
    bad = [one for one in found if one.judgment is not Judgment.WITHIN]
    known = [one for one in found if one.judgment is not Judgment.UNKNOWN]
    names = ", ".join(one.metric.region for one in bad)
    return LimitVerdict(
        judgment=max((one.judgment for one in found), key=GRAVITY.index),
        what=f"{row.kind.value}, {row.quantity}",
        limit=found[0].limitText,
        worst=f"{_value(known[0])} ({known[0].metric.region})" if known else "not known",
        beyond=f"{len(bad)} of {len(found)}: {names}" if bad else f"none of {len(found)}",
    )


def _verdict(one: LimitVerdict) -> tuple[Cell, ...]:
    badge = Markup(_badge(one.judgment.value, *SIGNS[one.judgment]))
    return (badge, one.what, one.limit, one.worst, one.beyond)


def _limit(limit: float | None, isMost: bool) -> str:
    value = "largest voxel side" if limit is None else f"{limit:g}"
    return f"{'≤' if isMost else '≥'} {value}"


def _optional(quality: RegistrationQuality) -> Iterator[Section]:
    """What depends on what was at hand."""
    if quality.landmarks is not None:
        yield Section("Landmarks", _landmarks(quality.landmarks, quality))
    if quality.agreement is not None:
        kinds = (Kind.DICE, Kind.SURFACE)
        rows = [
            (
                one.name, _number(one.dice, 3), _number(one.distance.mean, 3),
                _number(one.distance.hausdorff95, 3), _number(one.carried, 4),
                _number(one.drawn, 4), f"{one.undefined:.1%}",
                _worst(quality, one.name, kinds),
            )
            for one in quality.agreement.structures
        ]  # fmt: skip
        header = (
            "Structure", "Dice", "Mean distance, mm", "95 % Hausdorff, mm", "Carried, cm³",
            "Drawn, cm³", "Cut off", "Verdict",
        )  # fmt: skip
        caption = "Structures of the registered image, carried to the source, against those there."
        yield Section("Structures", (Table(header, tuple(rows), caption),))
    if quality.consistency is not None:
        found = quality.consistency
        facts = [(f"{name}, mm", _number(value, 3)) for name, value in (
            ("Mean", found.errors.mean),
            ("95 %", found.errors.p95),
            ("Maximum", found.errors.maximum),
        )]  # fmt: skip
        facts.append(("Not back", f"{found.lost:.1%}"))
        if found.residuals is not None:
            facts.append(("Largest residual, mm", _number(found.residuals.maximum, 2)))
        words = f"{found.points} points of the image there and back by the {found.way}."
        yield Section("There and back", (Paragraph(words), Facts(tuple(facts))))


def _landmarks(found: LandmarkErrors, quality: RegistrationQuality) -> tuple[Part, ...]:
    spread = found.distribution
    facts = (
        ("Pairs", str(len(found.errors))),
        ("Mean, mm", _number(spread.mean, 3)),
        ("Median, mm", _number(spread.median, 3)),
        ("95 %, mm", _number(spread.p95, 3)),
        ("Maximum, mm", _number(spread.maximum, 3)),
        ("Coordinates as they are, mean mm", _number(float(found.before.mean()), 3)),
        ("Not defined", str(found.undefined)),
    )
    worst = np.argsort(np.nan_to_num(-found.errors, nan=-np.inf))[:MOST_LANDMARKS]
    rows = tuple(
        (
            found.pairs.labels[n],
            _number(float(found.errors[n]), 3) or PointStatus(found.status[n]).name.lower(),
            _number(float(found.before[n]), 3),
        )
        for n in worst
    )
    header = ("Landmark", "Target registration error, mm", "Before, mm")
    return (Facts(facts), Table(header, rows, WORST_FIRST))


def _field(quality: RegistrationQuality) -> Iterator[Part]:
    volumes = ("Region", "cm³", "Minimum", "1 %", "Median", "99 %", "Maximum", "Not above 0")
    rows = tuple(_jacobian(one) for one in quality.field.regions)
    yield Table(volumes, rows, "Jacobian determinant: volume in the source per volume here.")
    lengths = (
        "Region", "Mean", "95 %", "Maximum", "Mean without rigid", "95 %", "Maximum",
        "Left", "Back", "Head", "Outside", "Undefined",
    )  # fmt: skip
    rows = tuple(_displacement(one) for one in quality.field.regions)
    yield Table(
        lengths,
        rows,
        "Displacement in mm, then without the rigid motion nearest to it over the image, of which "
        "also the mean along each axis.",
    )


def _jacobian(one: RegionField) -> tuple[Cell, ...]:
    found = one.jacobian
    numbers = (found.minimum, found.p1, found.median, found.p99, found.maximum)
    folded = f"{100 * one.folded:.3g} %" if np.isfinite(one.folded) else ""
    return (one.name, _number(one.volume, 4), *(_number(x, 3) for x in numbers), folded)


def _displacement(one: RegionField) -> tuple[Cell, ...]:
    whole, rest = one.displacement, one.deformation
    numbers = (whole.mean, whole.p95, whole.maximum, rest.mean, rest.p95, rest.maximum, *one.mean)
    shares = (f"{100 * share:.3g} %" for share in (one.outside, one.undefined))
    return (one.name, *(_number(float(x), 3) for x in numbers), *shares)


def _making(quality: RegistrationQuality) -> tuple[tuple[str, Cell], ...]:
    return (
        ("Measured", quality.created.isoformat(sep=" ", timespec="minutes")),
        ("Measured with", quality.versions),
        ("Rating by a person", quality.rating),
    )


def _worst(quality: RegistrationQuality, region: str, kinds: Iterable[Kind]) -> Cell:
    """The gravest verdict on a region."""
    found = [
        one.judgment
        for one in quality.metrics
        if one.tolerance and one.metric.region == region and one.metric.kind in kinds
    ]
    judgment = max(found, key=GRAVITY.index, default=Judgment.NO_LIMIT)
    return Markup(_badge(judgment.value, *SIGNS[judgment]))


def _value(one: JudgedMetric) -> str:
    value = _number(one.metric.value, 3)
    return f"{value} {one.metric.unit}".strip() if value else "not known"


def _number(value: float, digits: int) -> str:
    if not np.isfinite(value):
        return ""
    return f"{value:.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"


def _badge(word: str, sign: str, style: str) -> str:
    return f'<span class="badge {style}">{escaped(f"{sign} {word}".strip())}</span>'
