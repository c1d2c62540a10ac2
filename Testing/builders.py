"""Minimal DICOM data sets for tests, made with pydicom alone: the only place where they are made.

Every function gives a conformant object; keyword arguments named as DICOM attributes replace its
values, and `ABSENT` removes an attribute. Nothing here is symmetric: sizes and spacings differ,
axes are oblique where the object allows it, origins are far from zero.

Source
    DICOM PS3.3 A.3, A.18, A.19, A.39, A.40, C.20, C.21, C.8.8
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeformableSpatialRegistrationStorage,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    RTDoseStorage,
    RTPlanStorage,
    RTStructureSetStorage,
    SpatialFiducialsStorage,
    SpatialRegistrationStorage,
)
from pydicom.valuerep import format_number_as_ds

ABSENT = object()  # as a value: the attribute is left out
ROOT = "2.25.77"
STUDY = f"{ROOT}.1"
CT_FRAME, MR_FRAME, PET_FRAME = f"{ROOT}.2.1", f"{ROOT}.2.2", f"{ROOT}.2.3"
AXIAL = ((1, 0, 0), (0, 1, 0))
OBLIQUE = ((0.96, 0.28, 0), (-0.168, 0.576, 0.8))  # exact unit vectors, normal (0.224, -0.768, 0.6)
DETACHED_STUDY = UID("1.2.840.10008.3.1.2.3.1")

# 30° about z and a translation: the closed form of dicom-registration examples
MATRIX = (0.86602540378444, -0.5, 0, 10, 0.5, 0.86602540378444, 0, -20, 0, 0, 1, 5, 0, 0, 0, 1)
IDENTITY = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)


def ds(values: Iterable[float]) -> list[str]:
    """Decimal strings of at most 16 characters."""
    return [format_number_as_ds(float(value)) for value in values]


def item(**attributes: object) -> Dataset:
    """A sequence item with these attributes."""
    return changed(Dataset(), attributes)


def changed(dataset: Dataset, changes: dict[str, object]) -> Dataset:
    """`dataset` itself with attributes replaced, or removed where the value is ABSENT."""
    for keyword, value in changes.items():
        if keyword in dataset:
            delattr(dataset, keyword)
        if value is not ABSENT:
            setattr(dataset, keyword, value)
    return dataset


def code(value: str, meaning: str, scheme: str = "DCM") -> Dataset:
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


IDENTITY_CODE = ("125021", "Frame of Reference Identity")
IMAGE_CODE = ("125024", "Image Content-based Alignment")


def references(datasets: Iterable[Dataset]) -> list[Dataset]:
    """One item per data set that refers to it."""
    return [
        item(ReferencedSOPClassUID=one.SOPClassUID, ReferencedSOPInstanceUID=one.SOPInstanceUID)
        for one in datasets
    ]


def newObject(sopClassUID: UID, modality: str, number: int, **changes: object) -> Dataset:
    """Patient, study, series, equipment and SOP attributes; `number` makes the UIDs unique."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.SOPClassUID = sopClassUID
    dataset.SOPInstanceUID = f"{ROOT}.4.{number}"
    dataset.StudyDate, dataset.StudyTime = "20240102", "101112"
    dataset.AccessionNumber = "A7"
    dataset.Modality = modality
    dataset.Manufacturer, dataset.ManufacturerModelName = "Maker", "Model"
    dataset.ReferringPhysicianName = "Referrer"
    dataset.StudyDescription = "A study"
    dataset.PatientName, dataset.PatientID = "Case^Test", "T-1"
    dataset.PatientBirthDate, dataset.PatientSex = "19700203", "O"
    dataset.BodyPartExamined = "HEAD"
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = "17", "1.0"
    dataset.StudyInstanceUID, dataset.StudyID = STUDY, "S1"
    dataset.SeriesInstanceUID, dataset.SeriesNumber = f"{ROOT}.3.{number}", number
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = sopClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return changed(dataset, changes)


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
        _addPixels(one, np.arange(30, dtype="<u2").reshape(5, 6) + 100 * k)
        made.append(one)
    return made


def _addPixels(dataset: Dataset, values: np.ndarray) -> None:
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


