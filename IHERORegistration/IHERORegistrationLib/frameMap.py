"""Which data of a scene lies in which Frame of Reference, and which registrations lead between
them; what is wrong with that, in words. Nothing is chosen here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import slicer

from .listedRegistration import DEFORMABLE
from .nodeIdentity import NO_IMAGES, patientOfNode
from .patient import UNKNOWN_PATIENT, Patient
from .placement import dataFrame, dataKind
from .sceneNodes import nodesOfClass
from .sceneRegistrations import sceneRegistrations
from .sentences import oneLine, shortUID


@dataclass(frozen=True)
class FrameGroup:
    """What lies in one frame: kind and name of each node. `frame` is empty for data of which nobody
    knows where it lies.
    """

    frame: str
    contents: tuple[tuple[str, str], ...]
    patient: Patient

    @property
    def title(self) -> str:
        return f"Frame {shortUID(self.frame)}" if self.frame else "Frame unknown"

    @property
    def name(self) -> str:
        """Its first image, or else whatever lies there."""
        images = [name for kind, name in self.contents if kind == "Image"]
        names = images or [name for _, name in self.contents]
        return names[0] if names else self.title


@dataclass(frozen=True)
class FrameArrow:
    """A registration of the scene, from the frame that it moves to the one that stays.

    A deformation leads one way only. `key` is the ID of its node, `number` counts from 1 in the
    order of the list.
    """

    number: int
    key: str
    name: str
    kind: str
    fromFrame: str
    toFrame: str
    otherPatient: bool

    @property
    def isOneWay(self) -> bool:
        return self.kind == DEFORMABLE


@dataclass(frozen=True)
class FrameMap:
    """`remarks` are sentences on what a person has to know before trusting the picture."""

    groups: tuple[FrameGroup, ...]
    arrows: tuple[FrameArrow, ...]
    remarks: tuple[str, ...]

    def group(self, frame: str) -> FrameGroup:
        """What lies in that frame."""
        return next(one for one in self.groups if one.frame == frame)


def frameMap(
    scene: slicer.vtkMRMLScene, frameOfInstance: Mapping[str, str] = NO_IMAGES
) -> FrameMap:
    """The frames of the data and of the registrations of a scene; those most connected first."""
    contents: dict[str, list[tuple[str, str]]] = {}
    patients: dict[str, Patient] = {}
    for node in nodesOfClass(scene, "vtkMRMLTransformableNode"):
        kind = "" if node.GetHideFromEditors() else dataKind(node)
        if not kind:
            continue
        frame = dataFrame(node, frameOfInstance)
        contents.setdefault(frame, []).append((kind, oneLine(node.GetName())))
        if patients.get(frame, UNKNOWN_PATIENT) == UNKNOWN_PATIENT:
            patients[frame] = patientOfNode(node)
    rows = [
        one
        for one in sceneRegistrations(scene, frameOfInstance)
        if one.sourceFrame and one.registeredFrame
    ]
    for row in rows:
        for frame in (row.sourceFrame, row.registeredFrame):
            contents.setdefault(frame, [])
            patients.setdefault(frame, row.patient)
    arrows = tuple(
        FrameArrow(
            number,
            row.key,
            row.name,
            row.kind,
            row.sourceFrame,
            row.registeredFrame,
            bool(patients[row.sourceFrame].differences(patients[row.registeredFrame])),
        )
        for number, row in enumerate(rows, 1)
    )
    groups = tuple(
        FrameGroup(frame, tuple(contents[frame]), patients.get(frame, UNKNOWN_PATIENT))
        for frame in _ordered(contents, arrows)
    )
    found = FrameMap(groups, arrows, ())
    return FrameMap(groups, arrows, tuple(_remarks(found)))


def _ordered(frames: Mapping[str, object], arrows: tuple[FrameArrow, ...]) -> list[str]:
    """Neighbors after one another, the most connected ones first; the unknown frame last."""
    ends = [end for arrow in arrows for end in (arrow.fromFrame, arrow.toFrame)]
    ordered: list[str] = []
    waiting = sorted((frame for frame in frames if frame), key=lambda one: -ends.count(one))
    for start in waiting:
        line = [start]
        while line:
            here = line.pop(0)
            if here in ordered:
                continue
            ordered.append(here)
            near = [a.fromFrame for a in arrows if a.toFrame == here]
            line += near + [a.toFrame for a in arrows if a.fromFrame == here]
    return ordered + [frame for frame in frames if not frame]


def _remarks(found: FrameMap) -> Iterator[str]:
    for arrow in found.arrows:
        if arrow.otherPatient:
            ends = [found.group(frame) for frame in (arrow.fromFrame, arrow.toFrame)]
            different = ends[0].patient.differences(ends[1].patient)
            yield (
                f"{arrow.name} connects data of different patients: {ends[0].name} and "
                f"{ends[1].name} differ in {', '.join(different)}."
            )
    joined = {end for arrow in found.arrows for end in (arrow.fromFrame, arrow.toFrame)}
    alone = [one.name for one in found.groups if one.frame and one.frame not in joined]
    if alone and len(found.groups) > 1:
        words = "is" if len(alone) == 1 else "are"
        yield f"{' and '.join(alone)} {words} connected to nothing by a registration."
    unknown = [one for one in found.groups if not one.frame]
    if unknown:
        names = ", ".join(name for _, name in unknown[0].contents)
        yield f"Nothing tells in which frame this lies: {names}."
