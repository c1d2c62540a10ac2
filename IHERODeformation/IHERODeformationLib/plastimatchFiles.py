"""B-splines in plastimatch's own text format: fixed → moving, LPS mm."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from IHERORegistrationLib.errors import MalformedObjectError

from .fieldContent import FieldContent
from .splineStep import splineStep

MAGIC = b"MGH_GPUIT_BSP"
LARGEST_FILE = 1 << 28  # bytes of text
# fmt: off
HEADER = {  # the lines in their order, and how many numbers each has
    "img_origin": 3, "img_spacing": 3, "img_dim": 3, "roi_offset": 3, "roi_dim": 3,
    "vox_per_rgn": 3, "direction_cosines": 9,
}
# fmt: on


def isPlastimatch(path: Path, beginning: bytes) -> bool:
    """Whether the file begins as plastimatch writes B-splines."""
    return beginning.startswith(MAGIC)


def fieldFromPlastimatch(path: Path) -> FieldContent:
    """A cubic B-spline over an image along the patient's axes.

    Those of oblique images and of parts of an image are refused: what plastimatch 1.10 itself makes
    of them as a vector field is not what the header says.

    Raises
        MalformedObjectError: see above; or it is truncated.

    Source
        compared with the vector fields that plastimatch 1.10 makes of such files
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise MalformedObjectError(f"expected a text file, found {size} bytes: {path}")
        lines = path.read_text("ascii", "replace").splitlines()
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        return _content(lines)
    except MalformedObjectError as error:
        raise MalformedObjectError(f"{error}: {path}") from None


def _content(lines: list[str]) -> FieldContent:
    header: dict[str, np.ndarray] = {"direction_cosines": np.eye(3).ravel()}
    at = 1
    for name, count in HEADER.items():
        found = re.fullmatch(rf"{name}\s*=(.*)", lines[at].strip()) if at < len(lines) else None
        if found is None and name in header:
            continue  # old files do not have it
        header[name] = _numbers(found[1].split() if found else [], name, count)
        at += 1
    if not np.array_equal(header["direction_cosines"], np.eye(3).ravel()):
        raise MalformedObjectError("expected an image along the patient's axes, found another")
    size, voxels = header["img_dim"], header["vox_per_rgn"]
    if header["roi_offset"].any() or not np.array_equal(header["roi_dim"], size):
        raise MalformedObjectError("expected a region that is the whole image, found a part of it")
    if not ((size >= 1) & (voxels >= 1) & (size < 1 << 20) & (voxels < 1 << 20)).all():
        raise MalformedObjectError("expected whole numbers of voxels, found others")
    nodes = [int(one) for one in 4 + (size - 1) // voxels]
    spacing = voxels * header["img_spacing"]
    count = 3 * nodes[0] * nodes[1] * nodes[2]
    if len(lines) - at != count:
        raise MalformedObjectError(f"expected {count} coefficients, found {len(lines) - at}")
    coefficients = _numbers(lines[at:], "coefficients", count)
    origin = header["img_origin"] - spacing
    return FieldContent((splineStep(3, nodes, origin, np.eye(3), spacing, coefficients.tolist()),))


def _numbers(words: list[str], name: str, count: int) -> np.ndarray:
    try:
        numbers = np.array(words, dtype=float)
    except ValueError:
        raise MalformedObjectError(f"expected numbers of {name}, found text") from None
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        raise MalformedObjectError(
            f"expected {count} finite numbers of {name}, found {int(np.isfinite(numbers).sum())}"
        )
    return numbers
