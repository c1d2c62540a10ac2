"""Structure sets, doses and plans behind nodes of the scene: those that a node keeps, those in
Slicer's DICOM database, or what the node itself holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import slicer
from pydicom import Dataset
from pydicom.uid import RTDoseStorage

from .dose import Dose, doseFromDataset, doseFromFile
from .errors import FrameOfReferenceError, MalformedObjectError, ReferenceNotFoundError
from .keptObject import keepsObject, keptObject
from .lattice import Volume
from .nodeIdentity import instancesOfNode, knownFrame, patientOfNode
from .nodePlace import requireOnLattice, requireUnmoved
from .nodeVolumes import volumeFromNode
from .plan import Plan, planFromFile
from .structures import StructureSet
from .structureSetReader import structureSetFromDataset, structureSetFromFile
from .subjectHierarchy import CONSTANTS, hierarchyOf

SAME_DOSE = 1e-4  # of the largest, and of a voxel: what other readers round
UNITS_BY_CODE = {"Gy": "GY"}  # of UCUM
UNITS = "DicomRtImport.DoseUnitName"  # of a study, where SlicerRT keeps it


@dataclass(frozen=True, eq=False)
class NodeDose:
    """A dose and in words where its values come from."""

    dose: Dose
    origin: str


def originalStructureSet(
    node: slicer.vtkMRMLSegmentationNode, database: Any
) -> StructureSet | None:
    """The RT Structure Set that `node` was made as or read from; None if it is not at hand.
    `database` is a ctkDICOMDatabase or None.

    Raises
        MalformedObjectError: it cannot be read.
    """
    if keepsObject(node):
        return structureSetFromDataset(keptObject(node))
    file = _oneFile(node, database)
    return None if file is None else structureSetFromFile(file)


def doseOfNode(node: slicer.vtkMRMLScalarVolumeNode, database: Any) -> NodeDose:
    """The dose in `node`: the object that it was made as or read from, with the values of the node
    where somebody changed them. `database` is a ctkDICOMDatabase or None.

    Raises
        FrameOfReferenceError: nothing tells in which frame it lies, or it was moved since.
        MalformedObjectError: it cannot be read, or nothing tells its units.
    """
    if keepsObject(node):
        return NodeDose(doseFromDataset(keptObject(node)), "as it was made")
    file = _oneFile(node, database)
    if file is None:
        return NodeDose(_ofScene(node), "as the scene holds it: its RT Dose is not at hand")
    dose = doseFromFile(file)
    here = volumeFromNode(node, dose.frame)
    if _isSame(here, dose.volume):
        return NodeDose(dose, "as its RT Dose says")
    requireOnLattice(node, dose.volume.lattice)
    changed = replace(dose, volume=_asDose(here))
    return NodeDose(changed, "as the scene holds it, which is not what its RT Dose says")


def namedDoseOfNode(node: slicer.vtkMRMLScalarVolumeNode, database: Any) -> NodeDose:
    """As `doseOfNode`, of what a new dose may be made: that names where it came from, and has the
    type and the plans of its source.

    Raises
        FrameOfReferenceError, MalformedObjectError: as `doseOfNode`.
        ReferenceNotFoundError: `node` is no RT Dose, as sums of other modules, or that is not at
        hand.
    """
    found = doseOfNode(node, database)
    if found.dose.sopInstanceUID and found.dose.doseType:
        return found
    if instancesOfNode(node):
        raise ReferenceNotFoundError(
            f"the RT Dose of {node.GetName()} is not in the DICOM database, so that nobody knows "
            "its type and its plan: import it there"
        )
    raise ReferenceNotFoundError(
        f"{node.GetName()} is no RT Dose, so that nobody knows its type and its plan, which a new "
        "dose has to name: if it is a sum, deform and add the doses that it was made of"
    )


def plansOf(doses: Iterable[Dose], database: Any) -> tuple[Plan, ...]:
    """The plans that `doses` name, as far as they are in the database, each once.

    Raises
        MalformedObjectError: one cannot be read.
    """
    if database is None or not database.isOpen:
        return ()
    named = dict.fromkeys(plan.sopInstanceUID for dose in doses for plan in dose.plans)
    files = (database.fileForInstance(uid) for uid in named)
    return tuple(planFromFile(Path(file)) for file in files if file and Path(file).exists())


def _oneFile(node: slicer.vtkMRMLNode, database: Any) -> Path | None:
    """The file that `node` was read from, if it is one and at hand."""
    uids = instancesOfNode(node)
    if len(uids) != 1 or database is None or not database.isOpen:
        return None
    file = database.fileForInstance(uids[0])
    return Path(file) if file and Path(file).exists() else None


def _isSame(one: Volume, other: Volume) -> bool:
    if one.values.shape != other.values.shape:
        return False
    apart = np.linalg.norm(one.lattice.corners - other.lattice.corners, axis=-1).max()
    largest = float(np.abs(other.values).max())
    return bool(
        apart <= SAME_DOSE * other.lattice.spacing.min()
        and np.abs(one.values - other.values).max() <= SAME_DOSE * largest
    )


def _asDose(volume: Volume) -> Volume:
    return replace(volume, values=volume.values.astype(np.float32))


def _ofScene(node: slicer.vtkMRMLScalarVolumeNode) -> Dose:
    requireUnmoved(node)
    frame = knownFrame(node)
    if not frame:
        raise FrameOfReferenceError(
            f"nothing tells in which Frame of Reference {node.GetName()} lies"
        )
    units = _unitsOf(node)
    if not units:
        raise MalformedObjectError(
            f"nothing tells the units of {node.GetName()}: its RT Dose is not in the DICOM database"
        )
    uids = instancesOfNode(node)
    return Dose(
        sopInstanceUID=uids[0] if len(uids) == 1 else "",
        sopClassUID=RTDoseStorage,
        studyInstanceUID="",
        seriesInstanceUID="",
        patient=patientOfNode(node),
        volume=_asDose(volumeFromNode(node, frame)),
        units=units,
        doseType="",
        summationType="",
        comment="",
        plans=(),
        header=Dataset(),
    )


def _unitsOf(node: slicer.vtkMRMLScalarVolumeNode) -> str:
    """What the hierarchy says, as SlicerRT leaves it there, else what the voxels are said to be."""
    unit = node.GetVoxelValueUnits()
    told = UNITS_BY_CODE.get(unit.GetCodeValue() or "", "") if unit is not None else ""
    hierarchy = hierarchyOf(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        return told
    study = hierarchy.GetItemAncestorAtLevel(item, CONSTANTS.GetDICOMLevelStudy())
    found = [hierarchy.GetItemAttribute(one, UNITS) for one in (item, study) if one]
    return next((one.upper() for one in found if one), told)
