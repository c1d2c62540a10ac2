"""The structure set drawn on the primary images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import RTStructureSetStorage

from .bodyChange import ChangedShape
from .identity import newDataset, reference, setFrame
from .imageFiles import ScannedSeries
from .outlines import outlines
from .regions import MARKS, REGIONS, Mark, Region

_STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"  # retired, but the one that names a study here


def structureSetDataset(
    series: ScannedSeries,
    seed: str,
    name: str = "Structures",
    regions: Sequence[Region] = REGIONS,
) -> Dataset:
    """The RT Structure Set: `regions` outlined on the slices of `series`, each mark a point.
    Those outside the images have no contours. Its series is called `name`.

    Outlines have 4 decimals.

    Source
        DICOM PS3.3 A.19, C.8.8.5, C.8.8.6, C.8.8.8
    """
    dataset = newDataset(seed, RTStructureSetStorage, "RTSTRUCT", series.scan.study, name, "1")
    setFrame(dataset, series.frame)
    dataset.OperatorsName = ""
    dataset.StructureSetLabel = "ANATOMY"
    dataset.StructureSetName = "Analytic anatomy"
    dataset.StructureSetDate, dataset.StructureSetTime = dataset.StudyDate, dataset.StudyTime
    dataset.ApprovalStatus = "UNAPPROVED"
    dataset.ReferencedFrameOfReferenceSequence = [_frameItem(series)]
    rois: list[Region | Mark] = [*regions, *MARKS]
    dataset.StructureSetROISequence = [
        _roi(number, roi, series.frame) for number, roi in enumerate(rois, start=1)
    ]
    dataset.ROIContourSequence = [
        _contours(number, roi, series) for number, roi in enumerate(rois, start=1)
    ]
    dataset.RTROIObservationsSequence = [
        _observation(number, roi) for number, roi in enumerate(rois, start=1)
    ]
    return dataset


def _frameItem(series: ScannedSeries) -> Dataset:
    listed = Dataset()
    listed.SeriesInstanceUID = series.reference.seriesInstanceUID
    listed.ContourImageSequence = [reference(instance) for instance in series.reference]
    study = Dataset()
    study.ReferencedSOPClassUID = _STUDY_CLASS
    study.ReferencedSOPInstanceUID = series.reference.studyInstanceUID
    study.RTReferencedSeriesSequence = [listed]
    item = Dataset()
    item.FrameOfReferenceUID = series.frame
    item.RTReferencedStudySequence = [study]
    return item


def _roi(number: int, roi: Region | Mark, frame: str) -> Dataset:
    item = Dataset()
    item.ROINumber = number
    item.ReferencedFrameOfReferenceUID = frame
    item.ROIName = roi.name
    item.ROIGenerationAlgorithm = roi.algorithm if isinstance(roi, Region) else "MANUAL"
    return item


def _observation(number: int, roi: Region | Mark) -> Dataset:
    item = Dataset()
    item.ObservationNumber = item.ReferencedROINumber = number
    item.RTROIInterpretedType = roi.interpretedType
    item.ROIInterpreter = ""
    if roi.interpretedType == "BOLUS":
        density = Dataset()
        density.ROIPhysicalProperty, density.ROIPhysicalPropertyValue = "REL_ELEC_DENSITY", "1"
        item.ROIPhysicalPropertiesSequence = [density]
    return item


def _contours(number: int, roi: Region | Mark, series: ScannedSeries) -> Dataset:
    if isinstance(roi, Mark):
        point = series.pointOf(np.array([roi.point]))
        k = round(float(series.lattice.indices(point)[0, 2]))
        polygons = [(k, "POINT", point)] if series.lattice.contains(point).all() else []
    else:
        shape = ChangedShape(roi.shape, series.change)
        polygons = [
            (k, "CLOSED_PLANAR", polygon)
            for k, found in outlines(shape, series.lattice, series.toBody.matrix)
            for polygon in (_keyholed(found) if roi.keyhole else found)
        ]
    item = Dataset()
    item.ReferencedROINumber = number
    item.ROIDisplayColor = list(roi.color)
    if polygons:
        item.ContourSequence = [
            _contour(contour, series, *polygon) for contour, polygon in enumerate(polygons, start=1)
        ]
    return item


def _contour(
    number: int, series: ScannedSeries, k: int, geometricType: str, points: np.ndarray
) -> Dataset:
    item = Dataset()
    item.ContourNumber = number
    item.ContourImageSequence = [reference(series.reference.instances[k])]
    item.ContourGeometricType = geometricType
    item.NumberOfContourPoints = len(points)
    text = "\\".join(f"{value:.4f}" for value in points.ravel())
    value = (text + " " * (len(text) % 2)).encode()
    tag = Tag("ContourData")  # as bytes: number by number takes most of the phantom's time
    item[tag] = RawDataElement(tag, "DS", len(value), value, 0, False, True)
    item.set_original_encoding(False, True, "iso8859")
    return item


def _keyholed(polygons: list[np.ndarray]) -> list[np.ndarray]:
    """The largest polygon joined to each of the others by a channel of no width, from the vertex
    that is nearest (PS3.3 C.8.8.6.3); all of them lie inside it.
    """
    whole, *holes = sorted(polygons, key=lambda polygon: np.ptp(polygon, axis=0).sum())[::-1]
    for hole in holes:
        gaps = np.linalg.norm(whole[:, None] - hole[None], axis=-1)
        a, b = np.unravel_index(gaps.argmin(), gaps.shape)
        whole = np.vstack([whole[: a + 1], hole[b:], hole[: b + 1], whole[a:]])
    return [whole]
