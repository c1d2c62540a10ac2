"""Transform files of ITK: read by ITK, but refused where it would fill in what is missing."""

from __future__ import annotations

import math
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from mmap import mmap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .errors import MalformedObjectError

if TYPE_CHECKING:
    import SimpleITK as sitk

ITK_TEXT = b"#Insight Transform File"
HDF5 = b"\x89HDF\r\n\x1a\n"
COMPOSITE = "CompositeTransform"
GRIDS = frozenset({"DisplacementFieldTransform", "BSplineTransform"})
PIECE = 1 << 20  # numbers of an HDF5 file looked at once
NOT_UNIT = 1e-3  # of the length of an axis
GRID_VALUES = 18  # size, origin, spacing, directions: the fixed parameters of a grid in 3-D
# fmt: off
_SUFFIXES = {  # by which ITK chooses its reader, whatever the file is called
    "text":   (".tfm", ".txt"),
    "HDF5":   (".h5", ".hdf5"),
    "Matlab": (".mat",),
}
_BYTES_PER_NUMBER = {  # least that a parameter takes
    "text":   2,
    "HDF5":   4 / 1000,  # ITK can compress them
    "Matlab": 4,
}
# fmt: on


def itkKind(content: bytes | mmap) -> str | None:
    """What kind of ITK's transform files begins like `content`; None: none."""
    if content[: len(ITK_TEXT)] == ITK_TEXT:
        return "text"
    if content[: len(HDF5)] == HDF5:
        return "HDF5"
    if re.match(rb"[\x00-\xff]{20}[A-Za-z0-9]+Transform_(double|float)_", content[:200]):
        return "Matlab"
    return None


def itkTransform(content: bytes | mmap, kind: str, path: Path) -> sitk.Transform:
    """The one transform in a file of that kind, whose whole content is given: takes fixed points
    to moving points, LPS mm.

    Raises
        MalformedObjectError: it is truncated, holds no or several transforms, or one that is not
        3-D or not whole.
    """
    _requireGridsThatFit(content, kind, path)
    transform = _read(kind, path)
    if transform.GetDimension() != 3:
        raise MalformedObjectError(
            f"expected a 3-D transform, found {transform.GetDimension()} dimensions: {path}"
        )
    transforms = list(_tree(transform))
    _requireEverything(content, transforms, path)
    if kind == "text":
        _requireLines(content, transforms, path)
    elif kind == "Matlab":
        _requireVariables(content, path)
    return transform


def parts(transform: sitk.Transform) -> Iterator[sitk.Transform]:
    """The transforms that a composite is made of, the one first that takes the points first; of
    another transform, itself.
    """
    import SimpleITK as sitk

    if not isinstance(transform, sitk.CompositeTransform):
        yield transform
        return
    for number in reversed(range(transform.GetNumberOfTransforms())):
        yield from parts(transform.GetNthTransform(number))


def matrixOf(transform: sitk.Transform) -> np.ndarray:
    """A linear transform as matrix, shape (4, 4)."""
    matrix = np.eye(4)
    matrix[:3, 3] = transform.TransformPoint((0.0, 0.0, 0.0))
    for axis in range(3):
        moved = np.array(transform.TransformPoint(np.eye(3)[axis].tolist()))
        matrix[:3, axis] = moved - matrix[:3, 3]
    return matrix


def _read(kind: str, path: Path) -> sitk.Transform:
    import SimpleITK as sitk

    with tempfile.TemporaryDirectory() as folder, quietLibraries():
        file = path
        if path.suffix not in _SUFFIXES[kind]:
            file = Path(folder) / f"transform{_SUFFIXES[kind][0]}"
            shutil.copyfile(path, file)
        try:
            return sitk.ReadTransform(str(file))
        except (RuntimeError, UnicodeDecodeError) as error:  # its message may quote the file
            found = re.search(r"ITK ERROR: (?:\w+\([^)]*\): )?(.*)", str(error))
            reason = found[1].strip() if found and str(file) not in found[1] else "ITK cannot"
            raise MalformedObjectError(
                f"cannot read the ITK transform ({kind}): {reason}: {path}"
            ) from None


@contextmanager
def quietLibraries() -> Iterator[None]:
    """Keep what HDF5 and ITK print about a file they cannot read from standard error."""
    try:
        keep = os.dup(2)
    except OSError:  # a windowed application without standard error
        yield
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(keep, 2)
        os.close(keep)


def _tree(transform: sitk.Transform) -> Iterator[sitk.Transform]:
    """The transform and, if it is a composite, all that it is made of."""
    import SimpleITK as sitk

    yield transform
    if isinstance(transform, sitk.CompositeTransform):
        for number in range(transform.GetNumberOfTransforms()):
            yield from _tree(transform.GetNthTransform(number))