def registrationItem(
    images: Sequence[Dataset],
    matrix: Sequence[float] = MATRIX,
    method: tuple[str, str] = IMAGE_CODE,
    matrixType: str = "RIGID",
    **changes: object,
) -> Dataset:
    """One item of Registration Sequence for `images`, of their Frame of Reference."""
    one = item(
        FrameOfReferenceUID=images[0].FrameOfReferenceUID,
        ReferencedImageSequence=references(images),
        MatrixRegistrationSequence=[
            item(
                RegistrationTypeCodeSequence=[code(*method)],
                MatrixSequence=[
                    item(
                        FrameOfReferenceTransformationMatrixType=matrixType,
                        FrameOfReferenceTransformationMatrix=ds(matrix),
                    )
                ],
            )
        ],
    )
    return changed(one, changes)


def _addContentIdentification(dataset: Dataset) -> None:
    dataset.SeriesDate, dataset.SeriesTime = "20240103", "091011"
    dataset.ContentDate, dataset.ContentTime = "20240103", "091011"
    dataset.InstanceNumber = 1
    dataset.ContentLabel = "MR_ON_CT"
    dataset.ContentDescription = "MR registered to the planning CT"
    dataset.ContentCreatorName = ""


def addReferencedSeries(dataset: Dataset, *series: Sequence[Dataset]) -> None:
    """The Common Instance Reference Module for whole `series`, by study."""
    for one in series:
        listed = item(
            SeriesInstanceUID=one[0].SeriesInstanceUID, ReferencedInstanceSequence=references(one)
        )
        if one[0].StudyInstanceUID == dataset.StudyInstanceUID:
            present = list(dataset.get("ReferencedSeriesSequence") or ())
            dataset.ReferencedSeriesSequence = [*present, listed]
        else:
            present = list(dataset.get("StudiesContainingOtherReferencedInstancesSequence") or ())
            other = item(
                StudyInstanceUID=one[0].StudyInstanceUID, ReferencedSeriesSequence=[listed]
            )
            dataset.StudiesContainingOtherReferencedInstancesSequence = [*present, other]


def spatialRegistration(
    base: Sequence[Dataset] | None = None,
    moving: Sequence[Dataset] | None = None,
    matrix: Sequence[float] = MATRIX,
    items: Sequence[Dataset] | None = None,
    **changes: object,
) -> Dataset:
    """A Spatial Registration by every row of MMRO-III: `moving` → `base` through `matrix`.

    `items` replaces the two items of Registration Sequence.
    """
    base = ctSeries() if base is None else base
    moving = mrSeries() if moving is None else moving
    dataset = newObject(SpatialRegistrationStorage, "REG", 50)
    dataset.StudyInstanceUID = base[0].StudyInstanceUID
    dataset.FrameOfReferenceUID = base[0].FrameOfReferenceUID
    dataset.PositionReferenceIndicator = "SN"
    _addContentIdentification(dataset)
    dataset.RegistrationSequence = (
        [registrationItem(base, IDENTITY, IDENTITY_CODE), registrationItem(moving, matrix)]
        if items is None
        else list(items)
    )
    addReferencedSeries(dataset, base, moving)
    return changed(dataset, changes)


def deformableRegistration(
    base: Sequence[Dataset] | None = None,
    moving: Sequence[Dataset] | None = None,
    **changes: object,
) -> Dataset:
    """A Deformable Spatial Registration with a 4 × 3 × 2 grid in the frame of `base`."""
    base = ctSeries() if base is None else base
    moving = mrSeries() if moving is None else moving
    dataset = newObject(DeformableSpatialRegistrationStorage, "REG", 55)
    dataset.StudyInstanceUID = base[0].StudyInstanceUID
    dataset.FrameOfReferenceUID = base[0].FrameOfReferenceUID
    dataset.PositionReferenceIndicator = "SN"
    _addContentIdentification(dataset)
    node = np.indices((2, 3, 4))[::-1].transpose(1, 2, 3, 0)  # i, j, k of each node
    vectors = node * (0.5, -0.25, 0.5) + (0, 0, 1)
    grid = item(
        ImageOrientationPatient=ds((1, 0, 0, 0, 1, 0)),
        ImagePositionPatient=ds((-100, -120, -50)),
        GridDimensions=[4, 3, 2],
        GridResolution=[2.0, 2.0, 3.0],
        VectorGridData=vectors.astype("<f4").tobytes(),
    )
    registered = item(
        SourceFrameOfReferenceUID=base[0].FrameOfReferenceUID,
        ReferencedImageSequence=references(base),
        RegistrationTypeCodeSequence=[code(*IDENTITY_CODE)],
    )
    source = item(
        SourceFrameOfReferenceUID=moving[0].FrameOfReferenceUID,
        ReferencedImageSequence=references(moving),
        RegistrationTypeCodeSequence=[code(*IMAGE_CODE)],
        DeformableRegistrationGridSequence=[grid],
    )
    dataset.DeformableRegistrationSequence = [registered, source]
    addReferencedSeries(dataset, base, moving)
    return changed(dataset, changes)


