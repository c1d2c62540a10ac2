"""The boxes in space that image series and grids fill, and how they lie to each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from pydicom import Dataset

from ..decimalStrings import numbers
from ..elements import integersOf, textOf
from ..geometry import mapped
from ..lattice import Lattice

SAMPLES = 32  # along each axis, for a part of a volume
RIM = 4  # voxels at either end of an axis, each of them sampled
ROUNDING = 1e-6  # of a voxel
ONE_SLICE = 1.0  # mm, thickness of a series of one


@dataclass(frozen=True, eq=False)
class ImageBox:
    """A parallelepiped LPS mm: the outer borders of its voxels run from `corner`, shape (3,), along
    the columns of `edges`, shape (3, 3). `half` is the part of each edge that half a voxel fills.
    """

    corner: np.ndarray
    edges: np.ndarray
    half: np.ndarray

    @classmethod
    def of(cls, lattice: Lattice) -> ImageBox:
        """The box of a lattice."""
        steps = lattice.ijkToLPS[:3, :3]
        size = np.array(lattice.size)
        return cls(lattice.origin - steps.sum(axis=1) / 2, steps * size, 0.5 / size)

    def through(self, matrix: np.ndarray) -> ImageBox:
        """The box that `matrix`, shape (4, 4), makes of this one."""
        return ImageBox(mapped(matrix, self.corner), matrix[:3, :3] @ self.edges, self.half)

    def points(self, parts: np.ndarray) -> np.ndarray:
        """LPS mm, shape (n, 3), at `parts` of the way along each edge, shape (n, 3)."""
        return self.corner + parts @ self.edges.T


def imageBoxes(images: Iterable[Dataset]) -> list[ImageBox]:
    """One box for each series of `images` that tell their plane."""
    groups: dict[str, list[Dataset]] = {}
    for one in images:
        groups.setdefault(textOf(one, "SeriesInstanceUID"), []).append(one)
    return [box for group in groups.values() if (box := _boxOf(group)) is not None]


def _boxOf(images: list[Dataset]) -> ImageBox | None:
    first = images[0]
    axes = numbers(first, "ImageOrientationPatient", "")
    spacing = numbers(first, "PixelSpacing", "")
    size = (*integersOf(first, "Columns"), *integersOf(first, "Rows"))
    positions = [numbers(one, "ImagePositionPatient", "") for one in images]
    if (len(axes), len(spacing), len(size)) != (6, 2, 2) or {len(one) for one in positions} != {3}:
        return None
    row, column = axes.reshape(2, 3)
    normal = np.cross(row, column)
    heights = np.sort([one @ normal for one in positions])
    lowest = positions[int(np.argmin([one @ normal for one in positions]))]
    between = (heights[-1] - heights[0]) / (len(images) - 1) if len(images) > 1 else ONE_SLICE
    steps = np.column_stack([row * spacing[1], column * spacing[0], normal * (between or 1)])
    count = np.array([*size, len(images)])
    return ImageBox(lowest - steps.sum(axis=1) / 2, steps * count, 0.5 / count)


def boxesOverlap(one: ImageBox, other: ImageBox) -> bool:
    """Whether two boxes have a point in common: no plane along faces or edges parts them."""
    ends = np.array(list(itertools.product((0, 1), repeat=3)), dtype=float)
    first, second = one.points(ends), other.points(ends)
    faces = [np.cross(b.edges[:, i - 1], b.edges[:, i]) for b in (one, other) for i in range(3)]
    edges = [np.cross(a, b) for a in one.edges.T for b in other.edges.T]
    for normal in (*faces, *edges):
        length = np.linalg.norm(normal)
        if length <= 1e-9 * np.linalg.norm(one.edges) * np.linalg.norm(other.edges):
            continue
        a, b = first @ normal, second @ normal
        if a.max() < b.min() or b.max() < a.min():
            return False
    return True


def partBeyond(box: ImageBox, lattice: Lattice) -> float:
    """The part of the voxel centers of `box` that lie outside the voxels of `lattice`; above 0 if
    one does. Sampled where it is not 0, but every voxel near the border.
    """
    ends = np.array(list(itertools.product((0, 1), repeat=3)), dtype=float)
    corners = np.where(ends == 0, box.half, 1 - box.half)
    if _inside(box.points(corners), lattice).all():
        return 0.0
    places, weights = zip(*map(_sampled, box.half), strict=True)
    points = np.stack(np.meshgrid(*places, indexing="ij"), axis=-1).reshape(-1, 3)
    outside = ~_inside(box.points(points), lattice)
    weight = np.einsum("i,j,k->ijk", *weights).ravel()
    return float(np.clip(weight @ outside, np.finfo(float).tiny, 1.0))


def _sampled(half: float) -> tuple[np.ndarray, np.ndarray]:
    """Centers of voxels along an edge, as parts of it, and the part that each stands for."""
    count = round(0.5 / half)
    near = np.arange(min(RIM, count))
    between = np.rint(np.linspace(0, count - 1, SAMPLES))
    index = np.unique(np.concatenate([near, between, count - 1 - near]))
    borders = np.concatenate([[-0.5], (index[1:] + index[:-1]) / 2, [count - 0.5]])
    return (index + 0.5) / count, np.diff(borders) / count


def _inside(points: np.ndarray, lattice: Lattice) -> np.ndarray:
    index = lattice.indices(points)
    reach = 0.5 + ROUNDING
    return np.all((index >= -reach) & (index <= np.array(lattice.size) - 1 + reach), axis=-1)
