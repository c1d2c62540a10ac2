"""A structure set that was read, in the scene: as much of it as can be shown, and what cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import slicer

from .contourLattice import latticeAroundContours
from .contourPlanes import stackOffsets
from .dataNodes import nodesFromStructureSet
from .errors import MalformedObjectError, ReferenceNotFoundError
from .lattice import Lattice
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
    shown, remarks = _shown(structureSet)
    parts = [shown.inFrame(frame) for frame in dict.fromkeys(one.frame for one in shown.structures)]
    lattices = []
    for part in parts:
        lattice, remark = _lattice(part, latticeOf)
        lattices.append(lattice)
        remarks += [remark] if remark else []
    nodes = tuple(
        node
        for part, lattice in zip(parts, lattices, strict=True)
        for node in nodesFromStructureSet(part, lattice, scene)
    )
    remarks = [f"Repaired: {note}" for note in structureSet.notes if note.repaired] + remarks
    for node in nodes:
        node.SetDescription("\n".join(remarks))
        _takeGeometryOfImages(node, structureSet)
    return LoadedStructureSet(nodes, tuple(remarks))


def _shown(structureSet: StructureSet) -> tuple[StructureSet, list[str]]:
    """The set with what can be shown, and why the rest cannot."""
    shown, remarks = [], []
    for one in structureSet.structures:
        reason = _whyNot(one)
        if reason:
            remarks.append(f"{one.name} is not shown: {reason}")
        else:
            shown.append(one)
    if not shown:
        raise MalformedObjectError(
            f"nothing of structure set {structureSet.sopInstanceUID} can be shown: "
            + "; ".join(remarks)
        )
    return replace(structureSet, structures=tuple(shown)), remarks


def _whyNot(structure: Structure) -> str:
    if structure.isPoints:
        return ""
    if not structure.contours:
        return "nothing is drawn"
    try:
        stackOffsets(structure)
    except MalformedObjectError as error:
        return str(error)
    return ""


def _lattice(
    part: StructureSet, latticeOf: Callable[[StructureSet], Lattice]
) -> tuple[Lattice, str]:
    """Voxels for one frame and what there is to say of them."""
    try:
        return latticeOf(part), ""
    except ReferenceNotFoundError as error:
        if all(one.isPoints for one in part.structures):
            return Lattice((1, 1, 1), np.eye(4)), ""  # points need no voxels
        di, _, dk = (lattice := latticeAroundContours(part)).spacing
        return lattice, f"Shown with pixels of {di:.3g} mm and slices of {dk:.3g} mm: {error}"


def _takeGeometryOfImages(node: slicer.vtkMRMLDisplayableNode, structureSet: StructureSet) -> None:
    """Let further work on a segmentation have the voxels of its images, if they are loaded."""
    if not node.IsA("vtkMRMLSegmentationNode"):
        return
    hierarchy = hierarchyOf(node.GetScene())
    for series in structureSet.series:
        item = hierarchy.GetItemByUID(CONSTANTS.GetDICOMUIDName(), series.seriesInstanceUID)
        image = hierarchy.GetItemDataNode(item) if item else None
        if image is not None and image.IsA("vtkMRMLScalarVolumeNode"):
            node.SetReferenceImageGeometryParameterFromVolumeNode(image)
            return
