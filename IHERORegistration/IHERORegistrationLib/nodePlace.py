"""Whether data of the scene still lies where it lay when its Frame of Reference was learned: a
transform that is hardened into it, or another origin, takes it out of that frame, and nothing else
of the node tells of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from .errors import FrameOfReferenceError, MalformedObjectError
from .geometry import inverted, mapped
from .lattice import Lattice
from .nodeVolumes import volumeFromNode

PLACE = "IHERO.Place"  # attribute: size of the lattice, its matrix, and whose it is; or points
MOST_POINTS = 50
NEAR = 0.01  # voxels, or mm: what saving and reading may cost
OTHER_READER = 0.2  # voxels: by as much may readers differ on one series
PARALLEL = 1e-5  # by as much less than 1 is the cosine of an angle that still is none


@runtime_checkable
class PlacedImages(Protocol):
    """Knows where images lie, see `DatabaseImages`."""

    def placeOf(self, sopInstanceUID: str) -> tuple[float, ...]:
        """Image Position (Patient) and the first axis of Image Orientation (Patient), 6 numbers,
        LPS mm; () where it is not known.
        """


def learnPlace(node: Any, sopInstanceUIDs: Sequence[str], images: object) -> None:
    """Let `node`, of which nobody has asked yet, know where it lies; if it lies elsewhere than its
    images do, as far as `images` tells that, it counts as moved.
    """
    isVolume = node.IsA("vtkMRMLScalarVolumeNode") and node.GetImageData() is not None
    if isinstance(images, PlacedImages) and sopInstanceUIDs and isVolume:
        ends = [images.placeOf(uid) for uid in (sopInstanceUIDs[0], sopInstanceUIDs[-1])]
        if all(ends) and not any(_hasVoxel(node, one) for one in ends):
            node.SetAttribute(PLACE, " ".join(("voxel", *map(repr, ends[0]))))
            return
    wasMoved(node)


def wasMoved(node: slicer.vtkMRMLNode) -> bool:
    """Whether a volume, a segmentation or points were moved in their own coordinates since they
    were first asked for here. Cutting a part out of a volume moves nothing, nor does who moves some
    of the points; three and more that keep their distances were moved together.
    """
    now = _place(node)
    if not now:
        return False
    then = node.GetAttribute(PLACE)
    if now == then:
        return False
    if then and then.startswith("voxel "):
        if not _hasVoxel(node, tuple(map(float, then.split()[1:]))):
            return True
    elif then and _isElsewhere(then, now):
        return True
    node.SetAttribute(PLACE, now)
    return False


def movedSentence(node: slicer.vtkMRMLNode) -> str:
    """Why nobody knows where a node lies that was moved."""
    return (
        f"{node.GetName()} was moved in its own coordinates since it was loaded, as by hardening a "
        "transform, so that it lies in its Frame of Reference no longer: undo that or load it again"
    )


def requireUnmoved(node: slicer.vtkMRMLNode) -> None:
    """Let `node` lie in the frame that it names.

    Raises
        FrameOfReferenceError: it was moved since.
    """
    if wasMoved(node):
        raise FrameOfReferenceError(movedSentence(node))


def requireOnLattice(node: slicer.vtkMRMLScalarVolumeNode, lattice: Lattice) -> None:
    """Let `node` be the voxels that its files say, on `lattice`, or a part of these; slices at
    uneven distances may have been evened out.

    Raises
        FrameOfReferenceError: it lies elsewhere.
        MalformedObjectError: see `volumeFromNode`.
    """
    if node.GetImageData() is None:
        return
    here = volumeFromNode(node, "").lattice
    if not isOnLattice(here, lattice) and not _shareASlice(here, lattice):
        raise FrameOfReferenceError(movedSentence(node))


def isOnLattice(part: Lattice, whole: Lattice) -> bool:
    """Whether all voxels of `part` are such of `whole`, whoever read them."""
    return _arePlaces(whole.indices(part.corners), whole.size, OTHER_READER)


def _shareASlice(one: Lattice, other: Lattice) -> bool:
    """Whether two parallel lattices have the corners of a slice in common."""
    found = other.indices(one.corners)
    common = [_isPlace(index, other.size, OTHER_READER) for index in found]
    return sum(common) >= 4 and abs(one.normal @ other.normal) > 1 - NEAR**2


def _place(node: Any) -> str:
    if node.IsA("vtkMRMLScalarVolumeNode"):
        image = node.GetImageData()
        if image is None:
            return ""
        matrix = vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        numbers = [matrix.GetElement(row, column) for row in range(3) for column in range(4)]
        return " ".join(map(repr, (*image.GetDimensions(), *numbers)))
    if node.IsA("vtkMRMLMarkupsNode"):
        return _points(node)
    if not node.IsA("vtkMRMLSegmentationNode"):
        return ""
    found = segmentsLattice(node)
    if found is None:
        return ""
    size, toRAS = found
    whose = node.GetNodeReferenceID(node.GetReferenceImageGeometryReferenceRole()) or ""
    return " ".join((*map(repr, (*size, *toRAS[:3].ravel().tolist())), whose)).strip()


def segmentsLattice(
    node: slicer.vtkMRMLSegmentationNode,
) -> tuple[tuple[int, ...], np.ndarray] | None:
    """Size and IJK → RAS, shape (4, 4), of the voxels in which the segments of `node` are drawn, in
    its own coordinates; None where none were chosen yet.
    """
    name = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    told = node.GetSegmentation().GetConversionParameter(name).strip(";").split(";")
    if len(told) != 22:  # a matrix and an extent
        return None
    first, last = np.array(told[16::2], int), np.array(told[17::2], int)
    toRAS = np.array(told[:16], float).reshape(4, 4)
    toRAS[:3, 3] = mapped(toRAS, first)
    return tuple((last - first + 1).tolist()), toRAS


def _hasVoxel(node: slicer.vtkMRMLScalarVolumeNode, place: tuple[float, ...]) -> bool:
    """Whether a voxel of `node`, or of what it was cut from, lies there, in rows in parallel."""
    try:
        lattice = volumeFromNode(node, "").lattice
    except MalformedObjectError:
        return True  # who knows
    index = lattice.indices(np.array(place[:3]))
    isVoxel = np.abs(index - np.rint(index)).max() <= OTHER_READER
    return bool(isVoxel and np.abs(lattice.directions.T @ place[3:]).max() > 1 - PARALLEL)


def _points(node: slicer.vtkMRMLMarkupsNode) -> str:
    count = min(node.GetNumberOfControlPoints(), MOST_POINTS)
    points = [node.GetNthControlPointPosition(number) for number in range(count)]
    return " ".join(["points", *(repr(one) for point in points for one in point)])


def _areTogetherElsewhere(then: list[str], now: list[str]) -> bool:
    before, after = (np.array(one[1:], float).reshape(-1, 3) for one in (then, now))
    if before.shape != after.shape:
        return False
    isMoved = np.linalg.norm(after - before, axis=1) > NEAR
    here, there = (np.linalg.norm(one[:, None] - one[None], axis=-1) for one in (before, after))
    isKept = (
        (np.abs(here - there) <= NEAR)
        & isMoved
        & isMoved[:, None]
        & ~np.eye(len(after), dtype=bool)
    )
    pairs = isKept.astype(int)
    return bool(((pairs @ pairs) * pairs).any())  # three that kept their distances


def _isElsewhere(then: str, now: str) -> bool:
    before, after = then.split(), now.split()
    if before[0] == after[0] == "points":
        return _areTogetherElsewhere(before, after)
    if len(before) != len(after) or before[15:] != after[15:]:
        return False  # another image gives the geometry of the segments
    (sizeThen, matrixThen), (sizeNow, matrixNow) = _lattice(before), _lattice(after)
    isOfSegments = len(after) > 15
    if isOfSegments and sizeThen != sizeNow:
        return False  # or a finer one was chosen
    corners = np.indices((2, 2, 2)).reshape(3, 8).T * (np.array(sizeNow) - 1)
    index = mapped(inverted(matrixThen), mapped(matrixNow, corners))
    return not _arePlaces(index, sizeThen, NEAR)


def _lattice(text: list[str]) -> tuple[tuple[int, ...], np.ndarray]:
    matrix = np.eye(4)
    matrix[:3] = np.array(text[3:15], float).reshape(3, 4)
    return tuple(map(int, text[:3])), matrix


def _arePlaces(index: np.ndarray, size: tuple[int, ...], near: float) -> bool:
    return all(_isPlace(one, size, near) for one in index)


def _isPlace(index: np.ndarray, size: tuple[int, ...], near: float) -> bool:
    """Whether an index, shape (3,), is that of a voxel, within `near`."""
    whole = np.rint(index)
    isWithin = np.all((whole >= 0) & (whole < size))
    return bool(isWithin and np.abs(index - whole).max() <= near)
