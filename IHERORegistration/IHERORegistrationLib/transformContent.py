"""What a transform node does to space, in a text short enough to be kept: to see later whether
somebody has changed it.
"""

from __future__ import annotations

import json
import zlib

import numpy as np
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkCollection, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonTransforms import (
    vtkAbstractTransform,
    vtkGeneralTransform,
    vtkLinearTransform,
    vtkThinPlateSplineTransform,
)
from vtkmodules.vtkFiltersHybrid import vtkBSplineTransform, vtkGridTransform

from .keptText import readsKeptText
from .sceneNodes import nodesOfClass

REGISTERED_FRAME = "IHERO.RegisteredFrame"  # of transform nodes
FRAME = "IHERO.FrameOfReferenceUID"  # of nodes with data
FAR = 1000.0  # mm: so far from the origin
NOTICED = 1e-5  # mm: less than a change by hand, more than what saving in text costs
SLAB = 1 << 22  # numbers at once
MOST_SUMS = 256

_sums: dict[int, int] = {}  # by the time at which data was last modified, which no two share


def simpleTransforms(transform: vtkAbstractTransform) -> tuple[vtkAbstractTransform, ...]:
    """The simple transforms of which `transform` consists, the first applied first."""
    collection = vtkCollection()
    slicer.vtkMRMLTransformNode.FlattenGeneralTransform(collection, transform)
    parts = map(collection.GetItemAsObject, range(collection.GetNumberOfItems()))
    return tuple(part for part in parts if isinstance(part, vtkAbstractTransform))


def isInverse(part: vtkAbstractTransform) -> bool:
    """Whether `part` is searched for as the inverse of another transform; never a matrix."""
    ask = slicer.vtkMRMLTransformNode.IsAbstractTransformComputedFromInverse
    return not isinstance(part, vtkLinearTransform) and bool(ask(part))


def contentText(node: slicer.vtkMRMLTransformNode) -> str:
    """What `node` and those above it do, against the image that stays: matrices, and between them
    checksums of what is no matrix.
    """
    return contentBetween(parentOfFixed(node), node)


def ownContentText(node: slicer.vtkMRMLTransformNode) -> str:
    """As `contentText`, of `node` by itself, whatever it lies under."""
    return contentBetween(node.GetParentTransformNode(), node)


def contentBetween(
    top: slicer.vtkMRMLTransformNode | None, node: slicer.vtkMRMLTransformNode | None
) -> str:
    """As `contentText`, of what is between data under `top` and under `node`; None is the world."""
    transform = vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(top, node, transform)
    matrices, others = [np.eye(4)], []
    for part in simpleTransforms(transform):
        if isinstance(part, vtkLinearTransform):
            matrices[-1] = _array(part.GetMatrix()) @ matrices[-1]
            continue
        text, geometry = _other(part)
        others.append(text)
        matrices += [geometry, np.eye(4)]
    return json.dumps({"matrices": [one.tolist() for one in matrices], "others": others})


def isContent(node: slicer.vtkMRMLTransformNode, text: str) -> bool:
    """Whether `node` still does what it did when `contentText` told `text`.

    Raises
        MalformedRegistrationError: what is kept cannot be read.
    """
    return areSame(text, contentText(node))


@readsKeptText
def areSame(one: str, other: str) -> bool:
    """Whether two texts on contents tell of the same: by the same vectors, not by such as only come
    near them.

    Raises
        MalformedRegistrationError: what is kept cannot be read.
    """
    then, now = json.loads(one), json.loads(other)
    if then["others"] != now["others"]:
        return False
    return _areSmall(np.subtract(then["matrices"], now["matrices"]))


@readsKeptText
def areInverse(one: str, other: str) -> bool:
    """Whether two texts on contents tell of what undoes each other.

    Raises
        MalformedRegistrationError: what is kept cannot be read.
    """
    then, now = json.loads(one), json.loads(other)
    if then["others"] or now["others"]:
        undone = [_swapped(one) for one in reversed(now["others"])]
        return bool(then["others"] == undone)
    return _areSmall(np.matmul(then["matrices"], now["matrices"]) - np.eye(4))


def _swapped(text: str) -> str:
    """What `_other` says of the inverse of that of which it said `text`."""
    if " inverse " in text:
        return text.replace(" inverse ", " as stored ", 1)
    return text.replace(" as stored ", " inverse ", 1)


