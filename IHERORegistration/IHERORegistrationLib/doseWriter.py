"""A dose on another lattice as an RT Dose object (PS3.3 A.18, C.8.8.3).

Resampled dose is no output of the MMRO profile: the object is plain DICOM, and says by Spatial
Transform of Dose and in its comment what was done to it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.uid import RTDoseStorage

from .codes import SOURCE_DOSE
from .decimalStrings import decimalString
from .dose import Dose
from .errors import FrameOfReferenceError, NonconformantError
from .frames import Transform, TransformChain
from .geometry import AffineTransform, MatrixType, matrixType
from .header import newObject, setCharacterSet
from .images import ImageSeries
from .lattice import Lattice, Volume
from .macros import itemFromCode, itemFromReference
from .references import InstanceReference
from .samePatient import patientRemark

GRID_OFFSETS_TAG = 0x3004000C
LONGEST_COMMENT = 64  # characters of LO
SIGNED_TYPE = "ERROR"  # the one Dose Type that may be negative

# What the dose means, which moving it does not change (PS3.3 C.8.8.3)
FROM_SOURCE = (
    "DoseUnits",
    "DoseType",
    "DoseSummationType",
    "ReferencedRTPlanSequence",
    "ReferencedTreatmentRecordSequence",
    "PlanOverviewSequence",
)


class SpatialTransform(StrEnum):
    """What a dose went through on its way to where it lies (PS3.3 C.8.8.3, (3004,0005))."""

    NONE = "NONE"
    RIGID = "RIGID"
    NON_RIGID = "NON_RIGID"


def spatialTransform(transform: Transform) -> SpatialTransform:
    """The kind of `transform`, by its matrices: scaling and shearing are not rigid."""
    if isinstance(transform, TransformChain):
        kinds = {spatialTransform(step) for step in transform.transforms}
        for worst in (SpatialTransform.NON_RIGID, SpatialTransform.RIGID):
            if worst in kinds:
                return worst
        return SpatialTransform.NONE
    if isinstance(transform, AffineTransform) and matrixType(transform.matrix) is MatrixType.RIGID:
        return SpatialTransform.RIGID
    return SpatialTransform.NON_RIGID


@dataclass(frozen=True, eq=False)
class ResampledDose:
    """What is to be written: `volume`, in the units of `source`, in the frame of `target`.

    `outside`, bool of the shape of the values, is true where `source` has no value and the volume
    holds 0. `transform` maps points of the volume's frame to the frame of `source`;
    `registrations` are the objects it was taken from.
    """

    volume: Volume
    outside: np.ndarray
    source: Dose
    target: ImageSeries
    transform: Transform
    registrations: tuple[InstanceReference, ...]

    @property
    def kind(self) -> SpatialTransform:
        return spatialTransform(self.transform)

    @property
    def statement(self) -> str:
        """What was done, at most 64 characters: it goes with every picture and into the object."""
        percent = 100 * float(self.outside.mean())
        how = {
            SpatialTransform.NONE: "Resampled in its own frame",
            SpatialTransform.RIGID: "Display only: resampled, RIGID",
            SpatialTransform.NON_RIGID: "Display only: resampled, NON_RIGID",
        }[self.kind]
        return f"{how}; {percent:.1f} % beyond source is 0"


def datasetFromResampledDose(
    dose: ResampledDose, description: str, *, created: datetime
) -> Dataset:
    """The RT Dose object in the study and frame of the target, 32 bit.

    `description` is its Series Description. Dose type, summation and plan are those of the source;
    dose points and histograms are left out.

    Raises
        FrameOfReferenceError: volume, target, source and transform do not meet.
        NonconformantError: the dose is transformed and no registration is named, or it is negative
        without being an error.

    Source
        DICOM PS3.3 C.8.8.3
    """
    _requireWritable(dose)
    with disable_value_validation():
        dataset = newObject(
            dose.target.headers[0],
            RTDoseStorage,
            "RTDOSE",
            created=created,
            frame=dose.volume.frame,
        )
        del dataset.Laterality  # no part of the RT Series Module
        dataset.SeriesDescription = description[:64]
        dataset.OperatorsName = ""
        dataset.ImageType = ["DERIVED", "SECONDARY"]
        if remark := patientRemark(dose.source.patient, dose.target.patient):
            dataset.ImageComments = remark
        dataset.InstanceNumber = 1
        dataset.ContentDate = created.strftime("%Y%m%d")
        dataset.ContentTime = created.strftime("%H%M%S")
        _addMeaning(dataset, dose)
        _addGeometry(dataset, dose.volume.lattice)
        _addPixels(dataset, dose.volume.values, dose.source.doseType == SIGNED_TYPE)
        setCharacterSet(dataset)
    return dataset


def _requireWritable(dose: ResampledDose) -> None:
    ends = (dose.transform.fromFrame, dose.transform.toFrame)
    if dose.volume.frame != dose.target.frame or ends != (dose.target.frame, dose.source.frame):
        raise FrameOfReferenceError(
            f"expected a dose in {dose.target.frame} and a transform from there to "
            f"{dose.source.frame}, found a dose in {dose.volume.frame} and a transform from "
            f"{ends[0]} to {ends[1]}"
        )
    if (dose.kind is SpatialTransform.NONE) != (not dose.registrations):
        raise NonconformantError(
            f"a dose with Spatial Transform {dose.kind} names {len(dose.registrations)} "
            "registrations",
            (),
        )
    lowest = float(dose.volume.values.min())
    if not lowest >= 0 and dose.source.doseType != SIGNED_TYPE:
        raise NonconformantError(
            f"expected no negative values in a dose of type {dose.source.doseType}, found "
            f"{lowest:.4g}",
            (),
        )


def _addMeaning(dataset: Dataset, dose: ResampledDose) -> None:
    header = dose.source.header
    for keyword in FROM_SOURCE:
        if keyword in header:
            setattr(dataset, keyword, copy.deepcopy(header[keyword].value))
    heterogeneity = header.get("TissueHeterogeneityCorrection")
    dataset.TissueHeterogeneityCorrection = copy.deepcopy(heterogeneity) or ""
    dataset.DoseComment = dose.statement[:LONGEST_COMMENT]
    dataset.SpatialTransformOfDose = dose.kind.value
    if dose.registrations:
        dataset.ReferencedSpatialRegistrationSequence = [
            itemFromReference(one) for one in dose.registrations
        ]
    source = itemFromReference(
        InstanceReference(dose.source.sopClassUID, dose.source.sopInstanceUID)
    )
    source.PurposeOfReferenceCodeSequence = [itemFromCode(SOURCE_DOSE)]
    dataset.ReferencedInstanceSequence = [source]


def _addGeometry(dataset: Dataset, lattice: Lattice) -> None:
    di, dj, dk = lattice.spacing
    dataset.ImagePositionPatient = [decimalString(x) for x in lattice.origin]
    dataset.ImageOrientationPatient = [decimalString(x) for x in lattice.directions.T[:2].ravel()]
    dataset.PixelSpacing = [decimalString(dj), decimalString(di)]
    dataset.SliceThickness = decimalString(dk)
    if lattice.size[2] > 1:
        dataset.FrameIncrementPointer = GRID_OFFSETS_TAG
        dataset.GridFrameOffsetVector = [decimalString(k * dk) for k in range(lattice.size[2])]
        dataset.NumberOfFrames = lattice.size[2]


def _addPixels(dataset: Dataset, values: np.ndarray, signed: bool) -> None:
    """Values as whole multiples, of 32 bits, of Dose Grid Scaling."""
    limits = np.iinfo(np.int32 if signed else np.uint32)
    scaling = _roundedUp(float(np.abs(values).max()) / limits.max or 1.0)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = values.shape[1:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 32, 32, 31
    dataset.PixelRepresentation = int(signed)
    dataset.DoseGridScaling = scaling
    stored = np.rint(values.astype(float) / float(scaling))
    dataset.PixelData = stored.astype("<i4" if signed else "<u4").tobytes()


def _roundedUp(value: float) -> str:
    """The shortest step above `value` that 16 characters hold, or `value` itself."""
    text, tried = decimalString(value), value
    while float(text) < value:
        tried *= 1 + 1e-12
        text = decimalString(tried)
    return text
