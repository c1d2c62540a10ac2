"""Known departures of Deformable Spatial Registration objects from the standard, and known habits
of their makers: how each is recognized, how it is read, where it was seen.

A row yields one note per place. Rows marked `repaired` make strict reading refuse the object. What
an object cannot tell, such as the unit of its vectors, is never assumed: it is only remarked.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator

from pydicom import Dataset
from pydicom.dataset import FileDataset
from pydicom.uid import DeformableSpatialRegistrationStorage

from IHERORegistrationLib.decimalStrings import LONGEST_DECIMAL_STRING, decimalStrings
from IHERORegistrationLib.dialects import (
    MATRIX,
    Dialect,
    imagesDirectlyUnderSeries,
    noTransferSyntax,
    retiredRelationship,
)
from IHERORegistrationLib.gridElement import VECTORS
from IHERORegistrationLib.macros import text
from IHERORegistrationLib.vectorContent import VECTOR_BYTES

from .splineGrid import COARSE_GRID

METHOD = "RegistrationTypeCodeSequence"
PRE, POST = "PreDeformationMatrixRegistrationSequence", "PostDeformationMatrixRegistrationSequence"
GRID = "DeformableRegistrationGridSequence"
MATRIX_SEQUENCES = (PRE, POST)
LARGE_GRID = 100e6  # bytes


def deformableItems(dataset: Dataset) -> Iterator[tuple[Dataset, str]]:
    """The items of Deformable Registration Sequence, each with its path."""
    for number, item in enumerate(dataset.get("DeformableRegistrationSequence") or (), start=1):
        yield item, f"DeformableRegistrationSequence[{number}]"


def gridItems(item: Dataset, location: str) -> Iterator[tuple[Dataset, str]]:
    """The grids of a registration item, each with its path."""
    for number, grid in enumerate(item.get(GRID) or (), start=1):
        yield grid, f"{location}/{GRID}[{number}]"


def methodItems(item: Dataset, location: str) -> Iterator[tuple[Dataset, str]]:
    """What may hold the code of the registration type, with its path: the item of its sequence,
    and the places where it was met instead.
    """
    for number, one in enumerate(item.get(METHOD) or (), start=1):
        yield one, f"{location}/{METHOD}[{number}]"
    for keyword in (*MATRIX_SEQUENCES, "MatrixRegistrationSequence"):
        for number, holder in enumerate(item.get(keyword) or (), start=1):
            for one in holder.get(METHOD) or ():
                yield one, f"{location}/{keyword}[{number}]/{METHOD}[1]"
    if text(item, "CodeValue"):
        yield item, f"{location}/CodeValue"


def _matrices(dataset: Dataset) -> Iterator[tuple[Dataset, str]]:
    for item, location in deformableItems(dataset):
        for keyword in MATRIX_SEQUENCES:
            for number, holder in enumerate(item.get(keyword) or (), start=1):
                yield holder, f"{location}/{keyword}[{number}]"


def _grids(dataset: Dataset) -> Iterator[tuple[Dataset, str]]:
    for item, location in deformableItems(dataset):
        yield from gridItems(item, location)


def _producer(dataset: Dataset) -> str:
    keywords = ("Manufacturer", "ManufacturerModelName")
    return " ".join(filter(None, (text(dataset, keyword) for keyword in keywords)))


def _isOf(dataset: Dataset, *names: str) -> bool:
    words = _producer(dataset).lower().replace(",", " ").split()
    return any(word.startswith(name) for name in names for word in words)


def _otherClass(dataset: Dataset) -> Iterator[tuple[str, str]]:
    found = text(dataset, "SOPClassUID")
    if found != DeformableSpatialRegistrationStorage:
        yield "SOPClassUID", found[:64] or "no value"


def _unorderedTags(dataset: Dataset) -> Iterator[tuple[str, str]]:
    if not isinstance(dataset, FileDataset):
        return  # only a file has an order
    holders = [(dataset, ""), *deformableItems(dataset), *_grids(dataset)]
    for holder, location in holders:
        tags = list(holder.keys())
        late = next((b for a, b in itertools.pairwise(tags) if b < a), None)
        if late is not None:
            yield location or "the data set", f"{late} after a higher tag"


def _largeGrid(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for grid, location in _grids(dataset):
        size = grid.get("GridDimensions")
        if not isinstance(size, Iterable):
            continue
        count = math.prod(int(n) for n in size)
        if count * VECTOR_BYTES >= LARGE_GRID:
            shown = " × ".join(str(n) for n in size)
            yield f"{location}/{VECTORS}", f"{shown} nodes, {count * VECTOR_BYTES / 1e6:.0f} MB"


def _vectorsInVoxels(dataset: Dataset) -> Iterator[tuple[str, str]]:
    if _isOf(dataset, "imsim"):
        yield "Manufacturer", _producer(dataset)[:40]


def _rigidInVectors(dataset: Dataset) -> Iterator[tuple[str, str]]:
    if _isOf(dataset, "mim"):
        yield "Manufacturer", _producer(dataset)[:40]


def _otherOrder(dataset: Dataset) -> Iterator[tuple[str, str]]:
    if _isOf(dataset, "velocity", "varian", "eclipse", "aria"):
        for item, location in deformableItems(dataset):
            if item.get(PRE) and item.get(GRID):
                yield (
                    f"{location}/{PRE}[1]",
                    f"a matrix before the vectors, {_producer(dataset)[:40]}",
                )


def _oneItem(dataset: Dataset) -> Iterator[tuple[str, str]]:
    if len(list(deformableItems(dataset))) == 1:
        yield "DeformableRegistrationSequence", "1 item"


def _vectorsAsBytes(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for grid, location in _grids(dataset):
        vr = grid.get_item(VECTORS).VR if VECTORS in grid else None
        if vr not in (None, "OF"):
            yield f"{location}/{VECTORS}", f"VR {vr}"


def _noMatrixType(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for holder, location in _matrices(dataset):
        if MATRIX in holder and not text(holder, f"{MATRIX}Type"):
            yield f"{location}/{MATRIX}Type", "no value"


def _unknownMatrixType(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for holder, location in _matrices(dataset):
        declared = text(holder, f"{MATRIX}Type")
        if declared and declared not in ("RIGID", "RIGID_SCALE", "AFFINE"):
            yield f"{location}/{MATRIX}Type", declared[:40]


def _longDecimalStrings(dataset: Dataset) -> Iterator[tuple[str, str]]:
    grids = [(grid, location, "Image") for grid, location in _grids(dataset)]
    matrices = [(holder, location, MATRIX) for holder, location in _matrices(dataset)]
    for holder, location, kind in (*matrices, *grids):
        keywords = (
            (MATRIX,) if kind == MATRIX else ("ImagePositionPatient", "ImageOrientationPatient")
        )
        for keyword in keywords:
            longest = max((len(one) for one in decimalStrings(holder, keyword)), default=0)
            if longest > LONGEST_DECIMAL_STRING:
                yield f"{location}/{keyword}", f"a value of {longest} characters"


def _methodElsewhere(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for item, location in deformableItems(dataset):
        for _, path in methodItems(item, location):
            if path != f"{location}/{METHOD}[1]":
                yield path, "the code of the registration type"


def _emptyMethod(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for item, location in deformableItems(dataset):
        for one, path in methodItems(item, location):
            if not text(one, "CodeValue"):
                yield path, "an item without a code"


def _emptyMatrixSequence(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for item, location in deformableItems(dataset):
        for keyword in (*MATRIX_SEQUENCES, GRID):
            if keyword in item and not item.get(keyword):
                yield f"{location}/{keyword}", "no items"


def _coarseGrid(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for grid, location in _grids(dataset):
        spacing = grid.get("GridResolution")
        if not isinstance(spacing, Iterable):
            continue
        widest = max((float(one) for one in spacing), default=0.0)
        if widest > COARSE_GRID:
            yield f"{location}/GridResolution", f"{widest:g} mm between nodes"


def _emptyImageSequence(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for item, location in deformableItems(dataset):
        if "ReferencedImageSequence" in item and not item.ReferencedImageSequence:
            yield f"{location}/ReferencedImageSequence", "no items"


def _exporterKnownToInvert(dataset: Dataset) -> Iterator[tuple[str, str]]:
    if _isOf(dataset, "slicer") and not _isOf(dataset, "ihero"):
        yield "Manufacturer", _producer(dataset)[:40]


# fmt: off
DIALECTS = (
    #       name                            recognize                    reading                                                                                    repaired  source
    Dialect("no transfer syntax",           noTransferSyntax,            "read as the byte layout that the data show",                                              True,  "OnkoDICOM 2025"),
    Dialect("deformation in another class", _otherClass,                 "read by its content as a Deformable Spatial Registration",                                True,  "ImSimQA, the TG-132 data"),
    Dialect("unordered tags",               _unorderedTags,              "read in the order of the file",                                                           True,  "ImSimQA, the TG-132 data"),
    Dialect("large grid",                   _largeGrid,                  "left in the file until it is needed; a vector per voxel is seldom worth its size",         False, "ImSimQA, 443 MB"),
    Dialect("maybe vectors in voxels",      _vectorsInVoxels,            "read as mm, as the standard says; this maker is known to have written voxels",             False, "ImSimQA, confirmed by its vendor in 2023"),
    Dialect("maybe rigid part in vectors",  _rigidInVectors,             "applied as stored; a rigid registration of the same images would move them twice",         False, "MIM 6.8"),
    Dialect("other readers use M(x + v)",   _otherOrder,                 "read as M x + v, as the standard says; compare both on the images",                        False, "two readers of Velocity and Eclipse objects"),
    Dialect("exporter known to swap",       _exporterKnownToInvert,      "applied as stored; check the direction on the images before use",                          False, "SlicerRT, wired from source to registered"),
    Dialect("one item",                     _oneItem,                    "the Frame of Reference UID of the object names the registered frame",                      False, "Eclipse, plastimatch, pydicomRT"),
    Dialect("vectors as bytes",             _vectorsAsBytes,             "read as 32-bit floating point numbers, little endian",                                    True,  "Eclipse, ARIA"),
    Dialect("no matrix type",               _noMatrixType,               "the type was found from the values",                                                      True,  "Cosylab"),
    Dialect("unknown matrix type",          _unknownMatrixType,          "the type was found from the values",                                                      True,  "HOMOGENEOUS belongs to the retired (3006,00C4)"),
    Dialect("long decimal strings",         _longDecimalStrings,         "read with every digit; a decimal string has 16 characters at most",                        True,  "pydicomRT 0.9.1"),
    Dialect("method elsewhere",             _methodElsewhere,            "the code was read from where it is",                                                      True,  "pydicomRT before 0.9; DRRO prints its parts at one level"),
    Dialect("method without a code",        _emptyMethod,                "read as no method",                                                                       True,  "plastimatch 1.9.4"),
    Dialect("empty sequence",               _emptyMatrixSequence,        "read as absent",                                                                          True,  "PS3.3 C.20.3: one item where present"),
    Dialect("maybe spline coefficients",    _coarseGrid,                 "read as vectors, as the standard says; control points of a spline were stored so",         False, "an XNAT tool"),
    Dialect("empty image list",             _emptyImageSequence,         "read as no list: the item covers its whole Frame of Reference",                           True,  "allowed by DRRO, not by PS3.3 C.20.3"),
    Dialect("images directly under series", imagesDirectlyUnderSeries,   "read as the instances of that series",                                                    True,  "OnkoDICOM manual fusion"),
    Dialect("retired frame relationship",   retiredRelationship,         "not used: only Deformable Registration Sequence says what maps where",                    False, "retired after PS3.3 2011"),
)
# fmt: on
