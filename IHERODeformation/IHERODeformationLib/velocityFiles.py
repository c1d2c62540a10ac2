"""Displacement fields of Velocity (.bdf), which hold neither a place nor an orientation."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.lattice import Lattice

from .fieldContent import FieldContent, gridStep

ASSUMPTION = "Velocity .bdf: LPS mm, first node and axes of the fixed image"
HEADER = 24  # bytes: 3 sizes, uint32, and 3 spacings in mm, float32, little endian
VECTOR = 12


def isVelocity(path: Path, beginning: bytes) -> bool:
    """Whether the file is called .bdf."""
    return path.suffix.lower() == ".bdf"


def fieldFromVelocity(path: Path, fixed: Lattice) -> FieldContent:
    """The vectors of a .bdf file, mm, i fastest, on nodes that begin at the first voxel of the
    fixed image and follow its axes.

    Raises
        MalformedObjectError: the size of the file is not what its header says.

    Source
        read by others as this; no definition by the manufacturer is known
    """
    try:
        with path.open("rb") as file:
            found = path.stat().st_size
            header = file.read(HEADER).ljust(HEADER, b"\0")
            size = [int(one) for one in np.frombuffer(header, "<u4", 3)]
            spacing = np.frombuffer(header, "<f4", 3, 12).astype(float)
            expected = HEADER + VECTOR * math.prod(size)
            if found != expected or min(size) < 1:
                raise MalformedObjectError(
                    f"expected {expected} bytes for {' × '.join(map(str, size))} vectors, found "
                    f"{found}: {path}"
                )
            if not (np.isfinite(spacing).all() and spacing.min() > 0):
                raise MalformedObjectError(f"expected 3 spacings in mm, found {spacing}: {path}")
            vectors = np.fromfile(file, "<f4").reshape(*size[::-1], 3)
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        step, remarks = gridStep(vectors, fixed.origin, fixed.directions, spacing)
    except MalformedObjectError as error:
        raise MalformedObjectError(f"{error}: {path}") from None
    return FieldContent((step,), remarks, ASSUMPTION)