def fiducial(identifier: str, points: Sequence[float], shape: str = "POINT") -> Dataset:
    """One fiducial at LPS mm `points` (x, y, z, x, …)."""
    return item(
        ShapeType=shape,
        FiducialIdentifier=identifier,
        FiducialUID=f"{ROOT}.6.{sum(map(ord, identifier))}",
        NumberOfContourPoints=len(points) // 3,
        ContourData=ds(points),
    )


def spatialFiducials(
    images: Sequence[Dataset] | None = None,
    fiducials: Sequence[Dataset] | None = None,
    **changes: object,
) -> Dataset:
    """A Spatial Fiducials object with one set in the frame of `images`."""
    images = ctSeries() if images is None else images
    dataset = newObject(SpatialFiducialsStorage, "FID", 60)
    dataset.StudyInstanceUID = images[0].StudyInstanceUID
    _addContentIdentification(dataset)
    dataset.ContentLabel = "LANDMARKS"
    if fiducials is None:
        fiducials = [fiducial("P1", (-66, 32, 110)), fiducial("P2", (-64, 36, 113))]
    dataset.FiducialSetSequence = [
        item(
            FrameOfReferenceUID=images[0].FrameOfReferenceUID,
            ReferencedImageSequence=references(images),
            FiducialSequence=list(fiducials),
        )
    ]
    addReferencedSeries(dataset, images)
    return changed(dataset, changes)


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
    dataset = newObject(RTStructureSetStorage, "RTSTRUCT", 70)
    dataset.StudyInstanceUID = images[0].StudyInstanceUID
    dataset.FrameOfReferenceUID = images[0].FrameOfReferenceUID
    dataset.PositionReferenceIndicator = "SN"
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
        item(
            FrameOfReferenceUID=images[0].FrameOfReferenceUID,
            RTReferencedStudySequence=[study],
        )
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
    dataset = newObject(RTPlanStorage, "RTPLAN", 80)
    dataset.StudyInstanceUID = images[0].StudyInstanceUID
    dataset.FrameOfReferenceUID = images[0].FrameOfReferenceUID
    dataset.PositionReferenceIndicator = "SN"
    dataset.OperatorsName = ""
    dataset.RTPlanLabel, dataset.RTPlanDescription = "PLAN A", "two fields"
    dataset.RTPlanDate = dataset.RTPlanTime = ""
    dataset.RTPlanGeometry = "PATIENT"
    dataset.ReferencedStructureSetSequence = references([structureSet(images)])
    return changed(dataset, changes)


def dose(images: Sequence[Dataset] | None = None, **changes: object) -> Dataset:
    """A physical plan dose in Gy, 16 bit, 3 frames × 4 rows × 5 columns of 4 × 3 × 2.5 mm."""
    images = ctSeries() if images is None else images
    dataset = newObject(RTDoseStorage, "RTDOSE", 90)
    dataset.StudyInstanceUID = images[0].StudyInstanceUID
    dataset.FrameOfReferenceUID = images[0].FrameOfReferenceUID
    dataset.PositionReferenceIndicator = "SN"
    dataset.OperatorsName, dataset.InstanceNumber = "", 1
    dataset.ImagePositionPatient = ds((-68, 31, 111))
    dataset.ImageOrientationPatient = ds((1, 0, 0, 0, 1, 0))
    dataset.PixelSpacing = ds((3, 4))
    dataset.SliceThickness = ""
    _addPixels(dataset, np.arange(60).reshape(3, 4, 5))
    dataset.NumberOfFrames = 3
    dataset.FrameIncrementPointer = 0x3004000C
    dataset.GridFrameOffsetVector = ds((0, 2.5, 5))
    dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    dataset.DoseGridScaling = "0.03125"
    dataset.TissueHeterogeneityCorrection = "IMAGE"
    dataset.ReferencedRTPlanSequence = references([plan(images)])
    return changed(dataset, changes)


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
    _addPixels(enhanced, np.stack([slices[k].pixel_array for k in order]))
    enhanced.NumberOfFrames = len(order)
    return changed(enhanced, changes)
