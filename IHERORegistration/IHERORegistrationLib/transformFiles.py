"""Transforms made elsewhere, as the matrix that takes moving points to fixed points (LPS, mm)."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import numpy as np

from .errors import DeformableContentError, MalformedObjectError, NotInvertibleError
from .geometry import LARGEST_ELEMENT, SMALLEST_DETERMINANT, determinant, inverted
from .itkTransformFiles import itkKind, itkTransform, matrixOf, parts
from .matrixText import matrixFromText

LARGEST_FILE = 1 << 20  # bytes; a hundred matrices fit, a displacement field does not


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
    kind = itkKind(content)
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
    requireProper(matrix, path)
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
        f"expected a matrix, found {found}, for a Deformable Spatial Registration: {path}"
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
    transform = itkTransform(content, kind, path)
    if not transform.IsLinear():
        names = sorted({one.GetName() for one in parts(transform) if not one.IsLinear()})
        raise _deformable(path, f"ITK's {', '.join(names)}")
    return matrixOf(transform)


def requireProper(matrix: np.ndarray, path: Path) -> None:
    """Raise unless `matrix`, shape (4, 4), is one that can move a patient.

    Raises
        MalformedObjectError: its numbers are not finite, or immense.
        NotInvertibleError: it is singular or a mirror.
    """
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
