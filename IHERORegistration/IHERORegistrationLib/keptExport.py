"""A structure set or dose that was carried through a registration, as the object that it was made
as.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import slicer
from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RTDoseStorage, RTStructureSetStorage

from .dataNodes import DRAWN_VOXELS
from .errors import MalformedObjectError, NonconformantError
from .exportedNode import NamedSeries, requireInScene, requireOwnPatient, savedObject
from .exportFindings import PATIENT_ROWS, exportFindings
from .exportProposal import ExportChoices, ExportedObject, ExportForm, LabelKind
from .keptObject import KeptProfile, keepsObject, keptObject, keptProfile
from .macros import text
from .nodeIdentity import instancesOfNode, knownFrame
from .nodeStructures import ContourOrigin, structuresOfNode
from .registrationRecord import Watch
from .segmentContours import tagOf, voxelsOf
from .structureSetReader import structureSetFromDataset
from .study import Study
from .subjectHierarchy import CONSTANTS, hierarchyOf

FORMS: dict[str, ExportForm] = {
    RTStructureSetStorage: ExportForm(
        "RT Structure Set", "RTSTRUCT", ("MMRO-III", "DICOM"), label=LabelKind.SHORT
    ),
    RTDoseStorage: ExportForm("RT Dose", "RTDOSE", ("DICOM",), label=LabelKind.NONE),
}


@dataclass(frozen=True, eq=False)
class KeptExport:
    """`dataset`, which `node` keeps, in the study and frame of `images`; see ExportTask."""

    node: slicer.vtkMRMLNode
    dataset: Dataset
    profile: KeptProfile
    images: NamedSeries
    form: ExportForm
    proposed: ExportChoices
    remarks: tuple[str, ...] = field(default=())

    @property
    def sentence(self) -> str:
        """“Stores Organs on the slices of Planning CT, as it was carried there”."""
        return f"Stores {self.node.GetName()} with {self.images.name}, as it was carried there"

    def preview(self, choices: ExportChoices) -> ExportedObject:
        """The object without its voxels."""
        return self._object(_header(self.dataset), choices)

    def made(self, choices: ExportChoices, watch: Watch) -> ExportedObject:
        """The object, with the label and description of `choices`.

        Raises
            PatientMismatchError: it is of another patient and nobody confirmed it.
            NonconformantError: voxels were changed since, or it would break the profile.
        """
        requireInScene(self.node, "the node")
        watch.tell("Taking the object", 0.0, 0.0)
        dataset = keptObject(self.node)
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        if "PixelData" in dataset:
            dataset["PixelData"].VR = "OW"
        if self.node.IsA("vtkMRMLSegmentationNode"):
            self._requireAsMade(dataset)
        return self._object(dataset, choices)

    def _requireAsMade(self, dataset: Dataset) -> None:
        """Let the segments be written as the contours that they were filled from."""
        original = structureSetFromDataset(dataset)
        held = structuresOfNode(self.node, original.frame, original=original)
        edited = [one for one, way in held.origins.items() if way is not ContourOrigin.FILE]
        if edited:
            raise NonconformantError(
                f"{len(edited)} structures of {self.node.GetName()} were edited since it was made: "
                "the object that it keeps does not describe them any more",
                (),
            )

    def _object(self, dataset: Dataset, choices: ExportChoices) -> ExportedObject:
        requireOwnPatient(self.node, (self.images,), choices)
        headers = self.images.series.headers
        with disable_value_validation():
            dataset.SeriesDescription = choices.description
            if self.form.label is not LabelKind.NONE:
                dataset.StructureSetLabel = choices.label
        owed = self.profile.owed | PATIENT_ROWS  # who carried it has answered for the patient
        found = exportFindings(
            dataset, choices.profile, Study((*headers, dataset)), headers[0], owed=owed
        )
        return ExportedObject((dataset,), found)

    def save(self, made: ExportedObject, folder: Path) -> list[Path]:
        """Its one file."""
        return savedObject(made, folder, self.form.modality)


def keptExport(node: slicer.vtkMRMLNode, images: NamedSeries) -> KeptExport:
    """The object that `node` was made as.

    Raises
        ReferenceNotFoundError: it keeps none.
        NonconformantError: its voxels were changed since.
        MalformedObjectError: it is of a class that is not kept.
    """
    dataset = keptObject(node)
    sopClass = text(dataset, "SOPClassUID")
    if sopClass not in FORMS:
        raise MalformedObjectError(
            f"expected a structure set or dose, found SOP class {sopClass} kept by {node.GetName()}"
        )
    form = FORMS[sopClass]
    made = keptProfile(node)
    profiles = tuple(dict.fromkeys((made.profile, *form.profiles)))
    form = ExportForm(form.kind, form.modality, profiles, label=form.label)
    proposed = ExportChoices(
        label=text(dataset, "StructureSetLabel"),
        description=text(dataset, "SeriesDescription"),
        profile=profiles[0],
    )
    return KeptExport(node, dataset, made, images, form, proposed)


def isAsMade(node: slicer.vtkMRMLNode) -> bool:
    """Whether `node` keeps an object that may still describe it: of segments the numbers of voxels
    are compared, which is quick; the rest is compared when the object is taken.
    """
    if not keepsObject(node):
        return False
    return not node.IsA("vtkMRMLSegmentationNode") or _haveTheirVoxels(node)


def _haveTheirVoxels(node: slicer.vtkMRMLSegmentationNode) -> bool:
    segmentation = node.GetSegmentation()
    segments = map(segmentation.GetNthSegment, range(segmentation.GetNumberOfSegments()))
    return all(_hasItsVoxels(one) for one in segments)


def _hasItsVoxels(segment: slicer.vtkSegment) -> bool:
    voxels = voxelsOf(segment, "")
    count = int(np.count_nonzero(voxels.values)) if voxels is not None else 0
    return tagOf(segment, DRAWN_VOXELS) == str(count)


def imagesOfKept(
    node: slicer.vtkMRMLNode, images: list[slicer.vtkMRMLScalarVolumeNode]
) -> tuple[slicer.vtkMRMLScalarVolumeNode, ...]:
    """Those of `images` that the kept object of `node` lies on: in its frame and, where it names
    images, among these.
    """
    hierarchy = hierarchyOf(node.GetScene())
    name = CONSTANTS.GetDICOMReferencedInstanceUIDsAttributeName()
    item = hierarchy.GetItemByDataNode(node)
    named = set((hierarchy.GetItemAttribute(item, name) or "").split())
    found = [one for one in images if knownFrame(one) == knownFrame(node)]
    exact = [one for one in found if named.intersection(instancesOfNode(one))]
    return tuple(exact or found)


def _header(dataset: Dataset) -> Dataset:
    return Dataset({tag: dataset.get_item(tag) for tag in list(dataset.keys())})
