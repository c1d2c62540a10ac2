"""RT Structure Sets and RT Doses in Slicer's DICOM browser.

SlicerRT reads both too, with confidence 1.0. Where it is installed, ours are offered beside its own
(column “Reader” in the advanced view) but not chosen: its nodes belong to its plans and isodoses,
and nodes of either kind are known here by what the subject hierarchy says (nodeIdentity.py). Where
it is not, Slicer takes a dose for an image of its stored values and reads no structure sets.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import slicer
from pydicom import Dataset
from pydicom.uid import RTDoseStorage, RTStructureSetStorage
from slicer.i18n import tr as _

from .databaseImages import DatabaseImages
from .dataNodes import doseNodeFromDose
from .dataOffers import doseOffer, structureSetOffer
from .dose import doseFromFile
from .errors import MalformedObjectError, ReferenceNotFoundError
from .fileHeader import FIRST_PIXEL_TAG, headerBefore
from .lattice import Lattice
from .macros import referenceFromItem
from .objectPlugin import CONFIDENCE, ObjectPlugin
from .objectReading import reading
from .offer import Offer
from .seriesReading import seriesFromFiles
from .structures import StructureSet
from .structureSetNodes import loadedStructureSet
from .structureSetReader import drawnSeries, structureSetFromFile
from .subjectHierarchy import markReferences

SLICER_RT = "DicomRtImportExportPlugin"  # its key in slicer.modules.dicomPlugins
BESIDE_SLICER_RT = 0.8
CONTOURS = 0x30060039  # ROI Contour Sequence
AFTER_STRUCTURE_SET = 0x300C0061  # of a plan: Referenced Structure Set Sequence is 300C,0060
PLAN_LABEL = "300A,0002"


class RadiotherapyPlugin(ObjectPlugin):
    """Reader of one kind of radiotherapy object."""

    def confidence(self) -> float:
        """Below that of SlicerRT, where it is installed."""
        return BESIDE_SLICER_RT if SLICER_RT in slicer.modules.dicomPlugins else CONFIDENCE


class StructureSetPlugin(RadiotherapyPlugin):
    """Reader of RT Structure Sets; examines them without their contours."""

    key = "IHEROStructureSetPlugin"
    sopClassUIDs = frozenset({RTStructureSetStorage})
    kind = _("Structure set")

    def offer(self, files: Sequence[Path], images: DatabaseImages) -> Offer:
        """Its label, the images it was drawn on, its structures."""
        (file,) = files
        header = headerBefore(CONTOURS, file)
        names = images.namesOfPatient(slicer.dicomDatabase.seriesForFile(str(file)))
        return structureSetOffer(header, names, images)

    def nodes(self, files: Sequence[Path]) -> Sequence[slicer.vtkMRMLDisplayableNode]:
        """A segmentation with the voxels of its images, and its points, for each frame."""
        (file,) = files
        structureSet = structureSetFromFile(file)
        loaded = loadedStructureSet(structureSet, _latticeOfImages, slicer.mrmlScene)
        for remark in loaded.remarks:
            logging.warning("%s %s: %s", self.kind, structureSet.label, remark)
        return loaded.nodes


class DosePlugin(RadiotherapyPlugin):
    """Reader of RT Doses; examines them without their pixels."""

    key = "IHERODosePlugin"
    sopClassUIDs = frozenset({RTDoseStorage})
    kind = _("Dose")

    def offer(self, files: Sequence[Path], images: DatabaseImages) -> Offer:
        """What dose of which plan on which images."""
        (file,) = files
        header = headerBefore(FIRST_PIXEL_TAG, file)
        names = images.namesOfPatient(slicer.dicomDatabase.seriesForFile(str(file)))
        plan = _referencedFile(header, "ReferencedRTPlanSequence")
        label = slicer.dicomDatabase.fileValue(plan, PLAN_LABEL) if plan else ""
        return doseOffer(header, names, images, label, _imagesOfPlan(plan))

    def nodes(self, files: Sequence[Path]) -> Sequence[slicer.vtkMRMLScalarVolumeNode]:
        """The dose as a color wash."""
        (file,) = files
        dose = doseFromFile(file)
        node = doseNodeFromDose(dose, slicer.mrmlScene)
        markReferences(node, (plan.sopInstanceUID for plan in dose.plans))
        return [node]


def _latticeOfImages(structureSet: StructureSet) -> Lattice:
    """The voxels of the images in the database that a structure set, of one frame, was drawn on.

    Raises
        ReferenceNotFoundError: there are none, or they make no volume.
    """
    reason = "the images it was drawn on are not in the database"
    for reference in structureSet.series:
        files = slicer.dicomDatabase.filesForSeries(reference.seriesInstanceUID)
        try:
            found = seriesFromFiles(Path(file) for file in files)
        except MalformedObjectError as error:
            reason = str(error)
            continue
        for series in found:
            if series.frame == structureSet.frame:
                return series.lattice
    raise ReferenceNotFoundError(reason)


def _imagesOfPlan(plan: str) -> tuple[str, ...]:
    """SOP Instance UIDs of the images that the plan in a file was made on, none where the plan or
    its structure set is not in the database or cannot be read.
    """
    try:
        header = headerBefore(AFTER_STRUCTURE_SET, Path(plan)) if plan else Dataset()
        structures = _referencedFile(header, "ReferencedStructureSetSequence")
        drawn = drawnSeries(headerBefore(CONTOURS, Path(structures))) if structures else ()
    except MalformedObjectError:
        return ()  # the dose is good without
    return tuple(dict.fromkeys(one.sopInstanceUID for series in drawn for one in series))


def _referencedFile(header: Dataset, keyword: str) -> str:
    """The file in the database that holds the first instance in a sequence, "" if there is none.

    Raises
        MalformedObjectError: the sequence cannot be read.
    """
    with reading(keyword):
        items = header.get(keyword) or ()
        uid = referenceFromItem(items[0]).sopInstanceUID if items else ""
    return slicer.dicomDatabase.fileForInstance(uid) if uid else ""
