"""RT Structure Set: value → data set (PS3.3 A.19, C.8.8.5, C.8.8.6, C.8.8.8)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import datetime

from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.uid import RTStructureSetStorage

from .codes import SPATIAL_RESAMPLING
from .contourData import setContourData, textFits
from .errors import NonconformantError
from .header import newObject, setCharacterSet
from .macros import (
    addSeriesReferences,
    fitsElement,
    itemFromCode,
    itemFromReference,
    itemFromSourceRegistration,
)
from .references import InstanceReference, SeriesReference
from .structures import Contour, GeometricType, Structure, StructureSet

DETACHED_STUDY = "1.2.840.10008.3.1.2.3.1"  # retired class that RT objects go on naming, C.8.8.5.4
RESAMPLED = "RESAMPLED"  # generation algorithm of contours carried to other images, MMRO-III
LONGEST_LABEL, LONGEST_NAME, LONGEST_TEXT = 16, 64, 1024  # characters of SH, LO, ST

# What an observation says of the structure itself, wherever it lies
KEPT_OF_OBSERVATION = (
    "RTROIIdentificationCodeSequence",
    "ROIPhysicalPropertiesSequence",
    "MaterialID",
)


def datasetFromStructureSet(
    structureSet: StructureSet,
    template: Dataset,
    *,
    created: datetime,
    predecessor: SeriesReference | None = None,
    registrations: Sequence[SeriesReference] = (),
    related: Sequence[SeriesReference] = (),
) -> Dataset:
    """The DICOM object that says what `structureSet` says, in the study of `template`.

    `template` is an image of the one series that the structures lie on. `predecessor` is the
    structure set they come from, `registrations` are the objects that carried them, each in its
    series, `related` the images they were drawn on. UIDs of the object are new.

    Raises
        NonconformantError: structures in another frame, more than one series, a number or name
        twice, a contour that names no image of the series or does not fit its element.

    Source
        DICOM PS3.3 A.19; IHE-RO MMRO-III and BRTO-II
    """
    breaches = _breaches(structureSet)
    if breaches:
        raise NonconformantError("cannot write the structure set", breaches)
    frame, series = structureSet.frames[0], structureSet.series[0]
    with disable_value_validation():
        dataset = newObject(
            template, RTStructureSetStorage, "RTSTRUCT", created=created, frame=frame
        )
        del dataset.Laterality  # RT Series Module has none
        dataset.OperatorsName = ""
        dataset.SeriesDescription = structureSet.name[:LONGEST_NAME]
        dataset.InstanceNumber = 1
        dataset.StructureSetLabel = structureSet.label
        dataset.StructureSetName = structureSet.name[:LONGEST_NAME]
        dataset.StructureSetDescription = structureSet.description[:LONGEST_TEXT]
        dataset.StructureSetDate = created.strftime("%Y%m%d")
        dataset.StructureSetTime = created.strftime("%H%M%S")
        dataset.ApprovalStatus = "UNAPPROVED"
        dataset.ReferencedFrameOfReferenceSequence = [_frameItem(frame, series)]
        dataset.StructureSetROISequence = [
            _roiItem(one, derived=bool(registrations)) for one in structureSet.structures
        ]
        dataset.RTROIObservationsSequence = [
            _observation(one, number) for number, one in enumerate(structureSet.structures, start=1)
        ]
        _addSources(dataset, predecessor, registrations, [series, *related])
        setCharacterSet(dataset)
        dataset.ROIContourSequence = [_contourItem(one) for one in structureSet.structures]
    return dataset


def _breaches(structureSet: StructureSet) -> list[str]:
    structures = structureSet.structures
    breaches = []
    if len(structureSet.frames) != 1 or len(structureSet.series) != 1:
        breaches.append(
            "expected one Frame of Reference and one series of images, found "
            f"{len(structureSet.frames)} and {len(structureSet.series)}"
        )
    if not structures:
        breaches.append("expected structures, found none")
    if not structureSet.label or not fitsElement(structureSet.label, LONGEST_LABEL):
        breaches.append(
            "expected a label of 1 to 16 characters without line breaks and backslashes, found "
            f"{structureSet.label!r}"
        )
    for what, values in (
        ("number", [str(one.number) for one in structures]),
        ("name", [one.name for one in structures]),
    ):
        doubled = sorted({value for value in values if values.count(value) > 1})
        breaches += [f"expected each ROI {what} once, found {value} twice" for value in doubled]
    images = {image.sopInstanceUID for series in structureSet.series for image in series}
    for one in structures:
        breaches += _structureBreaches(one, structureSet.frames, images)
    return breaches


def _structureBreaches(structure: Structure, frames: Sequence[str], images: set[str]) -> list[str]:
    where = f"ROI {structure.number}"
    breaches = []
    if not 0 < len(structure.name) <= LONGEST_NAME:
        breaches.append(f"expected a name of 1 to 64 characters in {where}")
    if structure.frame not in frames:
        breaches.append(f"expected the frame of the set, found {structure.frame} in {where}")
    for number, contour in enumerate(structure.contours, start=1):
        if contour.image is None or contour.image.sopInstanceUID not in images:
            breaches.append(f"contour {number} of {where} names no image of the series")
        if not textFits(contour.points):
            breaches.append(f"contour {number} of {where} has too many points for one element")
        if contour.geometricType is GeometricType.CLOSED_PLANAR_XOR:
            breaches.append(f"contour {number} of {where} is of the type CLOSEDPLANAR_XOR")
    return breaches


def _frameItem(frame: str, series: SeriesReference) -> Dataset:
    listed = Dataset()
    listed.SeriesInstanceUID = series.seriesInstanceUID
    images = {one.sopInstanceUID: one for one in series}
    listed.ContourImageSequence = [
        itemFromReference(InstanceReference(one.sopClassUID, one.sopInstanceUID))
        for one in images.values()
    ]
    study = Dataset()
    study.ReferencedSOPClassUID = DETACHED_STUDY
    study.ReferencedSOPInstanceUID = series.studyInstanceUID
    study.RTReferencedSeriesSequence = [listed]
    item = Dataset()
    item.FrameOfReferenceUID = frame
    item.RTReferencedStudySequence = [study]
    return item


def _roiItem(structure: Structure, *, derived: bool) -> Dataset:
    item = Dataset()
    item.ROINumber = structure.number
    item.ReferencedFrameOfReferenceUID = structure.frame
    item.ROIName = structure.name
    if structure.description:
        item.ROIDescription = structure.description[:LONGEST_TEXT]
    item.ROIGenerationAlgorithm = structure.generationAlgorithm
    if derived or structure.generationAlgorithm == RESAMPLED:
        item.DerivationCodeSequence = [itemFromCode(SPATIAL_RESAMPLING)]
    return item


def _observation(structure: Structure, number: int) -> Dataset:
    item = Dataset()
    item.ObservationNumber = number
    item.ReferencedROINumber = structure.number
    for keyword in KEPT_OF_OBSERVATION:
        for known in structure.observations:
            if keyword in known and keyword not in item:
                setattr(item, keyword, copy.deepcopy(known[keyword].value))
    item.RTROIInterpretedType = structure.interpretedType
    item.ROIInterpreter = ""
    return item


def _contourItem(structure: Structure) -> Dataset:
    item = Dataset()
    if structure.color is not None:
        item.ROIDisplayColor = list(structure.color)
    if structure.contours:
        item.ContourSequence = [
            _contour(one, number) for number, one in enumerate(structure.contours, start=1)
        ]
    item.ReferencedROINumber = structure.number
    return item


def _contour(contour: Contour, number: int) -> Dataset:
    item = Dataset()
    if contour.image is not None:
        item.ContourImageSequence = [itemFromReference(contour.image)]
    item.ContourGeometricType = contour.geometricType.value
    item.ContourNumber = number
    setContourData(item, contour.points)
    return item


def _addSources(
    dataset: Dataset,
    predecessor: SeriesReference | None,
    registrations: Sequence[SeriesReference],
    images: Sequence[SeriesReference],
) -> None:
    """What the structures come from. A set made without a registration lists its images and its
    predecessor only where they belong: validators take more for an error.
    """
    if predecessor is not None:
        dataset.PredecessorStructureSetSequence = [itemFromReference(one) for one in predecessor]
    if registrations:
        dataset.SourceInstanceSequence = [
            itemFromSourceRegistration(instance) for one in registrations for instance in one
        ]
        sources = [*images[1:], *registrations, *([predecessor] if predecessor is not None else [])]
        known = [one for one in sources if one.studyInstanceUID and one.seriesInstanceUID]
        addSeriesReferences(dataset, [images[0], *known])
