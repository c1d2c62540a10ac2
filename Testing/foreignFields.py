"""Displacement fields and splines with known answers, and the lattice that they lie on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from IHERORegistrationLib.lattice import Lattice

SIZE = (6, 5, 4)
SPACING = np.array([9.0, 11.0, 13.5])
ORIGIN = np.array([-30.0, -250.0, 700.0])
COSINE, SINE = np.cos(0.4), np.sin(0.4)
TILT = np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
OBLIQUE = np.array([[COSINE, -SINE, 0], [SINE, COSINE, 0], [0, 0, 1]]) @ TILT


def displacementsAt(index: np.ndarray) -> np.ndarray:
    """In mm, at indices (i, j, k), shape (..., 3): so that trilinear interpolation is exact."""
    i, j, k = np.moveaxis(np.asarray(index, float), -1, 0)
    x = 3 + 0.5 * i - 0.25 * j * k
    y = -7 + 0.75 * j + 0.125 * i * k
    z = 1.5 - 0.5 * k + 0.25 * i * j
    return np.stack([x, y, z], axis=-1)


def fieldImage(
    directions: np.ndarray = OBLIQUE, kind: type = np.float32, size: tuple[int, ...] = SIZE
) -> sitk.Image:
    """The displacements above as an image of ITK."""
    k, j, i = np.indices(size[::-1])
    vectors = displacementsAt(np.stack([i, j, k], axis=-1)).astype(kind)
    image = sitk.GetImageFromArray(vectors, isVector=True)
    image.SetOrigin(ORIGIN)
    image.SetSpacing(SPACING)
    image.SetDirection(directions.ravel())
    return image


def damage(path: Path, old: bytes | str, new: bytes | str) -> None:
    """Write `new` in place of `old` in a file, which must contain it."""
    before, after = (one.encode() if isinstance(one, str) else one for one in (old, new))
    content = path.read_bytes()
    assert before in content
    path.write_bytes(content.replace(before, after))


def vectorsOf(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def somePoints(directions: np.ndarray = OBLIQUE, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Points between the nodes, LPS mm, and their indices; both (n, 3)."""
    index = np.random.default_rng(7).uniform(0, np.array(SIZE) - 1, (count, 3))
    return ORIGIN + (index * SPACING) @ directions.T, index


# --- B-splines

BASIS = {  # of the nodes around a point at part u of its cell, by order
    1: lambda u: [1 - u, u],
    2: lambda u: [(0.5 - u) ** 2 / 2, 0.75 - u**2, (0.5 + u) ** 2 / 2],
    3: lambda u: [
        (1 - u) ** 3 / 6,
        (3 * u**3 - 6 * u**2 + 4) / 6,
        (-3 * u**3 + 3 * u**2 + 3 * u + 1) / 6,
        u**3 / 6,
    ],
}


def splineAt(coefficients: np.ndarray, index: np.ndarray, order: int) -> np.ndarray:
    """Sum of the coefficients (3, nk, nj, ni) around each index (n, 3), textbook B-spline."""
    found = []
    for point in index:
        first, weights = [], []
        for one in point:
            low = int(np.floor(one + 0.5)) if order == 2 else int(np.floor(one))
            first.append(low - (order > 1))
            weights.append(BASIS[order](one - low))
        i, j, k = (slice(low, low + order + 1) for low in first)
        found.append(np.einsum("dkji,k,j,i", coefficients[:, k, j, i], *weights[::-1]))
    return np.array(found)


def coefficients(size: tuple[int, ...], seed: int = 3) -> np.ndarray:
    """Shape (3, nk, nj, ni), mm."""
    return np.random.default_rng(seed).uniform(-3, 3, (3, *size[::-1]))


def lattice(size: tuple[int, int, int], spacing: float = 5.0) -> Lattice:
    """Voxels along the patient's axes around the nodes above."""
    corner = ORIGIN + OBLIQUE @ (SPACING * (np.array(SIZE) - 1)) / 2
    return Lattice.fromAxes(
        size, corner - spacing * (np.array(size) - 1) / 2, np.eye(3), np.full(3, spacing)
    )
