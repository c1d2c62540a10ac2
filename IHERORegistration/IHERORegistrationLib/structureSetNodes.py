"""A structure set that was read, in the scene: as much of it as can be shown, and what cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import slicer

from .contourLattice import latticeAroundContours
from .dataNodes import nodesFromStructureSet
from .errors import MalformedObjectError, ReferenceNotFoundError
from .lattice import Lattice
from .structureMask import requireMaskable
from .structures import Structure, StructureSet
from .subjectHierarchy import CONSTANTS, hierarchyOf


@dataclass(frozen=True, eq=False)
class LoadedStructureSet:
    """`remarks` are sentences on what is not as the object says; the nodes hold them too, as their
    description.
    """

    nodes: tuple[slicer.vtkMRMLDisplayableNode, ...]
    remarks: tuple[str, ...]


def loadedStructureSet(
    structureSet: StructureSet,
    latticeOf: Callable[[StructureSet], Lattice],
    scene: slicer.vtkMRMLScene,
) -> LoadedStructureSet:
    """The nodes of `structureSet`, frame by frame (see nodesFromStructureSet), with the voxels of
    `latticeOf` that part; where it raises ReferenceNotFoundError, with voxels around its contours.

    Raises
        MalformedObjectError: there is nothing in it that can be shown.
    """
    remarks = [f"Repaired: {note}" for note in structureSet.notes if note.repaired]
    remarks += [
        f"{one.name} is not shown: nothing is drawn"
        for one in structureSet.structures
        if not one.contours
    ]
    parts, lattices = [], []
    for frame in dict.fromkeys(one.frame for one in structureSet.structures if one.contours):
        lattice, remark = _lattice(structureSet.inFrame(frame), latticeOf)
        part, reasons = _shown(structureSet.inFrame(frame), lattice)
        remarks += [*remark, *reasons]
        if part.structures:
            parts.append(part)
            lattices.append(lattice)
    if not parts:
        raise MalformedObjectError(
            f"nothing of structure set {structureSet.sopInstanceUID} can be shown: "
            + "; ".join(remarks)
        )
    nodes = tuple(
        node
        for part, lattice in zip(parts, lattices, strict=True)
        for node in nodesFromStructureSet(part, lattice, scene)
    )
    for node in nodes:
        node.SetDescription("\n".join(remarks))
        if node.IsA("vtkMRMLSegmentationNode"):
            _takeGeometryOfImages(node, structureSet)
    return LoadedStructureSet(nodes, tuple(remarks))


def _shown(part: StructureSet, lattice: Lattice) -> tuple[StructureSet, list[str]]:
    """What of one frame can be shown, and why the rest that is drawn cannot."""
    shown, remarks = [], []
    for one in part.structures:
        reason = _whyNot(one, lattice)
        if reason:
            remarks.append(f"{one.name} is not shown: {reason}")
        elif one.contours:
            shown.append(one)
    return replace(part, structures=tuple(shown)), remarks


def _whyNot(structure: Structure, lattice: Lattice) -> str:
    if structure.isPoints or not structure.contours:
        return ""
    if not any(contour.encloses for contour in structure.contours):
        return "its contours enclose nothing"
    try:
        requireMaskable(structure, lattice)
    except MalformedObjectError as error:
        return str(error)
    return ""


def _lattice(
    part: StructureSet, latticeOf: Callable[[StructureSet], Lattice]
) -> tuple[Lattice, list[str]]:
    """Voxels for one frame, and what there is to say of them."""
    try:
        return latticeOf(part), []
    except ReferenceNotFoundError as error:
        if not any(contour.encloses for one in part.structures for contour in one.contours):
            return Lattice((1, 1, 1), np.eye(4)), []  # points need no voxels
        lattice = latticeAroundContours(part)
        di, _, dk = lattice.spacing
        return lattice, [f"Shown with pixels of {di:.3g} mm and slices of {dk:.3g} mm: {error}"]


def _takeGeometryOfImages(
    segmentation: slicer.vtkMRMLSegmentationNode, structureSet: StructureSet
) -> None:
    """Let further work on a segmentation have the voxels of its images, if they are loaded."""
    hierarchy = hierarchyOf(segmentation.GetScene())
    for series in structureSet.series:
        item = hierarchy.GetItemByUID(CONSTANTS.GetDICOMUIDName(), series.seriesInstanceUID)
        image = hierarchy.GetItemDataNode(item) if item else None
        if image is not None and image.IsA("vtkMRMLScalarVolumeNode"):
            segmentation.SetReferenceImageGeometryParameterFromVolumeNode(image)
            return
