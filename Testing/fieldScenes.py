"""Scenes of two images and a deformation between them whose answer is known in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import slicer
import slicer.util

from IHERODeformationLib.deformableRegistration import (
    DeclaredMatrix,
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.dataNodes import volumeNodeFromVolume
from IHERORegistrationLib.lattice import Lattice, Volume

Displacement = Callable[[np.ndarray], np.ndarray]  # LPS mm, (..., 3) to the same shape

BASE, OVERLAY = "1.2.31", "1.2.32"
CORNER = np.array([-60.0, 80.0, 310.0])
IMAGE = Lattice.fromAxes((41, 31, 21), CORNER, np.eye(3), np.array([3.0, 4.0, 5.0]))
# The grid ends 24 mm, 6 of the 31 rows, before the image's back, and goes beyond it elsewhere
GRID = Lattice.fromAxes((15, 11, 13), CORNER - (10, 4, 8), np.eye(3), np.array([10.0, 10.0, 10.0]))
EDGE = CORNER[1] - 4 + 10 * 10 + 5  # mm back: half a voxel beyond the last nodes
OUTSIDE = float(np.mean(CORNER[1] + 4 * np.arange(31) > EDGE))  # share of the image
FOLD = 10.0  # mm: a node of the grid lies there


def stretched(points: np.ndarray) -> np.ndarray:
    """Displacements of x → 1.2 x, y → 0.9 y, z → z + 3 about the corner: Jacobian 1.08."""
    away = points - CORNER
    return np.stack([0.2 * away[..., 0], -0.1 * away[..., 1], np.full(away.shape[:-1], 3.0)], -1)


def folded(points: np.ndarray) -> np.ndarray:
    """Turns x to −0.5 x within FOLD of 0, where the Jacobian is −0.5; back to x in 10 mm."""
    inside = np.abs(points[..., 0]) <= FOLD
    zero = np.zeros(points.shape[:-1])
    return np.stack([np.where(inside, -1.5 * points[..., 0], 0.0), zero, zero], -1)


@dataclass(frozen=True, eq=False)
class FieldScene:
    """The nodes, and the overlay's frame is that of `transform`'s moving data."""

    base: slicer.vtkMRMLScalarVolumeNode
    overlay: slicer.vtkMRMLScalarVolumeNode
    transform: slicer.vtkMRMLTransformNode
    displacement: Displacement = stretched


def fieldScene(
    scene: slicer.vtkMRMLScene,
    displacement=stretched,
    *,
    undefined: tuple[tuple[int, int, int], ...] = (),
    pre: np.ndarray | None = None,
) -> FieldScene:
    """Both images, and a node made from a deformable registration; `undefined` are nodes i, j, k
    of the grid.
    """
    vectors = displacement(_nodes(GRID)).astype(np.float32)
    for i, j, k in undefined:
        vectors[k, j, i] = np.nan
    item = DeformableRegistrationItem(
        number=1,
        sourceFrame=OVERLAY,
        images=(),
        pre=None if pre is None else DeclaredMatrix(pre, "RIGID"),
        grid=DisplacementGrid(GRID, vectors),
    )
    registration = DeformableSpatialRegistration("1.2.3.4", BASE, (item,), label="Breath")
    (transform,) = transformNodesFromDeformation(registration, scene)
    base = volumeNodeFromVolume(pattern(BASE), scene, "planning")
    overlay = volumeNodeFromVolume(pattern(OVERLAY), scene, "inhale")
    return FieldScene(base, overlay, transform, displacement)


def pattern(frame: str) -> Volume:
    """Waves that are the same in no two places, from 0 to 200."""
    return Volume(intensity(_nodes(IMAGE)), IMAGE, frame)


def intensity(points: np.ndarray) -> np.ndarray:
    """What the images show at `points`, shape (..., 3)."""
    x, y, z = np.moveaxis(points - CORNER, -1, 0)
    values = 100 + 50 * (np.sin(x / 11 + y / 40) + np.sin(y / 13 + z / 9))
    return values.astype(np.float32)


def _nodes(lattice: Lattice) -> np.ndarray:
    """Shape (nk, nj, ni, 3)."""
    return lattice.points(np.stack(np.indices(lattice.shape)[::-1], axis=-1))


def breathing(points: np.ndarray) -> np.ndarray:
    """Up to 12 mm headward and 4 mm to the left, more toward the back."""
    away = points - CORNER
    depth = np.clip(away[..., 1], 0, 120) / 120
    zero = np.zeros(points.shape[:-1])
    return np.stack([4 * depth, zero, 12 * depth * np.sin(np.pi * away[..., 0] / 120)], -1)


def breathingScene(scene: slicer.vtkMRMLScene, sense: int = 1) -> FieldScene:
    """The overlay shows at x + breathing(x) what the base shows at x, as the node says if `sense`
    is 1; if it is −1 the node says about the opposite.
    """
    one = fieldScene(scene, lambda points: sense * breathing(points))
    places = _nodes(IMAGE)
    before = places
    for _ in range(30):  # the inverse, by fixed points
        before = places - breathing(before)
    array = slicer.util.arrayFromVolume(one.overlay)
    array[:] = intensity(before)
    slicer.util.arrayFromVolumeModified(one.overlay)
    return one
