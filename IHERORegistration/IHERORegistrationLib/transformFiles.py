"""Transforms made elsewhere, as the matrix that takes moving points to fixed points (LPS, mm)."""

from __future__ import annotations

import os
import re
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .errors import DeformableContentError, MalformedObjectError, NotInvertibleError
from .geometry import LARGEST_ELEMENT, SMALLEST_DETERMINANT, determinant, inverted
from .matrixText import matrixFromText

if TYPE_CHECKING:
    import SimpleITK as sitk

LARGEST_FILE = 1 << 20  # bytes; a hundred matrices fit, a displacement field does not

ITK_TEXT = b"#Insight Transform File"
HDF5 = b"\x89HDF\r\n\x1a\n"
COMPOSITE = "CompositeTransform"
# fmt: off
_ITK_SUFFIXES = {  # by which ITK chooses its reader, whatever the file is called
    "text":   ".tfm",
    "HDF5":   ".h5",
    "Matlab": ".mat",
}
# fmt: on


class Maps(StrEnum):
    """Which points a matrix takes where."""

    MOVING_TO_FIXED = "moving-to-fixed"
    FIXED_TO_MOVING = "fixed-to-moving"


def movingToFixedFromFile(path: Path, maps: Maps | None = None) -> np.ndarray:
    """The matrix in a file, shape (4, 4), LPS mm: takes moving points to fixed points.

    ITK's files (.tfm, .txt, .h5, .mat, also those that Slicer writes) map fixed points to moving
    points by definition; a matrix in text has no direction of its own and needs `maps`. What a
    file is, its content tells.

    Raises
        DeformableContentError: the file holds a displacement field or another transform that is
        no matrix.
        MalformedObjectError: there is no such file, it holds no or several 3-D transforms, not
        finite numbers; or its direction is unknown or contradicted.
        NotInvertibleError: the matrix is singular or a mirror.
    """
    content, isWhole = _content(path)
    kind = _itkKind(content)
    if not isWhole:
        _refuseLarge(path, kind)
    if kind is None:
        _refuseImages(content, path)
        matrix = matrixFromText(_text(content, path), str(path))
        if maps is None:
            raise MalformedObjectError(
                f"a matrix in text does not say which way it maps: {Maps.MOVING_TO_FIXED} or "
                f"{Maps.FIXED_TO_MOVING} has to be named: {path}"
            )
    else:
        if maps is Maps.MOVING_TO_FIXED:
            raise MalformedObjectError(
                f"ITK transform files map fixed to moving points, not {maps}: {path}"
            )
        maps = Maps.FIXED_TO_MOVING
        matrix = _matrixFromITK(content, kind, path)
    _requireProper(matrix, path)
    return inverted(matrix) if maps is Maps.FIXED_TO_MOVING else matrix


def _content(path: Path) -> tuple[bytes, bool]:
    """The beginning of the file, and whether that is all of it."""
    if not path.is_file():
        raise MalformedObjectError(f"expected a transform file, found none: {path}")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror or error}") from error
    if not content:
        raise MalformedObjectError(f"expected a transform file, found 0 bytes: {path}")
    return content, len(content) <= LARGEST_FILE


def _itkKind(content: bytes) -> str | None:
    if content.startswith(ITK_TEXT):
        return "text"
    if content.startswith(HDF5):
        return "HDF5"
    if re.match(rb"[\x00-\xff]{20}[A-Za-z0-9]+Transform_(double|float)_", content):
        return "Matlab"
    return None


def _refuseLarge(path: Path, kind: str | None) -> None:
    if kind is not None:
        raise _deformable(path, f"{path.stat().st_size} bytes, more than matrices need")
    with path.open("rb") as file:
        _refuseImages(file.read(LARGEST_FILE), path)
    raise MalformedObjectError(
        f"expected a transform file, found {path.stat().st_size} bytes of something else: {path}"
    )


def _refuseImages(content: bytes, path: Path) -> None:
    """Raise if the content is an image, in which a displacement field would be stored."""
    niftiMagic = content[344:348] in (b"n+1\0", b"ni1\0") or content[4:8] in (b"n+2\0", b"ni2\0")
    if (
        content.startswith((b"NRRD", b"ObjectType", b"NDims", b"\x1f\x8b"))
        or niftiMagic
        or path.name.endswith((".nii.gz", ".nii", ".nrrd", ".mha", ".mhd"))
    ):
        raise _deformable(path, "an image, as displacement fields are stored in")
    if content[128:132] == b"DICM":
        raise MalformedObjectError(f"expected a transform file, found a DICOM file: {path}")


def _deformable(path: Path, found: str) -> DeformableContentError:
    return DeformableContentError(
        f"expected a matrix, found {found}; deformable transforms are not supported yet, they "
        f"need a Deformable Spatial Registration: {path}"
    )


