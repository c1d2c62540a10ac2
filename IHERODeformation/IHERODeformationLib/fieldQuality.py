"""What a registration does to space: changes of volume, folding, displacement, and where it says
nothing; over the registered image and in each structure drawn there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.contourPlanes import sliceSpacing
from IHERORegistrationLib.errors import FrameOfReferenceError, LandmarkError, MalformedObjectError
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.geometry import mapped
from IHERORegistrationLib.landmarks import nearestMotion
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.structures import StructureSet

from .displacementGrid import PointStatus
from .distribution import Distribution, distributionOf
from .foldedSpace import jacobianDeterminant, mayFold
from .mappedPoints import mappedThrough
from .structureSamples import structureSamples
from .tolerances import Kind, Metric
from .transformSteps import stepsOf

MOST_POINTS = 400_000  # of the whole image
CHUNK = 1 << 17  # points treated at once
IMAGE = "image"  # name of the region that is the whole of it


@dataclass(frozen=True, eq=False)
class RegionField:
    """The field in one region of `volume` cm³, asked at `points` points.

    `outside` and `undefined` are shares of the volume without a displacement, `folded` the share
    of the defined volume whose Jacobian determinant is not above zero. `jacobian` is per volume,
    `displacement` and, with the rigid motion of the whole image taken out, `deformation` are in mm;
    `mean` is the mean displacement without the rigid motion, shape (3,), LPS mm.
    """

    name: str
    volume: float
    points: int
    outside: float
    undefined: float
    folded: float
    jacobian: Distribution
    displacement: Distribution
    deformation: Distribution
    mean: np.ndarray

    @property
    def metrics(self) -> Iterator[Metric]:
        """All of it as single numbers."""
        for quantity, value in (
            ("minimum", self.jacobian.minimum),
            ("1 %", self.jacobian.p1),
            ("median", self.jacobian.median),
            ("99 %", self.jacobian.p99),
            ("maximum", self.jacobian.maximum),
        ):
            yield Metric(Kind.JACOBIAN, self.name, quantity, value, "")
        yield Metric(Kind.JACOBIAN, self.name, "not above 0", 100 * self.folded, "%")
        for kind, found in (
            (Kind.DISPLACEMENT, self.displacement),
            (Kind.DEFORMATION, self.deformation),
        ):
            for quantity, value in (
                ("mean", found.mean),
                ("95 %", found.p95),
                ("maximum", found.maximum),
            ):
                yield Metric(kind, self.name, quantity, value, "mm")
        for axis, value in zip(("left", "back", "head"), self.mean, strict=True):
            yield Metric(Kind.DEFORMATION, self.name, f"mean to the {axis}", float(value), "mm")
        yield Metric(Kind.COVERAGE, self.name, "outside", 100 * self.outside, "%")
        yield Metric(Kind.COVERAGE, self.name, "undefined", 100 * self.undefined, "%")
        yield Metric(Kind.VOLUME, self.name, "registered", self.volume, "cm³")


@dataclass(frozen=True, eq=False)
class FieldQuality:
    """The field over the `image`, asked every `spacing` mm along i, j, k, and in `structures`.

    `rigid`, shape (4, 4), is the rigid motion nearest to the field over the image. `neverFolds`:
    the vectors are so gentle that no fold can lie between the points asked. `leftOut` says which
    structures there is nothing of, and why.
    """

    image: RegionField
    structures: tuple[RegionField, ...]
    spacing: np.ndarray
    rigid: np.ndarray
    neverFolds: bool
    leftOut: tuple[str, ...]

    @property
    def regions(self) -> tuple[RegionField, ...]:
        return (self.image, *self.structures)


def fieldQuality(
    transform: Transform,
    image: Lattice,
    structureSet: StructureSet | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> FieldQuality:
    """What `transform` does over `image` and in the structures of its frame. `progress` is told
    each of them; what it raises ends the work.

    Raises
        FrameOfReferenceError: the set has none there.
    """
    stride = 1
    while np.prod(np.ceil(np.array(image.size) / stride)) > MOST_POINTS:
        stride += 1
    points = image.points(_everyNth(image, stride))
    voxel = float(np.prod(image.size * image.spacing)) / len(points)
    there = _through(transform, points)
    rigid = _nearestMotion(points, there[0])
    found: tuple[list[RegionField], list[str]] = ([], [])
    if structureSet is not None:
        found = _inStructures(transform, structureSet, rigid, progress)
    return FieldQuality(
        image=_region(IMAGE, points, np.full(len(points), voxel), there, rigid),
        structures=tuple(found[0]),
        spacing=image.spacing * stride,
        rigid=rigid,
        neverFolds=not any(mayFold(step) for step in stepsOf(transform)),
        leftOut=tuple(found[1]),
    )


def _inStructures(
    transform: Transform,
    structureSet: StructureSet,
    rigid: np.ndarray,
    progress: Callable[[str], None],
) -> tuple[list[RegionField], list[str]]:
    """The regions, and sentences on what is left out."""
    here = structureSet.inFrame(transform.fromFrame)
    if not any(one.contours for one in here.structures):
        raise FrameOfReferenceError(
            f"expected structures in the registered frame {transform.fromFrame}, found none in "
            f"structure set {structureSet.sopInstanceUID}"
        )
    spacing = sliceSpacing(here)
    regions, leftOut = [], []
    for one in here.structures:
        progress(f"Measuring the field: {one.name} …")
        try:
            samples = structureSamples(one, np.inf, spacing)
        except MalformedObjectError as error:
            leftOut.append(f"{one.name}: {error}")
            continue
        found = _through(transform, samples.points)
        regions.append(_region(one.name, samples.points, samples.volumes, found, rigid))
    return regions, leftOut


Found = tuple[np.ndarray, np.ndarray, np.ndarray]  # points there, their status, the determinant


def _everyNth(lattice: Lattice, stride: int) -> np.ndarray:
    """Indices i, j, k, shape (n, 3), of every `stride`th voxel, the middle ones among them."""
    axes = [np.arange((n - 1) % stride // 2, n, stride) for n in lattice.size]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def _through(transform: Transform, points: np.ndarray) -> Found:
    parts = [points[start : start + CHUNK] for start in range(0, len(points), CHUNK)]
    found = [mappedThrough(transform, part) for part in parts]
    return (
        np.concatenate([np.empty((0, 3)), *(one.points for one in found)]),
        np.concatenate([np.empty(0, np.uint8), *(one.status for one in found)]),
        np.concatenate([np.empty(0), *(jacobianDeterminant(transform, part) for part in parts)]),
    )


def _nearestMotion(points: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The rigid matrix nearest to what happened to `points`; NaN where nothing determines it."""
    try:
        return nearestMotion(points, there)
    except LandmarkError:
        return np.full((4, 4), np.nan)


def _region(
    name: str, points: np.ndarray, volumes: np.ndarray, found: Found, rigid: np.ndarray
) -> RegionField:
    there, status, jacobian = found
    total = float(volumes.sum())
    known = status == PointStatus.DEFINED
    rest = there - mapped(rigid, points)
    measured = ~np.isnan(jacobian)
    foldable = float(volumes[measured].sum())
    weights = volumes[known]
    return RegionField(
        name=name,
        volume=total / 1000,
        points=len(points),
        outside=float(volumes[status == PointStatus.OUTSIDE].sum()) / total,
        undefined=float(volumes[status == PointStatus.UNDEFINED].sum()) / total,
        folded=float(volumes[jacobian <= 0].sum()) / foldable if foldable else np.nan,
        jacobian=distributionOf(jacobian, volumes),
        displacement=distributionOf(np.linalg.norm(there - points, axis=-1), volumes),
        deformation=distributionOf(np.linalg.norm(rest, axis=-1), volumes),
        mean=weights @ rest[known] / weights.sum() if len(weights) else np.full(3, np.nan),
    )
