"""Where the content of a node lies, in a text short enough to be kept, and whether two such texts
tell of one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import slicer
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from .errors import NotInvertibleError
from .geometry import CORNERS, inverted, mapped
from .scene import arrayFromMatrix

MOST_POINTS = 50
NEAR = 0.01  # voxels, or mm: what saving and reading may cost
POINTS, MESH = "points", "mesh"
OF_LATTICE = 15  # numbers: size, and the matrix without its last row
AND = " ; "


def placeText(node: Any) -> str:
    """Of a volume or segmentation its lattice, of points and surfaces some points; "" for nothing.
    Parts of it are put together by AND.
    """
    if node.IsA("vtkMRMLScalarVolumeNode"):
        image = node.GetImageData()
        if image is None:
            return ""
        matrix = vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        return _numbers(image.GetDimensions(), arrayFromMatrix(matrix))
    if node.IsA("vtkMRMLMarkupsNode"):
        count = min(node.GetNumberOfControlPoints(), MOST_POINTS)
        points = [node.GetNthControlPointPosition(number) for number in range(count)]
        return " ".join([POINTS, *(repr(one) for point in points for one in point)])
    if node.IsA("vtkMRMLModelNode"):
        return _meshText(node.GetPolyData(), "")
    if node.IsA("vtkMRMLSegmentationNode"):
        return AND.join(filter(None, (_latticeText(node), _firstText(node))))
    return ""


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


def isElsewhere(then: str, now: str) -> bool:
    """Whether what one text tells of was moved until the other one did. Cutting a part out of a
    volume moves nothing, nor does who moves some of the points; three and more, or both of two,
    that keep their distances were moved together.
    """
    return any(
        _isLatticeElsewhere(*both) if _isLattice(both) else _areTogetherElsewhere(*_points(*both))
        for both in _alike(then, now)
    )


def isAllElsewhere(then: str, now: str) -> bool:
    """Whether nothing of it lies where it did: that happens to what was taken out of a transform if
    it was hardened, even by a deformation, which keeps no distances.
    """
    for both in _alike(then, now):
        if _isLattice(both):
            sizes = [one.split()[:3] for one in both]
            corners = [_corners(one) for one in both]
            if sizes[0] == sizes[1] and np.abs(corners[0] - corners[1]).max() > NEAR:
                return True
            continue
        before, after = _points(*both)
        if len(after) and before.shape == after.shape and _areMoved(before, after).all():
            return True
    return False


def isPlace(index: np.ndarray, size: tuple[int, ...], near: float) -> bool:
    """Whether an index, shape (3,), is that of a voxel, within `near`."""
    whole = np.rint(index)
    isWithin = np.all((whole >= 0) & (whole < size))
    return bool(isWithin and np.abs(index - whole).max() <= near)


def arePlaces(index: np.ndarray, size: tuple[int, ...], near: float) -> bool:
    """Whether all indices, shape (n, 3), are, see `isPlace`."""
    return all(isPlace(one, size, near) for one in index)


def _latticeText(node: slicer.vtkMRMLSegmentationNode) -> str:
    found = segmentsLattice(node)
    if found is None:
        return ""
    size, toRAS = found
    whose = node.GetNodeReferenceID(node.GetReferenceImageGeometryReferenceRole()) or ""
    return f"{_numbers(size, toRAS)} {whose}".strip()


def _firstText(node: slicer.vtkMRMLSegmentationNode) -> str:
    """Of the first segment: of the contours, surface or voxels that the others are made from."""
    segmentation = node.GetSegmentation()
    if not segmentation.GetNumberOfSegments():
        return ""
    name = segmentation.GetNthSegmentID(0)
    found = segmentation.GetSegment(name).GetRepresentation(
        segmentation.GetSourceRepresentationName()
    )
    if isinstance(found, vtkPolyData):
        return _meshText(found, name)
    if not isinstance(found, slicer.vtkOrientedImageData):
        return ""
    matrix = vtkMatrix4x4()
    found.GetImageToWorldMatrix(matrix)
    which = f"{_oneWord(name)}:{':'.join(map(str, found.GetExtent()))}"  # who draws, changes this
    return f"{_numbers(found.GetDimensions(), arrayFromMatrix(matrix))} {which}"


def _numbers(size: Sequence[int], toRAS: np.ndarray) -> str:
    """Those of a lattice, see OF_LATTICE."""
    return " ".join(map(repr, (*size, *toRAS[:3].ravel().tolist())))


def _meshText(mesh: vtkPolyData | None, name: str) -> str:
    """Some points of `mesh`, which has that name."""
    count = 0 if mesh is None else mesh.GetNumberOfPoints()
    if mesh is None or not count:
        return ""
    some = np.unique(np.linspace(0, count - 1, MOST_POINTS).astype(int))
    numbers = (repr(one) for number in some for one in mesh.GetPoint(int(number)))
    return " ".join((MESH, f"{_oneWord(name)}:{count}", *numbers))


def _oneWord(name: str) -> str:
    return "_".join(name.split())


def _alike(then: str, now: str) -> list[tuple[str, str]]:
    """The parts of two texts that can be compared."""
    before = {_kind(one): one for one in then.split(AND)}
    return [(before[_kind(one)], one) for one in now.split(AND) if _kind(one) in before]


def _kind(text: str) -> str:
    words = text.split()
    if words[:1] == [MESH]:
        return " ".join(words[:2])  # another mesh is not this one moved
    if words[:1] == [POINTS]:
        return POINTS
    return " ".join(words[OF_LATTICE:])  # another image gives the geometry of the segments


def _isLattice(both: tuple[str, str]) -> bool:
    return both[0].split()[:1] not in ([POINTS], [MESH])


def _points(*texts: str) -> tuple[np.ndarray, ...]:
    words = (one.split() for one in texts)
    given = (one[1:] if one[0] == POINTS else one[2:] for one in words)
    return tuple(np.array(one, float).reshape(-1, 3) for one in given)


def _areMoved(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    moved: np.ndarray = np.linalg.norm(after - before, axis=1) > NEAR
    return moved


def _areTogetherElsewhere(before: np.ndarray, after: np.ndarray) -> bool:
    if before.shape != after.shape:
        return False
    isMoved = _areMoved(before, after)
    here, there = (np.linalg.norm(one[:, None] - one[None], axis=-1) for one in (before, after))
    isKept = (
        (np.abs(here - there) <= NEAR)
        & isMoved
        & isMoved[:, None]
        & ~np.eye(len(after), dtype=bool)
    )
    if len(after) == 2:
        return bool(isKept.any())
    pairs = isKept.astype(int)
    return bool(((pairs @ pairs) * pairs).any())  # three that kept their distances


def _isLatticeElsewhere(then: str, now: str) -> bool:
    before, after = then.split(), now.split()
    (sizeThen, matrixThen), (sizeNow, _) = _lattice(before), _lattice(after)
    isOfSegments = len(after) > OF_LATTICE
    if isOfSegments and sizeThen != sizeNow:
        return False  # or a finer one was chosen
    try:
        index = mapped(inverted(matrixThen), _corners(now))
    except NotInvertibleError:
        return True  # it lay nowhere
    return not arePlaces(index, sizeThen, NEAR)


def _corners(text: str) -> np.ndarray:
    size, matrix = _lattice(text.split())
    return mapped(matrix, CORNERS * (np.array(size) - 1))


def _lattice(words: list[str]) -> tuple[tuple[int, ...], np.ndarray]:
    matrix = np.eye(4)
    matrix[:3] = np.array(words[3:OF_LATTICE], float).reshape(3, 4)
    return tuple(map(int, words[:3])), matrix
