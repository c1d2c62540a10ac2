"""Structure sets, a plan and its dose.

Source
    DICOM PS3.3 A.18, A.19, A.20, C.8.8
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom import Dataset
from pydicom.uid import RTDoseStorage, RTPlanStorage, RTStructureSetStorage

from .datasets import DETACHED_STUDY, changed, ds, item, objectBeside, references
from .images import addPixels, ctSeries


def contour(
    image: Dataset, points: Sequence[float], geometricType: str = "CLOSED_PLANAR", number: int = 1
) -> Dataset:
    """One contour with LPS mm `points` (x, y, z, x, …) on `image`."""
    return item(
        ContourNumber=number,
        ContourImageSequence=references([image]),
        ContourGeometricType=geometricType,
        NumberOfContourPoints=len(points) // 3,
        ContourData=ds(points),
    )


def structureSet(
    images: Sequence[Dataset] | None = None,
    contours: dict[str, Sequence[Dataset]] | None = None,
    **changes: object,
) -> Dataset:
    """A structure set on `images`: a PTV with triangles on two slices, and the isocenter.

    `contours` replaces them: ROI name → contours.
    """
    images = ctSeries() if images is None else images
    dataset = objectBeside(images, RTStructureSetStorage, "RTSTRUCT", 70)
    dataset.OperatorsName = ""
    dataset.StructureSetLabel = "PLAN"
    dataset.StructureSetDate, dataset.StructureSetTime = "20240103", "101112"
    series = item(
        SeriesInstanceUID=images[0].SeriesInstanceUID, ContourImageSequence=references(images)
    )
    study = item(
        ReferencedSOPClassUID=DETACHED_STUDY,
        ReferencedSOPInstanceUID=images[0].StudyInstanceUID,
        RTReferencedSeriesSequence=[series],
    )
    dataset.ReferencedFrameOfReferenceSequence = [
        item(FrameOfReferenceUID=images[0].FrameOfReferenceUID, RTReferencedStudySequence=[study])
    ]
    second = images[min(1, len(images) - 1)]
    if contours is None:
        contours = {
            "Target": [_triangle(images[0], 1), _triangle(second, 2)],
            "Iso": [contour(second, _corner(second, 1, 2), "POINT")],
        }
    _addStructures(dataset, contours, images[0].FrameOfReferenceUID)
    return changed(dataset, changes)


def _addStructures(dataset: Dataset, contours: dict[str, Sequence[Dataset]], frame: str) -> None:
    rois, drawn, observed = [], [], []
    for number, (name, ones) in enumerate(contours.items(), start=1):
        rois.append(
            item(
                ROINumber=number,
                ReferencedFrameOfReferenceUID=frame,
                ROIName=name,
                ROIGenerationAlgorithm="MANUAL",
            )
        )
        drawn.append(item(ROIDisplayColor=[255, 40 * number, 0], ContourSequence=list(ones)))
        drawn[-1].ReferencedROINumber = number
        kind = "ISOCENTER" if all(c.ContourGeometricType == "POINT" for c in ones) else "PTV"
        observed.append(
            item(
                ObservationNumber=number,
                ReferencedROINumber=number,
                RTROIInterpretedType=kind,
                ROIInterpreter="",
            )
        )
    dataset.StructureSetROISequence = rois
    dataset.ROIContourSequence = drawn
    dataset.RTROIObservationsSequence = observed


def _corner(image: Dataset, column: float, row: float) -> list[float]:
    """LPS mm of a point in the plane of `image`, given in pixels."""
    origin = np.array(image.ImagePositionPatient, dtype=float)
    axes = np.array(image.ImageOrientationPatient, dtype=float).reshape(2, 3)
    down, along = (float(value) for value in image.PixelSpacing)
    return list(origin + column * along * axes[0] + row * down * axes[1])


def _triangle(image: Dataset, number: int) -> Dataset:
    points = [*_corner(image, 1, 1), *_corner(image, 4, 1), *_corner(image, 2, 3)]
    return contour(image, points, number=number)


def plan(images: Sequence[Dataset] | None = None, **changes: object) -> Dataset:
    """A plan without beams on the default structure set."""
    images = ctSeries() if images is None else images
    dataset = objectBeside(images, RTPlanStorage, "RTPLAN", 80)
    dataset.OperatorsName = ""
    dataset.RTPlanLabel, dataset.RTPlanDescription = "PLAN A", "two fields"
    dataset.RTPlanDate = dataset.RTPlanTime = ""
    dataset.RTPlanGeometry = "PATIENT"
    dataset.ReferencedStructureSetSequence = references([structureSet(images)])
    return changed(dataset, changes)


def dose(images: Sequence[Dataset] | None = None, **changes: object) -> Dataset:
    """A physical plan dose in Gy, 16 bit, 3 frames × 4 rows × 5 columns of 4 × 3 × 2.5 mm."""
    images = ctSeries() if images is None else images
    dataset = objectBeside(images, RTDoseStorage, "RTDOSE", 90)
    dataset.OperatorsName, dataset.InstanceNumber = "", 1
    dataset.ImagePositionPatient = ds((-68, 31, 111))
    dataset.ImageOrientationPatient = ds((1, 0, 0, 0, 1, 0))
    dataset.PixelSpacing = ds((3, 4))
    dataset.SliceThickness = ""
    addPixels(dataset, np.arange(60).reshape(3, 4, 5))
    dataset.NumberOfFrames = 3
    dataset.FrameIncrementPointer = 0x3004000C
    dataset.GridFrameOffsetVector = ds((0, 2.5, 5))
    dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    dataset.DoseGridScaling = "0.03125"
    dataset.TissueHeterogeneityCorrection = "IMAGE"
    dataset.ReferencedRTPlanSequence = references([plan(images)])
    return changed(dataset, changes)
