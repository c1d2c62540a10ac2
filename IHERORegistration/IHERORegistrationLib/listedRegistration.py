"""A registration as a row of a list: one sentence, and badges that tell its state at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .geometry import MatrixType
from .notes import Note
from .patient import UNKNOWN_PATIENT, Patient
from .rules import Finding, Severity
from .sentences import oneLine

KINDS = {
    MatrixType.RIGID: "Rigid",
    MatrixType.RIGID_SCALE: "Rigid with scaling",
    MatrixType.AFFINE: "Affine",
}
DEFORMABLE = "Deformable"


class Tone(StrEnum):
    """What a badge means beside its words."""

    GOOD = "good"
    DOUBT = "doubt"
    BAD = "bad"
    PLAIN = "plain"


DIRECTION_BADGES = {  # by what a test of the direction found
    "standard": ("direction tested", Tone.GOOD),
    "other": ("direction doubtful", Tone.BAD),
}


@dataclass(frozen=True)
class Badge:
    """A word or two; `meaning` is the sentence that explains them."""

    text: str
    tone: Tone
    meaning: str


DECISION_BADGES = {
    "approved": Badge("approved", Tone.GOOD, "Somebody reviewed it and approved it"),
    "rejected": Badge("rejected", Tone.BAD, "Somebody reviewed it and rejected it"),
}


@dataclass(frozen=True)
class Verdict:
    """What the profiles say of an object, as consumer: `profiles` judged, `findings` were found;
    `unjudged` names what was not looked at.
    """

    profiles: tuple[str, ...]
    findings: tuple[Finding, ...]
    unjudged: str = ""


@dataclass(frozen=True)
class ListedRegistration:
    """What a list tells of one registration.

    `key` tells it from others. `moving` and `fixed` are what lies in the two frames, in words,
    empty where nothing is known of them; `sourceFrame` and `registeredFrame` are empty for
    transforms that did not come from DICOM. `placed` names the nodes that are shown through it;
    `isChanged` is whether the object that it came from says something else; `problem` says why
    nothing can be made of the object.
    """

    key: str
    name: str
    kind: str
    moving: str = ""
    fixed: str = ""
    sourceFrame: str = ""
    registeredFrame: str = ""
    patient: Patient = UNKNOWN_PATIENT
    sopInstanceUID: str = ""
    producer: str = ""
    notes: tuple[Note, ...] = ()
    readAs: str = ""
    placed: tuple[str, ...] = ()
    directionTest: str = ""
    decision: str = ""
    otherReader: bool = False
    isChanged: bool = False
    problem: str = ""
    isInScene: bool = True

    @property
    def sentence(self) -> str:
        """“Maps MR T1 (moving) → onto Planning CT (fixed)”, or “Deforms …”."""
        if self.problem:
            return self.problem
        if not (self.moving or self.fixed):
            return "Moves what is placed under it; which images it connects is not known"
        moving, fixed = self.moving or "unknown images", self.fixed or "unknown images"
        verb = "Deforms" if self.isDeformable else "Maps"
        told = "; changed since it was loaded or exported" if self.isChanged else ""
        return f"{verb} {moving} (moving) → onto {fixed} (fixed){told}"

    @property
    def isDeformable(self) -> bool:
        return self.kind == DEFORMABLE

    @property
    def repairs(self) -> tuple[Note, ...]:
        """What the reader changed against what the object says."""
        return tuple(note for note in self.notes if note.repaired)


def badges(row: ListedRegistration, verdict: Verdict | None = None) -> tuple[Badge, ...]:
    """The badges of `row`, from left to right; `verdict` is None until its object was judged."""
    if row.problem:
        return (Badge(row.kind, Tone.BAD, row.problem),)
    found = [Badge(row.kind, Tone.PLAIN, "What it does to space")]
    if verdict is not None:
        found.append(_verdictBadge(verdict))
    elif row.sopInstanceUID:
        meaning = "No profile has judged its object, which is not at hand or was not read yet"
        found.append(Badge("not judged", Tone.PLAIN, meaning))
    if row.repairs:
        told = "; ".join(oneLine(str(note)) for note in row.repairs)
        found.append(Badge("repaired", Tone.DOUBT, told))
    if row.readAs:
        found.append(Badge("other reading", Tone.DOUBT, f"Read as {row.readAs}, by choice"))
    if row.isChanged:
        meaning = (
            "It was changed since it was loaded or exported: its DICOM object says something else, "
            "so export it anew before anything refers to it"
        )
        found.append(Badge("changed", Tone.DOUBT, meaning))
    if row.otherReader:
        meaning = "Loaded by another reader, whose direction and items nobody here has checked"
        found.append(Badge("other reader", Tone.DOUBT, meaning))
    if row.isInScene:
        found += [_directionBadge(row.directionTest), _placedBadge(row.placed)]
        found += [DECISION_BADGES[row.decision]] if row.decision in DECISION_BADGES else []
    if row.producer:
        found.append(Badge(oneLine(row.producer), Tone.PLAIN, "The maker of the object"))
    return tuple(found)


def _verdictBadge(verdict: Verdict) -> Badge:
    judged = f"Judged by {' and '.join(verdict.profiles)} as consumer, the object alone"
    judged += f" without {verdict.unjudged}" if verdict.unjudged else ""
    count = len(verdict.findings)
    if not count:
        return Badge(f"{verdict.profiles[-1]} conformant", Tone.GOOD, f"{judged}: no finding")
    isGrave = any(one.severity is Severity.ERROR for one in verdict.findings)
    words = f"{count} finding" + ("s" if count > 1 else "")
    return Badge(words, Tone.BAD if isGrave else Tone.DOUBT, f"{judged}; the report lists them")


def _directionBadge(test: str) -> Badge:
    if not test:
        meaning = "Nobody has compared the images both ways round"
        return Badge("direction untested", Tone.PLAIN, meaning)
    verdict, _, sentence = test.partition(": ")
    words, tone = DIRECTION_BADGES.get(verdict, ("direction unclear", Tone.DOUBT))
    return Badge(words, tone, sentence or test)


def _placedBadge(placed: Sequence[str]) -> Badge:
    if not placed:
        return Badge("not applied", Tone.PLAIN, "Nothing is shown through it")
    return Badge("applied", Tone.GOOD, f"Shown through it: {', '.join(map(oneLine, placed))}")
