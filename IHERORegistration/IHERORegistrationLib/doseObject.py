"""RT Dose objects of values on a lattice (PS3.3 A.18, C.8.8.3)."""

from __future__ import annotations

import copy
from collections.abc import Iterable
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
from .header import newObject, setCharacterSet
from .images import ImageSeries
from .lattice import Lattice, Volume
from .macros import itemFromCode, itemFromReference
from .references import InstanceReference
from .samePatient import patientRemark

GRID_OFFSETS_TAG = 0x3004000C
LONGEST_COMMENT = 64  # characters of LO
LONGEST_DERIVATION = 1024  # characters of ST
SIGNED_TYPE = "ERROR"  # the one Dose Type that may be negative
BITS = (16, 32)  # of a stored value

# What the dose belongs to, which moving it does not change (PS3.3 C.8.8.3)
BELONGS_TO = (
    "ReferencedRTPlanSequence",
    "ReferencedTreatmentRecordSequence",
    "PlanOverviewSequence",
)


class SpatialTransform(StrEnum):
    """What a dose went through on its way to where it lies (PS3.3 C.8.8.3, (3004,0005))."""

    NONE = "NONE"
    RIGID = "RIGID"
    NON_RIGID = "NON_RIGID"


@dataclass(frozen=True, eq=False)
class DoseContent:
    """What an RT Dose is to hold: `volume`, in the units and of the type of `sources`, in the
    frame of `target`, whose patient and study it gets.

    `registrations` are the objects that took the sources there; `statement` becomes Dose Comment,
    and `derivation`, what there is to say beyond its 64 characters, Derivation Description.
    """

    volume: Volume
    sources: tuple[Dose, ...]
    target: ImageSeries
    kind: SpatialTransform
    registrations: tuple[InstanceReference, ...]
    statement: str
    summationType: str
    bits: int = 32
    derivation: str = ""


def datasetFromDose(dose: DoseContent, description: str, *, created: datetime) -> Dataset:
    """The RT Dose object, in the study and frame of the target.

    `description` is its Series Description. Type and plans are those of the sources; dose points
    and histograms are left out.

    Raises
        FrameOfReferenceError: the volume does not lie in the frame of the target.
        NonconformantError: the dose is transformed and no registration is named, it is negative
        without being an error, sources differ in type or units, or the comment is too long.

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
        remarks = (patientRemark(one.patient, dose.target.patient) for one in dose.sources)
        if remark := next(filter(None, remarks), ""):
            dataset.ImageComments = remark
        dataset.InstanceNumber = 1
        dataset.ContentDate = created.strftime("%Y%m%d")
        dataset.ContentTime = created.strftime("%H%M%S")
        _addMeaning(dataset, dose)
        _addGeometry(dataset, dose.volume.lattice)
        _addPixels(dataset, dose)
        setCharacterSet(dataset)
    return dataset


def _requireWritable(dose: DoseContent) -> None:
    if dose.volume.frame != dose.target.frame:
        raise FrameOfReferenceError(
            f"expected a dose in {dose.target.frame}, found one in {dose.volume.frame}"
        )
    types = sorted({f"{one.doseType} in {one.units}" for one in dose.sources})
    lowest = float(dose.volume.values.min())
    refusals = {
        f"a dose with Spatial Transform {dose.kind} names {len(dose.registrations)} "
        "registrations": (dose.kind is SpatialTransform.NONE) != (not dose.registrations),
        f"expected doses of one type, found {', '.join(types)}": len(types) != 1,
        f"expected finite values, found {lowest:.4g}": not np.isfinite(dose.volume.values).all(),
        f"expected no negative values in a dose of type {dose.sources[0].doseType}, found "
        f"{lowest:.4g}": lowest < 0 and not _isSigned(dose),
        f"expected {LONGEST_COMMENT} characters, found {len(dose.statement)} in the comment "
        f"{dose.statement!r}": len(dose.statement) > LONGEST_COMMENT,
    }
    for message, isRefused in refusals.items():
        if isRefused:
            raise NonconformantError(message, ())


def _isSigned(dose: DoseContent) -> bool:
    return dose.sources[0].doseType == SIGNED_TYPE


def _addMeaning(dataset: Dataset, dose: DoseContent) -> None:
    headers = [one.header for one in dose.sources]
    dataset.DoseUnits = dose.sources[0].units
    dataset.DoseType = dose.sources[0].doseType
    dataset.DoseSummationType = dose.summationType
    for keyword in BELONGS_TO:
        if items := _different(item for one in headers for item in one.get(keyword) or ()):
            setattr(dataset, keyword, items)
    corrections = [one.get("TissueHeterogeneityCorrection") or "" for one in headers]
    isSame = all(one == corrections[0] for one in corrections)
    dataset.TissueHeterogeneityCorrection = copy.deepcopy(corrections[0]) if isSame else ""
    dataset.DoseComment = dose.statement
    if dose.derivation:
        dataset.DerivationDescription = dose.derivation[:LONGEST_DERIVATION]
    dataset.SpatialTransformOfDose = dose.kind.value
    if dose.registrations:
        dataset.ReferencedSpatialRegistrationSequence = [
            itemFromReference(one) for one in dose.registrations
        ]
    dataset.ReferencedInstanceSequence = [_sourceItem(one) for one in dose.sources]


def _different(items: Iterable[Dataset]) -> list[Dataset]:
    """Copies of `items`, each content once."""
    different: list[Dataset] = []
    for item in items:
        if item not in different:
            different.append(copy.deepcopy(item))
    return different


def _sourceItem(source: Dose) -> Dataset:
    item = itemFromReference(InstanceReference(source.sopClassUID, source.sopInstanceUID))
    item.PurposeOfReferenceCodeSequence = [itemFromCode(SOURCE_DOSE)]
    return item


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


def _addPixels(dataset: Dataset, dose: DoseContent) -> None:
    """Values as whole multiples of Dose Grid Scaling."""
    if dose.bits not in BITS:
        raise ValueError(f"expected {BITS} bits, got {dose.bits}")
    values, isSigned = dose.volume.values, _isSigned(dose)
    stored = np.dtype(f"<{'i' if isSigned else 'u'}{dose.bits // 8}")
    scaling = _roundedUp(float(np.abs(values).max()) / np.iinfo(stored).max or 1.0)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = values.shape[1:]
    dataset.BitsAllocated = dataset.BitsStored = dose.bits
    dataset.HighBit = dose.bits - 1
    dataset.PixelRepresentation = int(isSigned)
    dataset.DoseGridScaling = scaling
    counts = np.rint(values.astype(float) / float(scaling)).astype(stored)
    dataset.PixelData = counts.tobytes()


def _roundedUp(value: float) -> str:
    """The shortest step above `value` that 16 characters hold, or `value` itself."""
    text, tried = decimalString(value), value
    while float(text) < value:
        tried *= 1 + 1e-12
        text = decimalString(tried)
    return text
