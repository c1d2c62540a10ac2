"""Known departures of Spatial Registration objects from the standard: how each is recognized, how
it is read, where it was seen.

A row yields one note per place. Rows marked `repaired` make strict reading refuse the object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pydicom import Dataset

from .decimalStrings import LONGEST_DECIMAL_STRING, decimalStrings
from .macros import text
from .notes import Note

MATRIX = "FrameOfReferenceTransformationMatrix"

Recognizer = Callable[[Dataset], Iterator[tuple[str, str]]]  # object → location, value found


@dataclass(frozen=True)
class Dialect:
    """One departure: its name, recognizer, how it is read, whether that is a repair, its source."""

    name: str
    recognize: Recognizer
    reading: str
    repaired: bool
    source: str


def dialectNotes(dataset: Dataset, dialects: Iterable[Dialect]) -> tuple[Note, ...]:
    """A note for each place where one of the `dialects` is met in an object."""
    return tuple(
        Note(dialect.name, location, found, dialect.reading, dialect.repaired)
        for dialect in dialects
        for location, found in dialect.recognize(dataset)
    )


def registrationItems(dataset: Dataset) -> Iterator[tuple[Dataset, str]]:
    """The items of Registration Sequence, each with its path."""
    for number, item in enumerate(dataset.get("RegistrationSequence") or (), start=1):
        yield item, f"RegistrationSequence[{number}]"


def matrixItems(item: Dataset, location: str) -> list[tuple[Dataset, str]]:
    """The data sets that hold the matrices of a registration item, with their paths, in order.

    Empty if there are none. Where Matrix Sequence is missing, the matrix is taken from Matrix
    Registration Sequence itself.
    """
    found = []
    for number, group in enumerate(item.get("MatrixRegistrationSequence") or (), start=1):
        here = f"{location}/MatrixRegistrationSequence[{number}]"
        if "MatrixSequence" not in group and MATRIX in group:
            found.append((group, here))
        for place, matrix in enumerate(group.get("MatrixSequence") or (), start=1):
            found.append((matrix, f"{here}/MatrixSequence[{place}]"))
    return found


def noTransferSyntax(dataset: Dataset) -> Iterator[tuple[str, str]]:
    meta = getattr(dataset, "file_meta", None)
    if meta is not None and not text(meta, "TransferSyntaxUID"):
        yield "TransferSyntaxUID", "no value in the file header"


def _matrixWithoutSequence(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for item, location in registrationItems(dataset):
        for holder, path in matrixItems(item, location):
            if not path.rpartition("/")[2].startswith("MatrixSequence") and MATRIX in holder:
                yield f"{path}/{MATRIX}", "a matrix without Matrix Sequence"


def _methodOneLevelTooHigh(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for item, location in registrationItems(dataset):
        if item.get("RegistrationTypeCodeSequence"):
            yield f"{location}/RegistrationTypeCodeSequence", "the code in the registration item"


def _emptyImageSequence(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for item, location in registrationItems(dataset):
        if "ReferencedImageSequence" in item and not item.ReferencedImageSequence:
            yield f"{location}/ReferencedImageSequence", "no items"


def _noMatrixType(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for item, location in registrationItems(dataset):
        for holder, path in matrixItems(item, location):
            if not text(holder, f"{MATRIX}Type"):
                yield f"{path}/{MATRIX}Type", "no value"


def _unknownMatrixType(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for item, location in registrationItems(dataset):
        for holder, path in matrixItems(item, location):
            declared = text(holder, f"{MATRIX}Type")
            if declared and declared not in ("RIGID", "RIGID_SCALE", "AFFINE"):
                yield f"{path}/{MATRIX}Type", declared[:40]


def _longDecimalStrings(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for item, location in registrationItems(dataset):
        for holder, path in matrixItems(item, location):
            longest = max((len(one) for one in decimalStrings(holder, MATRIX)), default=0)
            if longest > LONGEST_DECIMAL_STRING:
                yield f"{path}/{MATRIX}", f"a value of {longest} characters"


def imagesDirectlyUnderSeries(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for number, series in enumerate(dataset.get("ReferencedSeriesSequence") or (), start=1):
        if "ReferencedInstanceSequence" not in series and series.get("ReferencedImageSequence"):
            yield (
                f"ReferencedSeriesSequence[{number}]/ReferencedImageSequence",
                "images where Referenced Instance Sequence belongs",
            )


def retiredRelationship(dataset: Dataset) -> Iterator[tuple[str, str]]:
    if dataset.get("FrameOfReferenceRelationshipSequence"):
        yield "FrameOfReferenceRelationshipSequence", "a retired sequence"


def _invertedExporter(dataset: Dataset) -> Iterator[tuple[str, str]]:
    producer = " ".join(
        text(dataset, keyword) for keyword in ("Manufacturer", "ManufacturerModelName")
    )
    known = any(name in producer.lower() for name in ("slicer", "plastimatch"))
    if known and "ihero" not in producer.lower():
        yield "Manufacturer", producer[:40]


# fmt: off
DIALECTS = (
    #       name                            recognize                    reading                                                                       repaired  source
    Dialect("no transfer syntax",           noTransferSyntax,            "read as the byte layout that the data show",                                  True,  "OnkoDICOM 2025"),
    Dialect("matrix without its sequence",  _matrixWithoutSequence,      "the matrix was read from Matrix Registration Sequence",                       True,  "OnkoDICOM manual fusion"),
    Dialect("method one level too high",    _methodOneLevelTooHigh,      "the code was read from the registration item",                                True,  "pydicomRT before 0.9, OnkoDICOM"),
    Dialect("empty image list",             _emptyImageSequence,         "read as no list: the item covers its whole Frame of Reference",               True,  "allowed by DRRO, not by PS3.3 C.20.2"),
    Dialect("no matrix type",               _noMatrixType,               "the type was found from the values",                                          True,  "Cosylab"),
    Dialect("unknown matrix type",          _unknownMatrixType,          "the type was found from the values",                                          True,  "HOMOGENEOUS belongs to the retired (3006,00C4)"),
    Dialect("long decimal strings",         _longDecimalStrings,         "read with every digit; a decimal string has 16 characters at most",           True,  "pydicomRT 0.9.1, OnkoDICOM"),
    Dialect("images directly under series", imagesDirectlyUnderSeries,   "read as the instances of that series",                                        True,  "OnkoDICOM manual fusion"),
    Dialect("retired frame relationship",   retiredRelationship,         "not used: only Registration Sequence says what maps where",                   False, "retired after PS3.3 2011"),
    Dialect("exporter known to invert",     _invertedExporter,           "applied as stored; check the direction on the images before use",             False, "SlicerRT issue 108, linear transforms"),
)
# fmt: on
