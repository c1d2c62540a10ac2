"""Two registrations between the same two images compared: how far apart they take points, in all
and in each structure, and what that does to a dose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from IHERORegistrationLib.contourPlanes import sliceSpacing
from IHERORegistrationLib.errors import FrameOfReferenceError, MalformedObjectError
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.registrationRecord import UNWATCHED, Watch
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.structures import StructureSet

from .deformedVolume import DeformedVolume, deformedVolume
from .displacementGrid import PointStatus
from .distribution import Distribution, distributionOf
from .doseStatistics import DoseField, StructureDose, structureSetDose
from .fieldDifference import vectorDifference
from .mappedPoints import mappedThrough
from .structureSamples import structureSamples

MOST_POINTS = 400_000  # of the image
FINEST_DOSE = 2.0  # mm between voxels on which doses are compared, unless the dose is coarser
LEAST_DOSE = 0.1  # of the highest dose; where both are below, differences do not count
WORDS = "Comparing the registrations"
OF_VECTORS = 0.4  # of the work, if there is a dose


@dataclass(frozen=True)
class StructureDifference:
    """How far apart the points of a structure are taken, mm; `unknown` is the share of its volume
    that not both registrations define.
    """

    name: str
    lengths: Distribution
    unknown: float


@dataclass(frozen=True, eq=False)
class DoseDifference:
    """`volume` is the dose by the second registration less that by the first, in `units`, on a
    lattice of the image, 0 where `defined`, bool of its shape, is not true. `differences` are of
    the voxels that get more than LEAST_DOSE of the highest dose by one of them. `structures` has
    the statistics of each by both; `leftOut` says of which there are none.
    """

    volume: Volume
    defined: np.ndarray
    units: str
    differences: Distribution
    worst: np.ndarray
    structures: tuple[tuple[StructureDose, StructureDose], ...]
    leftOut: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class RegistrationComparison:
    """`lengths`, mm, are of the differences at `points` voxels of the image, every `spacing` mm,
    of which only the first defines `onlyFirst` and only the second `onlySecond`. They are farthest
    apart, by `lengths.maximum`, at `worst`, shape (3,), LPS mm; NaN if nothing is defined by both.
    """

    points: int
    spacing: np.ndarray
    lengths: Distribution
    onlyFirst: int
    onlySecond: int
    worst: np.ndarray
    structures: tuple[StructureDifference, ...]
    leftOut: tuple[str, ...]
    dose: DoseDifference | None = None


def registrationComparison(
    first: Transform,
    second: Transform,
    image: Lattice,
    structureSet: StructureSet | None = None,
    dose: tuple[Volume, str] | None = None,
    watch: Watch = UNWATCHED,
) -> RegistrationComparison:
    """How `second` differs from `first`, both from the frame of `image` to the same frame; in the
    structures drawn on the image; and for a `dose` there, with its units.

    Raises
        ValueError: they do not connect the same frames.
        FrameOfReferenceError: the structures or the dose lie in other frames.
        RegistrationCancelledError: the watcher cancelled it.
    """
    most = OF_VECTORS if dose else 1.0
    some = coarser(image, MOST_POINTS)
    found = vectorDifference(first, second, some, lambda share: watch.tell(WORDS, most * share))
    structures, leftOut = _inStructures(first, second, structureSet)
    return RegistrationComparison(
        points=int(np.prod(some.size)),
        spacing=some.spacing,
        lengths=found.lengths,
        onlyFirst=found.onlyFirst,
        onlySecond=found.onlySecond,
        worst=_worst(np.linalg.norm(found.vectors, axis=-1), some),
        structures=structures,
        leftOut=leftOut,
        dose=None
        if dose is None
        else doseDifference(first, second, image, dose, structureSet, watch),
    )


def coarser(lattice: Lattice, most: int) -> Lattice:
    """Every nth voxel along each axis, the middle ones among them, so that there are at most
    `most`.
    """
    size = np.array(lattice.size)
    stride = 1
    while np.prod(np.ceil(size / stride)) > most:
        stride += 1
    first = (size - 1) % stride // 2
    matrix = lattice.ijkToLPS @ np.diag([stride, stride, stride, 1.0])
    matrix[:3, 3] = lattice.points(first)
    ni, nj, nk = ((size - 1 - first) // stride + 1).tolist()
    return Lattice((ni, nj, nk), matrix)


def doseDifference(
    first: Transform,
    second: Transform,
    image: Lattice,
    dose: tuple[Volume, str],
    structureSet: StructureSet | None = None,
    watch: Watch = UNWATCHED,
) -> DoseDifference:
    """What becomes of `dose`, a volume and its units, over `image` by each of them.

    Raises
        FrameOfReferenceError: the dose lies in another frame than that to which they lead.
        RegistrationCancelledError: the watcher cancelled it.
    """
    volume, units = dose
    volume = replace(volume, values=volume.values.astype(np.float32, copy=False))
    lattice = _doseLattice(image, volume.lattice)
    made = []
    for number, way in enumerate((first, second)):
        watch.tell("Deforming the dose", OF_VECTORS + 0.3 * number)
        made.append(deformedVolume(volume, lattice, way.fromFrame, way, Interpolation.LINEAR, 0))
    known = ~(made[0].undefined | made[0].outside | made[1].undefined | made[1].outside)
    one, other = (each.volume.values for each in made)
    values = np.where(known, other - one, 0)
    counts = known & (np.maximum(one, other) > LEAST_DOSE * float(volume.values.max()))
    pairs, leftOut = _doses(made, structureSet, units)
    return DoseDifference(
        volume=Volume(values, lattice, first.fromFrame),
        defined=known,
        units=units,
        differences=distributionOf(np.abs(values[counts])),
        worst=_worst(np.where(counts, np.abs(values), np.nan), lattice),
        structures=pairs,
        leftOut=leftOut,
    )


def _doses(
    made: list[DeformedVolume], structureSet: StructureSet | None, units: str
) -> tuple[tuple[tuple[StructureDose, StructureDose], ...], tuple[str, ...]]:
    if structureSet is None:
        return (), ()
    both = [
        structureSetDose(
            structureSet,
            DoseField(
                one.volume,
                ~(one.undefined | one.outside),
                np.zeros(one.volume.values.shape, bool),
                units,
            ),
        )
        for one in made
    ]
    return tuple(zip(both[0].structures, both[1].structures, strict=True)), both[0].leftOut


def _doseLattice(image: Lattice, dose: Lattice) -> Lattice:
    """Over all of the image, its axes, as fine as the dose or every FINEST_DOSE mm."""
    step = max(float(dose.spacing.min()), FINEST_DOSE)
    extent = (np.array(image.size) - 1) * image.spacing
    counts = np.maximum(np.floor(extent / step).astype(int) + 1, 1)
    margin = (extent - (counts - 1) * step) / 2
    origin = image.origin + image.directions @ margin
    ni, nj, nk = counts.tolist()
    return Lattice.fromAxes((ni, nj, nk), origin, image.directions, np.full(3, step))


def _inStructures(
    first: Transform, second: Transform, structureSet: StructureSet | None
) -> tuple[tuple[StructureDifference, ...], tuple[str, ...]]:
    """And sentences on what is left out."""
    if structureSet is None:
        return (), ()
    here = structureSet.inFrame(first.fromFrame)
    if not any(one.contours for one in here.structures):
        raise FrameOfReferenceError(
            f"expected structures in the frame of the image, {first.fromFrame}, found none"
        )
    found, leftOut = [], []
    spacing = sliceSpacing(here)
    for one in here.structures:
        try:
            samples = structureSamples(one, np.inf, spacing)
        except MalformedObjectError as error:
            leftOut.append(f"{one.name}: {error}")
            continue
        found.append(_difference(one.name, first, second, samples.points, samples.volumes))
    return tuple(found), tuple(leftOut)


def _difference(
    name: str, first: Transform, second: Transform, points: np.ndarray, volumes: np.ndarray
) -> StructureDifference:
    one, other = mappedThrough(first, points), mappedThrough(second, points)
    known = (one.status == PointStatus.DEFINED) & (other.status == PointStatus.DEFINED)
    lengths = np.linalg.norm(other.points - one.points, axis=-1)
    unknown = float(volumes[~known].sum() / volumes.sum())
    return StructureDifference(name, distributionOf(lengths, volumes), unknown)


def _worst(lengths: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Where the largest of `lengths`, shape (nk, nj, ni), is."""
    if np.isnan(lengths).all():
        return np.full(3, np.nan)
    return lattice.centersOf(np.array([int(np.nanargmax(lengths))]))[0]


