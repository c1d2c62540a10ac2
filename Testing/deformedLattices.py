"""Oblique lattices of a registered image, a source and a grid between them, and deformations."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from IHERODeformationLib.deformation import DeformableTransform, OutsideGrid
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERORegistrationLib.lattice import Lattice

REGISTERED, BETWEEN, SOURCE = "1.2.3", "1.2.5", "1.2.4"


def rotation(*degrees: float) -> np.ndarray:
    return Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()


def about(center, there, degrees) -> np.ndarray:
    """Rigid matrix, (4, 4), that turns about `center` and takes it to `there`."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(*degrees)
    matrix[:3, 3] = np.asarray(there) - matrix[:3, :3] @ center
    return matrix


def latticeAround(center, size, degrees, spacing) -> Lattice:
    """Lattice with `center` in its middle."""
    directions = rotation(*degrees)
    middle = directions @ ((np.array(size) - 1) / 2 * spacing)
    return Lattice.fromAxes(size, np.asarray(center) - middle, directions, np.asarray(spacing))


CENTER = np.array([140.0, -95.0, 60.0])  # of the registered lattice
MOVED = CENTER + np.array([3.0, -7.0, 11.0])  # where the matrix before the vectors takes it
THERE = np.array([-812.0, 433.0, 1207.0])  # where its middle comes to lie in the source's frame
LATTICE = latticeAround(CENTER, (25, 17, 13), (-33, 8, 71), (1.1, 1.9, 2.3))
GRID = latticeAround(
    CENTER + np.array([1.5, -2.0, 0.7]), (14, 11, 9), (10, 25, -14), (5.0, 6.0, 7.0)
)
SMALL = latticeAround(
    CENTER + np.array([4.0, -5.0, 3.0]), (6, 5, 4), (10, 25, -14), (3.0, 4.5, 5.0)
)
PRE = about(CENTER, MOVED, (20, -35, 50))
POST = about(MOVED, THERE, (-15, 40, 27))


def smooth(points: np.ndarray) -> np.ndarray:
    """Displacement, mm, at `points`, shape (..., 3): up to 4 mm, over some 60 mm."""
    x, y, z = np.moveaxis(points - CENTER, -1, 0) / 20
    return np.stack([2 * np.sin(y + 0.3), 3 * np.cos(z) - 1.5, 1.5 * np.sin(x + z)], axis=-1)


def noisy(seed: int = 3, amplitude: float = 2.0):
    """A displacement that differs from node to node."""
    return lambda points: np.random.default_rng(seed).uniform(-amplitude, amplitude, points.shape)


def voxelCenters(lattice: Lattice) -> np.ndarray:
    """Shape (nk, nj, ni, 3), LPS mm."""
    k, j, i = np.indices(lattice.shape)
    return lattice.points(np.stack([i, j, k], axis=-1))


def deformation(
    lattice: Lattice = GRID, displacement=smooth, *, pre=PRE, post=POST, undefined=(),
    frames=(REGISTERED, SOURCE), outsideGrid=OutsideGrid.UNDEFINED,
) -> DeformableTransform:  # fmt: skip
    """From the displacement at the nodes; `undefined` are nodes i, j, k."""
    vectors = displacement(voxelCenters(lattice)).astype(np.float32)
    for i, j, k in undefined:
        vectors[k, j, i, (i + j) % 3] = np.nan
    grid = DisplacementGrid(lattice, vectors)
    return DeformableTransform(pre, grid, post, *frames, outsideGrid)
