"""What a user is told of an object before it is written: what it maps onto what, what has still to
be said, what breaks which rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pydicom import Dataset

from .codes import METHODS_BY_NAME, Code
from .errors import IHEROError, NonconformantError, PatientMismatchError
from .registrationRecord import Watch
from .rules import Finding

LONGEST_LABEL = 16  # characters of a Code String
LONGEST_TEXT = 64  # of a Long String
NOT_IN_LABEL = re.compile("[^A-Z0-9 _]+")


@dataclass(frozen=True)
class ExportChoices:
    """What the user says of an object. `method` is one of the words that its form offers, so is
    `structureType`, of the structures that have none; "" leaves them without. `layout`
    is the DeformationForm; with `spacing` 0 vectors are sampled as coarsely as `error` allows; mm.
    """

    label: str = ""
    description: str = ""
    method: str = ""
    comment: str = ""
    profile: str = ""
    layout: str = ""
    structureType: str = ""
    error: float = 0.1
    spacing: float = 0.0
    otherPatientConfirmed: bool = False
    withinFrameConfirmed: bool = False

    @property
    def methodCode(self) -> Code:
        """The code of the method."""
        return METHODS_BY_NAME[self.method]


@dataclass(frozen=True, eq=False)
class ExportedObject:
    """What is to be written: one data set for each file, what its profile finds, and remarks on
    how it was made. `findings` break nothing by our doing. `remember`, to be called once it was
    written, lets the node know that it is this object now.
    """

    datasets: tuple[Dataset, ...]
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...] = ()
    remember: Callable[[], None] = lambda: None


class LabelKind(StrEnum):
    """What may be in a label."""

    CODE = "code"  # A to Z, 0 to 9, space and _
    SHORT = "short"  # any text
    NONE = "none"  # the object has none


@dataclass(frozen=True)
class ExportForm:
    """`kind` is the object in words, `profiles` are those that may judge it, the one to propose
    first. `methods` are the words for how it was made, none where that is not asked.
    `isDeformation` is whether vectors may have to be sampled. `structureTypes` may be given to
    structures that have none, none where all have one.
    """

    kind: str
    modality: str
    profiles: tuple[str, ...]
    methods: tuple[str, ...] = ()
    label: LabelKind = LabelKind.CODE
    hasComment: bool = False
    isDeformation: bool = False
    structureTypes: tuple[str, ...] = ()


class ExportTask(Protocol):
    """A node with all that its object needs from the images at hand."""

    @property
    def form(self) -> ExportForm:
        """What kind of object it is and what somebody has to say of it."""

    @property
    def sentence(self) -> str:
        """What maps onto what, or lies where."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else there is to know before."""

    @property
    def proposed(self) -> ExportChoices:
        """What the node says of itself; the rest is empty."""

    def preview(self, choices: ExportChoices) -> ExportedObject:
        """The object with little content, quickly, to see what its header breaks."""

    def made(self, choices: ExportChoices, watch: Watch) -> ExportedObject:
        """The object itself."""

    def save(self, made: ExportedObject, folder: Path) -> list[Path]:
        """Its files, new in `folder`: all or none."""


@dataclass(frozen=True, eq=False)
class ExportProposal:
    """What would be written with the present choices.

    `missing` are sentences on what somebody has to say first. `refusal` tells why nothing is
    written though all was said, `findings` what breaks a rule; both may change when the vectors or
    contours themselves are made. `isOtherPatient` is whether who knows that both are one person may
    lift the refusal.
    """

    sentence: str
    missing: tuple[str, ...] = ()
    refusal: str = ""
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()
    isOtherPatient: bool = False

    @property
    def isPossible(self) -> bool:
        return not self.missing and not self.refusal


def exportProposal(task: ExportTask, choices: ExportChoices) -> ExportProposal:
    """The proposal for `task` with these choices."""
    missing = missingChoices(task, choices)
    plain = ExportProposal(task.sentence, missing, remarks=task.remarks)
    if missing:
        return plain
    try:
        made = task.preview(choices)
    except PatientMismatchError as error:
        return replace(plain, refusal=withoutOption(str(error)), isOtherPatient=True)
    except NonconformantError as error:
        found = tuple(one for one in error.findings if isinstance(one, Finding))
        return replace(plain, refusal=str(error.args[0]).split("; ")[0], findings=found)
    except IHEROError as error:
        return replace(plain, refusal=str(error))
    return replace(plain, findings=made.findings, remarks=(*task.remarks, *made.remarks))


def missingChoices(task: ExportTask, choices: ExportChoices) -> tuple[str, ...]:
    """What has still to be said, or be said otherwise, in sentences."""
    form = task.form
    found = [
        labelProblem(choices.label, form.label),
        textProblem("description", choices.description, needed=True),
        textProblem("comment", choices.comment, needed=False),
        "Say how it was made" if form.methods and choices.method not in form.methods else "",
        "Choose a profile" if choices.profile not in form.profiles else "",
    ]
    return tuple(filter(None, found))


def labelProblem(label: str, kind: LabelKind = LabelKind.CODE) -> str:
    """What is wrong with a label, "" if nothing (PS3.5 6.2, Code String and Short String)."""
    if kind is LabelKind.NONE:
        return ""
    if kind is LabelKind.SHORT:
        return textProblem("label", label, needed=True, most=LONGEST_LABEL)
    if not label.strip():
        return "Give it a label"
    if bad := sorted(set("".join(NOT_IN_LABEL.findall(label)))):
        shown = " ".join(bad)
        return f"Only A to Z, 0 to 9, space and _ may be in the label, not {shown}"
    if len(label) > LONGEST_LABEL:
        return f"The label has {len(label)} characters; {LONGEST_LABEL} are the most"
    return ""


def textProblem(what: str, text: str, *, needed: bool, most: int = LONGEST_TEXT) -> str:
    """What is wrong with a description or comment, "" if nothing (PS3.5 6.2, Long String)."""
    if needed and not text.strip():
        return f"Give it a {what}"
    if len(text) > most:
        return f"The {what} has {len(text)} characters; {most} are the most"
    if "\\" in text or not text.isprintable():
        return f"The {what} may have no backslash and no line break"
    return ""


def labelFromName(name: str) -> str:
    """A Content Label that recalls `name`."""
    label = NOT_IN_LABEL.sub("_", name.upper()).strip("_ ")
    return label[:LONGEST_LABEL].strip("_ ") or "REGISTRATION"


def markedLabel(label: str, mark: str) -> str:
    """A Content Label that begins as `label` and ends with `mark`."""
    return f"{label[: LONGEST_LABEL - len(mark) - 1].strip('_ ')}_{mark}"


def textFromName(name: str) -> str:
    """A description that recalls `name`."""
    return " ".join(name.replace("\\", "/").split())[:LONGEST_TEXT]


def withoutOption(message: str) -> str:
    """A message without the option of the command line that it names."""
    return message.split("; --")[0]
