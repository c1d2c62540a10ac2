"""CT, MR and PET series, a resampled one and an enhanced multi-frame MR.

Source
    DICOM PS3.3 A.3, A.4, A.21, A.36, C.7.6
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
from pydicom import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    EnhancedMRImageStorage,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
)

from .datasets import (
    CT_FRAME,
    MR_FRAME,
    PET_FRAME,
    ROOT,
    changed,
    code,
    ds,
    item,
    newObject,
    references,
)

AXIAL = ((1, 0, 0), (0, 1, 0))
OBLIQUE = ((0.96, 0.28, 0), (-0.168, 0.576, 0.8))  # exact unit vectors, normal (0.224, -0.768, 0.6)


def ctSeries(count: int = 4, **changes: object) -> list[Dataset]:
    """Axial CT, HFS, 5 rows × 6 columns of 2 mm, slices 3 mm apart, first at (-70, 30, 110)."""
    fixed = {"KVP": "120", "RescaleIntercept": "-1024", "RescaleSlope": "1", "RescaleType": "HU"}
    series = imageSeries(
        CTImageStorage, "CT", 10, count, CT_FRAME, AXIAL, (2, 2, 3), (-70, 30, 110)
    )
    return [changed(one, {**fixed, **changes}) for one in series]


def mrSeries(count: int = 3, **changes: object) -> list[Dataset]:
    """Oblique MR, HFS, 5 rows × 6 columns of 1.5 × 1.25 mm, slices 4 mm apart."""
    fixed = {
        "ScanningSequence": "SE",
        "SequenceVariant": "NONE",
        "ScanOptions": "",
        "MRAcquisitionType": "2D",
        "EchoTime": "10",
        "RepetitionTime": "500",
        "EchoTrainLength": "1",
    }
    series = imageSeries(
        MRImageStorage, "MR", 20, count, MR_FRAME, OBLIQUE, (1.5, 1.25, 4), (12, -200, 55)
    )
    return [changed(one, {**fixed, **changes}) for one in series]


def petSeries(count: int = 2, **changes: object) -> list[Dataset]:
    """Axial PET in BQML, 5 rows × 6 columns of 4 mm, slices 5 mm apart."""
    fixed = {
        "SeriesDate": "20240102",
        "SeriesTime": "101500",
        "Units": "BQML",
        "CountsSource": "EMISSION",
        "SeriesType": ["STATIC", "IMAGE"],
        "CorrectedImage": ["DECY", "ATTN"],
        "DecayCorrection": "START",
        "DecayFactor": "1",
        "CollimatorType": "",
        "FrameReferenceTime": "0",
        "RescaleIntercept": "0",
        "RescaleSlope": "2.5",
        "NumberOfSlices": count,
        "RadiopharmaceuticalInformationSequence": [],
        "PatientOrientationCodeSequence": [],
        "PatientGantryRelationshipCodeSequence": [],
        "ActualFrameDuration": "",
    }
    series = imageSeries(
        PositronEmissionTomographyImageStorage,
        "PT",
        30,
        count,
        PET_FRAME,
        AXIAL,
        (4, 4, 5),
        (-15, 8, -400),
    )
    for place, one in enumerate(series, start=1):
        changed(one, {**fixed, "ImageIndex": place, **changes})
    return series


def imageSeries(
    sopClassUID: UID,
    modality: str,
    number: int,
    count: int,
    frame: str,
    axes: Sequence[Sequence[float]],
    spacing: Sequence[float],
    origin: Sequence[float],
) -> list[Dataset]:
    """`count` slices along row × column; `axes` row and column, `spacing` (i, j, k) mm."""
    normal = np.cross(*axes)
    made = []
    for k in range(count):
        one = newObject(sopClassUID, modality, number)
        one.SOPInstanceUID = f"{ROOT}.4.{number}.{k + 1}"
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
        one.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL" if modality == "CT" else "OTHER"]
        one.AcquisitionDate, one.AcquisitionTime = "20240102", "101213"
        one.AcquisitionNumber = 1
        one.ContentDate, one.ContentTime = "20240102", "101214"
        if modality != "PT":
            one.PatientPosition = "HFS"
        one.FrameOfReferenceUID, one.PositionReferenceIndicator = frame, "SN"
        one.InstanceNumber = k + 1
        one.ImagePositionPatient = ds(np.asarray(origin, float) + k * spacing[2] * normal)
        one.ImageOrientationPatient = ds(np.ravel(axes))
        one.PixelSpacing = ds((spacing[1], spacing[0]))
        one.SliceThickness = ds((spacing[2],))[0]
        addPixels(one, np.arange(30, dtype="<u2").reshape(5, 6) + 100 * k)
        made.append(one)
    return made


def addPixels(dataset: Dataset, values: np.ndarray) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = values.shape[-2:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 0
    dataset.PixelData = values.astype("<u2").tobytes()


def resampledSeries(source: Sequence[Dataset] | None = None, **changes: object) -> list[Dataset]:
    """A derived axial CT series as RO-11 has it: own series, everything else of its source kept."""
    source = ctSeries() if source is None else source
    made = []
    for place, original in enumerate(source, start=1):
        one = copy.deepcopy(original)
        one.SOPInstanceUID = f"{ROOT}.4.40.{place}"
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
        one.SeriesInstanceUID, one.SeriesNumber = f"{ROOT}.3.40", 40
        one.Manufacturer, one.ManufacturerModelName = "Resampler", "R1"
        one.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
        one.DerivationDescription = "resampled"
        one.DerivationCodeSequence = [code("113085", "Spatial resampling")]
        one.SourceImageSequence = references(source)
        for used in one.SourceImageSequence:
            used.PurposeOfReferenceCodeSequence = [
                code("121322", "Source image for image processing operation")
            ]
        made.append(changed(one, changes))
    return made


def enhancedMR(count: int = 4, order: Sequence[int] | None = None, **changes: object) -> Dataset:
    """Enhanced MR of `mrSeries(count)`: frame n shows slice order[n], its values real = 2 v + 3."""
    slices = mrSeries(count)
    order = list(range(count)) if order is None else list(order)
    enhanced = newObject(EnhancedMRImageStorage, "MR", 50)
    enhanced.FrameOfReferenceUID, enhanced.PositionReferenceIndicator = MR_FRAME, "SN"
    enhanced.InstanceNumber = 1
    first = slices[0]
    enhanced.SharedFunctionalGroupsSequence = [
        item(
            PlaneOrientationSequence=[item(ImageOrientationPatient=first.ImageOrientationPatient)],
            PixelMeasuresSequence=[
                item(PixelSpacing=first.PixelSpacing, SliceThickness=first.SliceThickness)
            ],
            PixelValueTransformationSequence=[
                item(RescaleIntercept="3", RescaleSlope="2", RescaleType="US")
            ],
        )
    ]
    enhanced.PerFrameFunctionalGroupsSequence = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=slices[k].ImagePositionPatient)],
            FrameContentSequence=[item(InStackPositionNumber=k + 1)],
        )
        for k in order
    ]
    addPixels(enhanced, np.stack([slices[k].pixel_array for k in order]))
    enhanced.NumberOfFrames = len(order)
    return changed(enhanced, changes)