def comparisonSentences(found: RegistrationComparison, image: str) -> Iterator[str]:
    """What was found over the whole of `image`."""
    lengths, points = found.lengths, found.points
    if not lengths.count:
        yield f"No place of {image} is defined by both registrations."
    else:
        yield (
            f"Over {image} B takes points {_length(lengths.mean)} from where A does on the mean, "
            f"95 % up to {_length(lengths.p95)}, at the worst place {_length(lengths.maximum)}."
        )
    for count, words in (
        (found.onlyFirst, "only A says something"),
        (found.onlySecond, "only B says something"),
    ):
        if count:
            yield f"In {100 * count / points:.2g} % of {image} {words}."
    neither = points - lengths.count - found.onlyFirst - found.onlySecond
    if neither > 0:
        yield f"In {100 * neither / points:.2g} % neither does."
    spacing = " × ".join(f"{one:.3g}" for one in found.spacing)
    yield f"Compared every {spacing} mm."


def _length(value: float) -> str:
    return f"{value:.1f} mm" if value >= 1 else f"{value:.2f} mm"


def doseSentences(dose: DoseDifference) -> Iterator[str]:
    """What the difference does to the dose."""
    spread = dose.differences
    if not spread.count:
        yield "No dose worth counting arrives where both registrations say something."
        return
    yield (
        f"Where the dose is above {100 * LEAST_DOSE:.0f} % of its highest, it differs by "
        f"{spread.mean:.2g} {dose.units} on the mean, 95 % up to {spread.p95:.2g} {dose.units}, at "
        f"most by {spread.maximum:.3g} {dose.units}."
    )
