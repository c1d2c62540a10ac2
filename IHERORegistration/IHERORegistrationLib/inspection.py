"""What a registration object says, in plain words and as JSON."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .geometry import MatrixType, matrixType
from .macros import spelledDate
from .notes import Note
from .registration import RegistrationItem, SpatialRegistration, allNotes
from .report import WORDS
from .rules import Finding, Severity
from .sentences import frameName, itemSentences, printable
from .study import Study


@dataclass(frozen=True, eq=False)
class DataBeside:
    """What the data folder tells of inspected objects: by frame the `names` and `centers` (LPS mm)
    of its images, the SOP Instance UIDs `atHand` (None without a folder), the Frame of Reference of
    each instance, and all headers.
    """

    names: Mapping[str, str]
    centers: Mapping[str, np.ndarray]
    atHand: Collection[str] | None
    frameOfInstance: Mapping[str, str]
    study: Study


@dataclass(frozen=True, eq=False)
class ObjectInspection(ABC):
    """One object, what the folder beside it holds of its images, and its findings as consumer.

    `names` and `centers` are by frame, from the images at hand. `atHand` holds the SOP Instance
    UIDs in the data folder, or is None where none was given. `profiles` are the names of those that
    judged it, where that is known. `title` names its class.
    """

    title: ClassVar[str]

    file: Path
    registration: Any
    findings: tuple[Finding, ...]
    names: Mapping[str, str]
    centers: Mapping[str, np.ndarray]
    atHand: Collection[str] | None
    profiles: tuple[str, ...] = ()

    @property
    @abstractmethod
    def kind(self) -> str:
        """What it does to space: rigid, rigid_scale, affine or deformable."""

    @property
    @abstractmethod
    def notes(self) -> tuple[Note, ...]:
        """Repairs and remarks on the object and all its items."""

    @abstractmethod
    def sentences(self, item: Any) -> tuple[str, ...]:
        """What one item does."""

    @abstractmethod
    def itemAsJSON(self, item: Any) -> dict[str, Any]:
        """One item for `asJSON`."""

    @property
    def unjudged(self) -> str:
        """What the findings say nothing of, though they could; empty if there is nothing."""
        return ""

    @property
    def hasErrors(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def referenced(self) -> frozenset[str]:
        """SOP Instance UIDs of every image that the items or the reference module list."""
        listed = {one.sopInstanceUID for series in self.registration.series for one in series}
        used = {image.sopInstanceUID for item in self.registration.items for image in item.images}
        return frozenset(listed | used)

    def asJSON(self) -> dict[str, Any]:
        """The object for `ihero inspect --json`; items in the order of the sequence."""
        one = self.registration
        return {
            "file": str(self.file),
            "sopInstanceUID": one.sopInstanceUID,
            "kind": self.kind,
            "registeredFrame": one.registeredFrame,
            "label": one.label,
            "description": one.description,
            "notes": [asdict(note) for note in one.notes],
            "items": [self.itemAsJSON(item) for item in one.items],
            "images": self._imagesAsJSON(),
            "findings": dict(Counter(str(finding.severity) for finding in self.findings)),
        }

    def _imagesAsJSON(self) -> dict[str, int]:
        counts = {"referenced": len(self.referenced)}
        if self.atHand is not None:
            counts["present"] = sum(uid in self.atHand for uid in self.referenced)
        return counts

    def asText(self) -> str:
        """The inspection as a person reads it."""
        one = self.registration
        title = f"{self.title} {one.label or 'without a label'}"
        if one.description:
            title += f": {one.description}"
        made = [f"by {one.producer}"] if one.producer else []
        made += [f"on {spelledDate(one.contentDate)}"] if one.contentDate else []
        lines = [str(self.file), f"  {title}"]
        lines += [f"  Made {' '.join(made)}."] if made else []
        name = frameName(one.registeredFrame, self.names)
        lines += [f"  Registered frame: {name}, {one.registeredFrame}"]
        for item in one.items:
            first, *others = self.sentences(item)
            lines += [f"  {item.number}. {first}", *(f"     {line}" for line in others)]
            lines += [f"     “{item.comment}”"] if item.comment else []
            if self.atHand is not None and item.sourceFrame not in self.names:
                lines.append("     No image at hand lies in that frame.")
        lines += [f"  {self._imagesAsText()}"]
        notes = self.notes
        lines += [f"  {len(notes)} remarks:" if len(notes) > 1 else "  1 remark:"] if notes else []
        lines += [f"     {'repaired: ' if note.repaired else ''}{note}" for note in notes]
        lines += [f"  {self._verdict()}"]
        return "\n".join(map(printable, lines))

    def _imagesAsText(self) -> str:
        total = len(self.referenced)
        if self.atHand is None:
            return f"Images: {total} referenced; --data DIR tells which are at hand."
        present = sum(uid in self.atHand for uid in self.referenced)
        missing = f", {total - present} missing" if present < total else ""
        return f"Images: {total} referenced, {present} at hand{missing}."

    def _verdict(self) -> str:
        counts = Counter(finding.severity for finding in self.findings)
        left = f", {self.unjudged} not judged" if self.unjudged else ""
        if not counts:
            return f"{'No' if left else 'Conformant: no'} finding as consumer{left}."
        parts = [
            f"{counts[severity]} {WORDS[severity][int(counts[severity] > 1)]}"
            for severity in Severity
            if counts[severity]
        ]
        return f"Findings as consumer: {', '.join(parts)}{left}; `ihero check` lists them."


@dataclass(frozen=True, eq=False)
class Inspection(ObjectInspection):
    """One Spatial Registration; see `ObjectInspection`."""

    registration: SpatialRegistration

    title = "Spatial Registration"

    @property
    def kind(self) -> str:
        """The loosest type of its matrices, by value: rigid, rigid_scale or affine."""
        order = list(MatrixType)
        types = [matrixType(item.matrix) for item in self.registration.items]
        return max(types, key=order.index).value.lower()

    @property
    def notes(self) -> tuple[Note, ...]:
        return allNotes(self.registration)

    def sentences(self, item: RegistrationItem) -> tuple[str, ...]:
        """What one item does."""
        return itemSentences(self.registration, item, self.names, self.centers)

    def itemAsJSON(self, item: RegistrationItem) -> dict[str, Any]:
        """Its frame, what it maps, and the matrix."""
        return {
            "sourceFrame": item.sourceFrame,
            "maps": " ".join(self.sentences(item)),
            "matrix": item.matrix.tolist(),
            "type": matrixType(item.matrix).value,
            "images": len(item.images),
            "notes": [asdict(note) for note in item.notes],
        }
