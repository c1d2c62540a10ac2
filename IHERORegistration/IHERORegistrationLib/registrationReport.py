"""All that is known of one registration, in words, for who asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .inspection import ObjectInspection
from .listedRegistration import ListedRegistration
from .macros import spelledDate
from .notes import Note
from .report import WORDS
from .rules import Finding
from .sentences import frameName, printable


@dataclass(frozen=True)
class ReportSection:
    """A heading and the lines below it."""

    title: str
    lines: tuple[str, ...]


def inspectionReport(inspection: ObjectInspection) -> tuple[ReportSection, ...]:
    """What an object says, what of its images is at hand, what was repaired and found."""
    one = inspection.registration
    registered = frameName(one.registeredFrame, inspection.names)
    says = [": ".join(filter(None, (one.label, one.description)))]
    says += [f"Made by {one.producer}."] if one.producer else []
    says += [f"Made on {spelledDate(one.contentDate)}."] if one.contentDate else []
    says += [f"Registered frame: {registered}, {one.registeredFrame}"]
    for item in one.items:
        told = " ".join(inspection.sentences(item))
        comment = f" “{item.comment}”" if item.comment else ""
        says.append(f"{item.number}. {told}{comment}")
    return _sections(
        ("What it says", filter(None, says)),
        ("Its images", [_images(inspection)]),
        ("Repairs and remarks", map(noteLine, inspection.notes)),
        _judged(inspection),
        ("Where it is", [f"SOP Instance UID {one.sopInstanceUID}", str(inspection.file)]),
    )


def rowReport(row: ListedRegistration) -> tuple[ReportSection, ...]:
    """What a node of the scene tells whose object is not at hand."""
    frames = [
        f"{name}: {uid}"
        for name, uid in (
            ("Frame of the moving image", row.sourceFrame),
            ("Frame of the fixed image", row.registeredFrame),
        )
        if uid
    ]
    made = [f"Made by {row.producer}."] if row.producer else []
    return _sections(
        ("What it says", [f"{row.kind}. {row.sentence}.", *made, *frames]),
        ("Repairs and remarks", map(noteLine, row.notes)),
        ("Findings", ["Not judged: its object is not in the DICOM database."]),
    )


def noteLine(note: Note) -> str:
    """A repair or remark with its place."""
    return f"{'Repaired: ' if note.repaired else ''}{note}"


def findingLine(finding: Finding) -> str:
    """A finding with the sign and word of its severity, its row, place and source."""
    word, _, sign, _ = WORDS[finding.severity]
    where = f" at {finding.location}" if finding.location else ""
    return f"{sign} {word} {finding.rule.code}{where}: {finding.message} [{finding.rule.source}]"


def reportText(sections: Iterable[ReportSection]) -> str:
    """The report as plain text, to be copied."""
    return "\n\n".join("\n".join((one.title, *one.lines)) for one in sections)


def _sections(*parts: tuple[str, Iterable[str]]) -> tuple[ReportSection, ...]:
    found = (ReportSection(title, tuple(map(printable, lines))) for title, lines in parts)
    return tuple(one for one in found if one.lines)


def _images(inspection: ObjectInspection) -> str:
    total = len(inspection.referenced)
    present = sum(uid in (inspection.atHand or ()) for uid in inspection.referenced)
    missing = f", {total - present} missing" if present < total else ""
    return f"{total} referenced, {present} in the DICOM database{missing}."


def _judged(inspection: ObjectInspection) -> tuple[str, list[str]]:
    judged = " and ".join(inspection.profiles)
    left = f", {inspection.unjudged} not judged" if inspection.unjudged else ""
    title = f"Findings by {judged} as consumer, the object alone{left}"
    return title, [findingLine(one) for one in inspection.findings] or ["None."]