def _text(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedObjectError(
            f"expected a transform file or a matrix in text, found something else: {path}"
        ) from None


def _matrixFromITK(content: bytes, kind: str, path: Path) -> np.ndarray:
    """The matrix as ITK maps points: fixed to moving."""
    transform = _transform(content, kind, path)
    transforms = list(_tree(transform))
    if transform.GetDimension() != 3:
        raise MalformedObjectError(
            f"expected a 3-D transform, found {transform.GetDimension()} dimensions: {path}"
        )
    if not transform.IsLinear():
        names = sorted({one.GetName() for one in transforms if not one.IsLinear()} - {COMPOSITE})
        raise _deformable(path, f"ITK's {', '.join(names)}")
    _requireEverything(content, transforms, path)
    if kind == "text":
        _requireLines(content, transforms, path)
    elif kind == "Matlab":
        _requireVariables(content, path)
    matrix = np.eye(4)
    matrix[:3, 3] = transform.TransformPoint((0.0, 0.0, 0.0))
    for axis in range(3):
        moved = np.array(transform.TransformPoint(np.eye(3)[axis].tolist()))
        matrix[:3, axis] = moved - matrix[:3, 3]
    return matrix


def _transform(content: bytes, kind: str, path: Path) -> sitk.Transform:
    import SimpleITK as sitk

    with tempfile.TemporaryDirectory() as folder, _quietLibraries():
        copy = Path(folder) / f"transform{_ITK_SUFFIXES[kind]}"
        copy.write_bytes(content)
        try:
            return sitk.ReadTransform(str(copy))
        except RuntimeError as error:
            found = re.search(r"ITK ERROR: (?:\w+\([^)]*\): )?(.*)", str(error))
            reason = found[1].strip() if found and str(copy) not in found[1] else "ITK cannot"
            raise MalformedObjectError(
                f"cannot read the ITK transform ({kind}): {reason}: {path}"
            ) from None


@contextmanager
def _quietLibraries() -> Iterator[None]:
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


def _requireEverything(content: bytes, transforms: list[sitk.Transform], path: Path) -> None:
    """Raise if the file has more transforms, or more parameters, than ITK takes from it."""
    import SimpleITK as sitk

    if all(one.GetName() == COMPOSITE for one in transforms):
        raise MalformedObjectError(f"expected a transform, found an empty composite: {path}")
    named = len(re.findall(rb"Transform_(?:double|float)_", content))
    if named != len(transforms):
        raise MalformedObjectError(
            f"expected one transform or a composite of several, found {named} transforms of which "
            f"ITK takes {len(transforms)}: {path}"
        )
    for one in transforms:
        if one.GetName() == COMPOSITE:
            continue
        found = len(one.GetParameters())
        expected = len(sitk.Transform(3, one.GetTransformEnum()).GetParameters())
        if found != expected:
            raise MalformedObjectError(
                f"expected {expected} parameters of {one.GetName()}, found {found}: {path}"
            )


def _requireLines(content: bytes, transforms: list[sitk.Transform], path: Path) -> None:
    """Raise if a transform lacks its lines in an ITK text file, for which ITK takes the identity,
    or the last line has no end: a number may be cut.
    """
    if not content.endswith(b"\n"):
        raise MalformedObjectError(f"truncated: expected a line end at the end of the file: {path}")
    expected = sum(one.GetName() != COMPOSITE for one in transforms)
    for line in (b"Parameters", b"FixedParameters"):
        found = len(re.findall(rb"^" + line + rb":", content, re.MULTILINE))
        if found != expected:
            raise MalformedObjectError(
                f"expected {expected} lines {line.decode()}, found {found}: {path}"
            )


def _requireVariables(content: bytes, path: Path) -> None:
    """Raise unless a Matlab file (level 4) holds pairs of whole variables: ITK takes parameters
    that are cut off for zeros.
    """
    at, variables = 0, 0
    while at < len(content):
        header = content[at : at + 20].ljust(20, b"\xff")  # cut off: negative counts
        kind, rows, columns, _, name = struct.unpack("<5l", header)
        if min(rows, columns, name) < 0:
            break
        at += len(header) + name + rows * columns * (4 if kind // 10 % 10 == 1 else 8)
        variables += 1
    if at != len(content) or variables % 2:
        raise MalformedObjectError(f"truncated: expected whole pairs of variables: {path}")


def _requireProper(matrix: np.ndarray, path: Path) -> None:
    if not np.isfinite(matrix).all():
        raise MalformedObjectError(f"expected finite numbers, found others: {path}")
    largest = np.abs(matrix).max()
    if largest > LARGEST_ELEMENT:
        raise MalformedObjectError(
            f"expected elements of a matrix up to {LARGEST_ELEMENT:g}, found {largest:g}: {path}"
        )
    volume = determinant(matrix)
    if not volume > SMALLEST_DETERMINANT:
        kind = "mirror" if volume < -SMALLEST_DETERMINANT else "singular matrix"
        raise NotInvertibleError(
            f"expected a proper matrix, found a {kind} (determinant {volume:.3g}): {path}"
        )