def parentOfFixed(
    node: slicer.vtkMRMLTransformNode, fixed: slicer.vtkMRMLTransformableNode | None = None
) -> slicer.vtkMRMLTransformNode | None:
    """What the image that `node` leaves where it is lies under: the one that `node` knows (role
    spatialRegistrationFixed), else `fixed`, else one of its frame beside it; None for the world,
    also where no such image is known.
    """
    told = node.GetNodeReference(slicer.vtkMRMLTransformNode.GetFixedNodeReferenceRole())
    stays = fixed if told is None else told
    if stays is not None:
        return stays.GetParentTransformNode()
    above, frame = node.GetParentTransformNode(), node.GetAttribute(REGISTERED_FRAME)
    if above is None or not frame:
        return None
    images = nodesOfClass(node.GetScene(), "vtkMRMLScalarVolumeNode")
    beside = (one for one in images if one.GetParentTransformNode() is above)
    return above if any(one.GetAttribute(FRAME) == frame for one in beside) else None


def _areSmall(apart: np.ndarray) -> bool:
    """Whether these differences between matrices, shape (n, 4, 4), move no point of a patient."""
    ofFarPoint = np.abs(apart @ (FAR, FAR, FAR, 1)).max()
    ofElement = np.abs(apart[:, :3, :3]).max() * FAR  # several may cancel out at one point
    return bool(ofFarPoint <= NOTICED and ofElement <= NOTICED)


def _other(part: vtkAbstractTransform) -> tuple[str, np.ndarray]:
    """What is no matrix in a word, and where its numbers lie, shape (4, 4)."""
    stored = part.GetInverse() if isInverse(part) else part
    way = "inverse" if stored is not part else "as stored"
    if isinstance(stored, vtkGridTransform) and stored.GetDisplacementGrid() is not None:
        image = stored.GetDisplacementGrid()
        numbers = [stored.GetDisplacementScale(), stored.GetDisplacementShift()]
        axes = getattr(stored, "GetGridDirectionMatrix", lambda: None)()
    elif isinstance(stored, vtkBSplineTransform) and stored.GetCoefficientData() is not None:
        image, numbers = stored.GetCoefficientData(), [stored.GetDisplacementScale()]
        axes = getattr(stored, "GetGridDirectionMatrix", lambda: None)()
    else:
        return f"{stored.GetClassName()} {way} {_landmarkSum(stored)}", np.eye(4)
    size = image.GetDimensions()
    return f"{_kind(stored)} {way} {size} {numbers} {_sum(image)}", _geometry(image, axes)


def _kind(stored: vtkAbstractTransform) -> str:
    return "grid" if isinstance(stored, vtkGridTransform) else "splines"


def _landmarkSum(stored: vtkAbstractTransform) -> int:
    if not isinstance(stored, vtkThinPlateSplineTransform):
        return 0
    both = stored.GetSourceLandmarks(), stored.GetTargetLandmarks()
    given = [vtk_to_numpy(one.GetData()) for one in both if isinstance(one, vtkPoints)]
    return zlib.crc32(b"".join(one.astype(np.float32).tobytes() for one in given))


def _geometry(image: vtkImageData, axes: object) -> np.ndarray:
    matrix = np.eye(4) if axes is None else _array(axes)
    matrix[:3, :3] = matrix[:3, :3] * image.GetSpacing()
    matrix[:3, 3] = matrix[:3, :3] @ image.GetExtent()[::2] + image.GetOrigin()
    return matrix


def _sum(image: vtkImageData) -> int:
    """Of the vectors, as float32, whichever sign a zero has."""
    scalars = image.GetPointData().GetScalars()
    if scalars is None:
        return 0
    time = image.GetMTime()
    if time not in _sums:
        values, found = vtk_to_numpy(scalars).ravel(), 0
        for first in range(0, len(values), SLAB):
            slab = values[first : first + SLAB].astype(np.float32) + np.float32(0)
            found = zlib.crc32(slab.tobytes(), found)
        if len(_sums) >= MOST_SUMS:
            _sums.clear()
        _sums[time] = found
    return _sums[time]


def _array(matrix: object) -> np.ndarray:
    ask = getattr(matrix, "GetElement")  # noqa: B009  vtkMatrix4x4, by whichever name VTK gives it
    return np.array([[ask(row, column) for column in range(4)] for row in range(4)])