def _requireEverything(content: bytes | mmap, transforms: list[sitk.Transform], path: Path) -> None:
    """Raise if the file has more transforms, or more parameters, than ITK takes from it."""
    import SimpleITK as sitk

    if all(one.GetName() == COMPOSITE for one in transforms):
        raise MalformedObjectError(f"expected a transform, found an empty composite: {path}")
    named = sum(1 for _ in re.finditer(rb"Transform_(?:double|float)_", content))
    if named != len(transforms):
        raise MalformedObjectError(
            f"expected one transform or a composite of several, found {named} transforms of which "
            f"ITK takes {len(transforms)}: {path}"
        )
    for one in transforms:
        if one.GetName() == COMPOSITE:
            continue
        found = one.GetNumberOfParameters()
        if one.GetName() in GRIDS:
            expected = 3 * math.prod(int(size) for size in one.GetFixedParameters()[:3])
        else:
            expected = sitk.Transform(3, one.GetTransformEnum()).GetNumberOfParameters()
        if found != expected:
            raise MalformedObjectError(
                f"expected {expected} parameters of {one.GetName()}, found {found}: {path}"
            )


def _requireLines(content: bytes | mmap, transforms: list[sitk.Transform], path: Path) -> None:
    """Raise if a transform lacks its lines in an ITK text file, for which ITK takes the identity,
    or the last line has no end: a number may be cut.
    """
    if content[-1:] != b"\n":
        raise MalformedObjectError(f"truncated: expected a line end at the end of the file: {path}")
    expected = sum(one.GetName() != COMPOSITE for one in transforms)
    for line in (b"Parameters", b"FixedParameters"):
        found = sum(1 for _ in re.finditer(rb"^" + line + rb":", content, re.MULTILINE))
        if found != expected:
            raise MalformedObjectError(
                f"expected {expected} lines {line.decode()}, found {found}: {path}"
            )


def _requireVariables(content: bytes | mmap, path: Path) -> None:
    """Raise unless a Matlab file (level 4) holds pairs of whole variables: ITK takes parameters
    that are cut off for zeros.
    """
    end, count = 0, 0
    for count, (_, end, _) in enumerate(_variables(content), start=1):  # noqa: B007
        pass
    if end != len(content) or count % 2:
        raise MalformedObjectError(f"truncated: expected whole pairs of variables: {path}")


def _variables(content: bytes | mmap) -> Iterator[tuple[int, int, str]]:
    """Where the values of each variable of a Matlab file begin and end, and their type, as far as
    the headers make sense.
    """
    at = 0
    while at < len(content):
        header = content[at : at + 20].ljust(20, b"\xff")  # cut off: negative counts
        kind, rows, columns, _, name = struct.unpack("<5l", header)
        if min(rows, columns, name) < 0:
            break
        isFloat = kind // 10 % 10 == 1
        begin = at + len(header) + name
        at = begin + rows * columns * (4 if isFloat else 8)
        yield begin, at, "<f4" if isFloat else "<f8"


def _requireGridsThatFit(content: bytes | mmap, kind: str, path: Path) -> None:
    """Raise if a grid claims more nodes than the file can hold: ITK takes memory for them before
    it looks.
    """
    for size in _gridSizes(content, kind):
        least = 3 * math.prod(map(float, size)) * _BYTES_PER_NUMBER[kind]
        if not least <= len(content):
            shown = " × ".join(f"{one:g}" for one in size)
            raise MalformedObjectError(
                f"expected at least {least:.0f} bytes for a grid of {shown} nodes, found "
                f"{len(content)}: {path}"
            )


def _gridSizes(content: bytes | mmap, kind: str) -> Iterator[Sequence[float]]:
    """The first 3 of whatever looks like the fixed parameters of a grid."""
    if kind == "text":
        for line in re.finditer(rb"^FixedParameters:([^\n]{0,2000})$", content, re.MULTILINE):
            words = line[1].split()
            try:
                if len(words) == GRID_VALUES:
                    yield [float(word) for word in words[:3]]
            except ValueError:
                continue
    elif kind == "Matlab":
        for begin, end, numbers in _variables(content):
            values = np.frombuffer(content[begin : min(end, begin + 200)], "u1")
            if end - begin == GRID_VALUES * np.dtype(numbers).itemsize == len(values):
                yield values.view(numbers)[:3].tolist()
    else:
        yield from _sizesInHDF5(content)


def _sizesInHDF5(content: bytes | mmap) -> Iterator[Sequence[float]]:
    """3 whole numbers, 3 others, 3 positive ones and 3 unit vectors in a row are a grid's."""
    more = GRID_VALUES - 1
    for start in range(0, len(content), 8 * PIECE):
        piece = content[start : start + 8 * (PIECE + more)]
        values = np.frombuffer(piece[: len(piece) // 8 * 8], "<f8")
        count = len(values) - more
        with np.errstate(all="ignore"):
            isSize = (values >= 1) & (values == np.floor(values))
            isSpacing, squares = values > 0, values**2
        if count < 1:
            return
        fits = np.ones(count, bool)
        for axis in range(3):
            fits &= isSize[axis:][:count] & isSpacing[6 + axis :][:count]
            x, y, z = (squares[9 + axis + 3 * row :][:count] for row in range(3))
            with np.errstate(all="ignore"):
                fits &= np.abs(x + y + z - 1) < NOT_UNIT
        for at in np.flatnonzero(fits):
            yield values[at : at + 3].tolist()
