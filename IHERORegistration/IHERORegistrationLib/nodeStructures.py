"""The structures that a segmentation node holds, whoever made it, as a structure set."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import slicer
from pydicom import Dataset

from .dataNodes import DRAWN_VOXELS, NUMBER
from .errors import FrameOfReferenceError, ReferenceNotFoundError
from .lattice import Lattice, Volume
from .nodeIdentity import patientOfNode
from .nodePlace import isOnLattice, movedSentence
from .segmentContours import cutContours, heldContours, tagOf, voxelsOf
from .structureMask import maskFromStructure
from .structures import Contour, Structure, StructureSet

SIDE = 1e-6  # mm from the side of a contour within which a center may have been in or out


class ContourOrigin(StrEnum):
    """Where the contours of a structure come from, in words."""

    FILE = "the contours of its RT Structure Set"
    HELD = "the planar contours that the segment holds"
    CUT = "contours cut from the segment, which is not as an RT Structure Set drew it"


@dataclass(frozen=True, eq=False)
class NodeStructures:
    """The structures, and by ROI number where the contours of each come from."""

    structureSet: StructureSet
    origins: Mapping[int, ContourOrigin]


def segmentNames(node: slicer.vtkMRMLSegmentationNode) -> dict[str, str]:
    """The names of the segments by their IDs, in their order."""
    segmentation = node.GetSegmentation()
    ids = map(segmentation.GetNthSegmentID, range(segmentation.GetNumberOfSegments()))
    return {one: segmentation.GetSegment(one).GetName() for one in ids}


def structuresOfNode(
    node: slicer.vtkMRMLSegmentationNode,
    frame: str,
    *,
    original: StructureSet | None = None,
    slices: Lattice | None = None,
    segmentIDs: Collection[str] | None = None,
) -> NodeStructures:
    """The segments of `node` called `segmentIDs`, or all, in its own coordinates, those of `frame`.

    `original` is the structure set that the node was read from: where a segment is as that drew it,
    it is taken from there with all that it says. Else the contours that the segment holds, else
    cuts of it; surfaces are cut on the planes of `slices`.

    Raises
        ReferenceNotFoundError: none of the segments is there.
        FrameOfReferenceError: all of them were moved in their own coordinates.
        MalformedObjectError: a segment cannot be cut.
    """
    names = segmentNames(node)
    chosen = [one for one in names if segmentIDs is None or one in segmentIDs]
    if not chosen:
        raise ReferenceNotFoundError(f"expected segments, found none chosen in {node.GetName()}")
    drawn = dict(_drawn(node, original, frame))
    segments = [node.GetSegmentation().GetSegment(one) for one in chosen if one in drawn]
    if segments and slices is not None and all(_isMoved(one, slices) for one in segments):
        raise FrameOfReferenceError(movedSentence(node))
    numbers = _freeNumbers(original)
    structures, origins = [], {}
    for one in chosen:
        segment = node.GetSegmentation().GetSegment(one)
        known = drawn.get(one)
        if known is not None and _isAsDrawn(segment, known):
            structure, origin = _named(known, names[one]), ContourOrigin.FILE
        else:
            structure, origin = _ofSegment(segment, known, next(numbers), frame, slices)
        structures.append(structure)
        origins[structure.number] = origin
    found = _setOf(node, frame, original)
    return NodeStructures(replace(found, structures=tuple(structures)), origins)


def _drawn(
    node: slicer.vtkMRMLSegmentationNode, original: StructureSet | None, frame: str
) -> Iterator[tuple[str, Structure]]:
    """Segment IDs and the structures of `original` that they were read from: those of the same
    number where a segment has one, else of the same name, each once, in order.
    """
    left = [] if original is None else list(original.inFrame(frame).structures)
    for segmentID, name in segmentNames(node).items():
        number = tagOf(node.GetSegmentation().GetSegment(segmentID), NUMBER)
        for one in left:
            if (number == str(one.number)) if number else (name == one.name):
                left.remove(one)
                yield segmentID, one
                break


def _isAsDrawn(segment: slicer.vtkSegment, structure: Structure) -> bool:
    """Whether `segment` is `structure`: Slicer drops held contours as soon as one is edited, and
    voxels are the same, and as many, as when they were filled.
    """
    if heldContours(segment):
        return True
    voxels = voxelsOf(segment, structure.frame)
    count = int(np.count_nonzero(voxels.values)) if voxels is not None else 0
    if tagOf(segment, DRAWN_VOXELS) != str(count):
        return False
    return voxels is None or _isFilled(structure, voxels)


def _isMoved(segment: slicer.vtkSegment, slices: Lattice) -> bool:
    """Whether a segment, though as large as when it was filled, has voxels beside those of `slices`
    on which it was: nobody draws so.
    """
    tag = tagOf(segment, DRAWN_VOXELS)
    voxels = voxelsOf(segment, "") if tag and not heldContours(segment) else None
    if voxels is None or tag != str(int(np.count_nonzero(voxels.values))):
        return False
    return not isOnLattice(voxels.lattice, slices)


def _isFilled(structure: Structure, voxels: Volume) -> bool:
    """Whether `voxels` fill `structure`, but for those with a center on a side."""
    masks = []
    for nudge in (
        np.zeros(3),
        *(np.array([x, y, 0]) for x in (-SIDE, SIDE) for y in (-SIDE, SIDE)),
    ):
        lattice = voxels.lattice
        matrix = lattice.ijkToLPS.copy()
        matrix[:3, 3] += lattice.directions @ nudge
        masks.append(maskFromStructure(structure, Lattice(lattice.size, matrix)))
        if np.array_equal(masks[-1], voxels.values):
            return True
    least, most = np.logical_and.reduce(masks), np.logical_or.reduce(masks)
    return bool(np.all((least <= voxels.values) & (voxels.values <= most)))


def _ofSegment(
    segment: slicer.vtkSegment,
    known: Structure | None,
    number: int,
    frame: str,
    slices: Lattice | None,
) -> tuple[Structure, ContourOrigin]:
    held = heldContours(segment)
    origin = ContourOrigin.HELD if held else ContourOrigin.CUT
    contours: tuple[Contour, ...] = held or cutContours(segment, frame, slices)
    if known is not None:  # of an edited structure all but the contours holds
        changed = replace(known, contours=contours, generationAlgorithm="")
        return _named(changed, segment.GetName()), origin
    red, green, blue = (round(255 * part) for part in segment.GetColor())
    return Structure(number, segment.GetName(), frame, contours, color=(red, green, blue)), origin


def _named(structure: Structure, name: str) -> Structure:
    return structure if structure.name == name else replace(structure, name=name)


def _freeNumbers(original: StructureSet | None) -> Iterator[int]:
    """ROI numbers that `original` does not use."""
    used = {one.number for one in original.structures} if original else set()
    number = 0
    while True:
        number += 1
        if number not in used:
            yield number


def _setOf(
    node: slicer.vtkMRMLSegmentationNode, frame: str, original: StructureSet | None
) -> StructureSet:
    """What is said of the set as a whole; without UIDs where it was drawn in the scene."""
    if original is not None:
        return replace(original, frames=(frame,))
    return StructureSet(
        sopInstanceUID="",
        sopClassUID="",
        studyInstanceUID="",
        seriesInstanceUID="",
        patient=patientOfNode(node),
        label=node.GetName(),
        name="",
        description="",
        frames=(frame,),
        series=(),
        structures=(),
        header=Dataset(),
    )
