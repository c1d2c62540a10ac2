"""RT Dose as a value: Gy on a lattice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.uid import RTDoseStorage

from .decimalStrings import numbers
from .dicomFile import datasetFromFile
from .doseGrid import DoseGrid, doseGrid
from .dosePixels import storedDose
from .errors import MalformedObjectError
from .lattice import Volume
from .macros import patientFromDataset, referenceFromItem, text
from .notes import Note
from .objectReading import reading, refuseRepairs
from .patient import Patient
from .references import InstanceReference

LARGEST_DOSE = 1e9  # Gy or per unit; more is no dose, and soon no 32-bit number


@dataclass(frozen=True, eq=False)
class Dose:
    """`volume` holds float32 values in `units`: GY, or RELATIVE to what the plan says. `plans` are
    the plans it belongs to. `header` is the data set without its pixels.
    """

    sopInstanceUID: str
    sopClassUID: str
    studyInstanceUID: str
    seriesInstanceUID: str
    patient: Patient
    volume: Volume
    units: str
    doseType: str
    summationType: str
    comment: str
    plans: tuple[InstanceReference, ...]
    header: Dataset
    notes: tuple[Note, ...] = ()

    @property
    def frame(self) -> str:
        return self.volume.frame


def doseFromFile(path: Path, *, strict: bool = False) -> Dose:
    """The dose in a DICOM file. See `doseFromDataset`."""
    return doseFromDataset(datasetFromFile(path), strict=strict)


def doseFromDataset(dataset: Dataset, *, strict: bool = False) -> Dose:
    """The dose in an RT Dose with pixels, on a right-handed lattice.

    Raises
        MalformedObjectError: no value can be made of it, or `strict` is set and it needs a repair.

    Source
        DICOM PS3.3 C.8.8.3
    """
    sopClass = text(dataset, "SOPClassUID")
    if sopClass != RTDoseStorage:
        raise MalformedObjectError(f"expected an RT Dose, found SOP class {sopClass!r}")
    with reading("the dose"):
        dose = _dose(dataset)
    if strict:
        refuseRepairs(dose.notes)
    return dose


def _dose(dataset: Dataset) -> Dose:
    frame = text(dataset, "FrameOfReferenceUID")
    if not frame:
        raise MalformedObjectError("expected a Frame of Reference UID, found none in the dose")
    grid = doseGrid(dataset)
    scaling = _scaling(dataset)
    values = _onLattice(storedDose(dataset, grid.frames), grid) * scaling
    if np.abs(values).max() > LARGEST_DOSE:
        raise MalformedObjectError(
            f"expected doses up to {LARGEST_DOSE:g}, found {np.abs(values).max():g}: the scaling "
            f"{scaling:g} in DoseGridScaling"
        )
    header = Dataset({tag: dataset.get_item(tag) for tag in list(dataset.keys())})
    isImplicit, isLittleEndian = dataset.original_encoding
    header.set_original_encoding(isImplicit, isLittleEndian, dataset.original_character_set)
    del header.PixelData
    return Dose(
        sopInstanceUID=text(dataset, "SOPInstanceUID"),
        sopClassUID=text(dataset, "SOPClassUID"),
        studyInstanceUID=text(dataset, "StudyInstanceUID"),
        seriesInstanceUID=text(dataset, "SeriesInstanceUID"),
        patient=patientFromDataset(dataset),
        volume=Volume(values.astype(np.float32), grid.lattice, frame),
        units=_units(dataset),
        doseType=text(dataset, "DoseType"),
        summationType=text(dataset, "DoseSummationType"),
        comment=text(dataset, "DoseComment"),
        plans=tuple(
            referenceFromItem(item) for item in dataset.get("ReferencedRTPlanSequence") or ()
        ),
        header=header,
        notes=(*grid.notes, *_signNotes(dataset)),
    )


def _scaling(dataset: Dataset) -> float:
    values = numbers(dataset, "DoseGridScaling", "")
    if len(values) != 1 or not values[0] > 0:
        raise MalformedObjectError(
            f"expected one positive number, found {values.tolist()} in DoseGridScaling"
        )
    return float(values[0])


def _units(dataset: Dataset) -> str:
    units = text(dataset, "DoseUnits")
    if units not in ("GY", "RELATIVE"):
        raise MalformedObjectError(f"expected GY or RELATIVE, found {units[:40]!r} in DoseUnits")
    return units


def _signNotes(dataset: Dataset) -> tuple[Note, ...]:
    if text(dataset, "PixelRepresentation") != "1" or text(dataset, "DoseType") == "ERROR":
        return ()
    found = "signed values in a dose that is no error"
    return (
        Note("signed dose", "PixelRepresentation", found, "read with their sign", repaired=False),
    )


def _onLattice(stored: np.ndarray, grid: DoseGrid) -> np.ndarray:
    """The frames as slices of the lattice: in rising order, between two frames interpolated."""
    values = stored[grid.order]
    if np.array_equal(grid.places, np.arange(len(grid.places))):
        return values.astype(float)
    below = np.minimum(np.floor(grid.places).astype(int), len(values) - 2)
    share = (grid.places - below)[:, None, None]
    return values[below] * (1 - share) + values[below + 1] * share
