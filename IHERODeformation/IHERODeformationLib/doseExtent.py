"""The lattice a deformed dose needs in the registered frame: around all of what it reaches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from IHERORegistrationLib.dose import Dose
from IHERORegistrationLib.errors import FrameOfReferenceError, NonconformantError
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.geometry import inverted, mapped
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.registeredDoseDisplay import COARSEST, outline
from IHERORegistrationLib.resampling import Interpolation

from .deformation import DeformableTransform
from .deformedVolume import deformedVolume
from .mappedPoints import mappedThrough
from .numericalInverse import NumericalInverse
from .transformSteps import affinePart, isRigidOutside, stepsOf

NEAREST = Interpolation.NEAREST
SOUGHT = 200_000  # points at which the reach of a dose is looked for
SEARCHES = 2  # the second one in the box that the first one found
MARGIN = 2.0  # distances between such points by which they may miss the dose
FEWEST = 12  # points that a matrix is fitted to
SEEDS = 4096  # nodes of a grid whose image tells where its inverse is defined
FITTED = 2000  # points that tell how a deformation turns and stretches a dose as a whole


def deformedDoseLattice(
    dose: Dose, target: Lattice, toDose: Transform, spacing: float | None = None
) -> Lattice:
    """A lattice around every point that `toDose` takes into `dose`, beyond the target too: along
    the axes of `target`, its first voxel center on one of the target's (or where that would
    continue), every `spacing` mm, or as fine as the dose in each direction and at least every 3 mm.

    `toDose` maps points of the target's frame to the frame of the dose.

    Raises
        FrameOfReferenceError: no point is taken into the dose.
        NonconformantError: more than 3 mm are asked for.
    """
    if spacing is not None and not 0 < spacing <= COARSEST:
        raise NonconformantError(
            f"expected at most {COARSEST:g} mm between the voxels of a dose, asked for {spacing:g}",
            (),
        )
    box = target.indices(_definedBox(dose, toDose)) * target.spacing
    for _ in range(SEARCHES):
        near = _near(dose, target, toDose, box)
        box = target.indices(near) * target.spacing
    fine = _spacing(dose, target, toDose, near) if spacing is None else spacing
    return _lattice(target, box, fine)


def grown(lattice: Lattice, reached: np.ndarray, target: Lattice) -> Lattice:
    """`lattice`, and more of it on the sides where voxels of its border are `reached` by the dose,
    bool (nk, nj, ni): itself if none are.
    """
    ends = np.array([np.zeros(3), np.array(lattice.size) - 1])
    for axis in range(3):
        sides = np.moveaxis(reached, 2 - axis, 0)
        more = max(lattice.size[axis] // 8, 2)
        ends[0, axis] -= more * sides[0].any()
        ends[1, axis] += more * sides[-1].any()
    if not ends[0].any() and np.array_equal(ends[1], np.array(lattice.size) - 1):
        return lattice
    box = target.indices(lattice.points(ends)) * target.spacing
    return _lattice(target, box, lattice.spacing)


def coveringLattice(lattices: Sequence[Lattice], target: Lattice) -> Lattice:
    """A lattice around all of `lattices`, which have the axes of `target`, as fine as the finest
    of them in each direction; its first voxel center is one of the target's.
    """
    ends = [one.points(np.array([(0, 0, 0), np.array(one.size) - 1])) for one in lattices]
    box = target.indices(np.concatenate(ends)) * target.spacing
    return _lattice(target, box, np.min([one.spacing for one in lattices], axis=0))


def _near(dose: Dose, target: Lattice, toDose: Transform, box: np.ndarray) -> np.ndarray:
    """Points, shape (n, 3), around all that is taken into `dose` of what lies in `box`, mm along
    the axes of `target` from its first voxel: as near as some points in that box can tell.
    """
    pitch = float(np.cbrt(np.prod(np.ptp(box, axis=0)) / SOUGHT))
    sought = _lattice(target, box, pitch)
    seen = deformedVolume(
        _surrounding(dose, MARGIN * pitch), sought, toDose.fromFrame, toDose, NEAREST, 0
    )
    reached = np.argwhere(~(seen.outside | seen.undefined))[:, ::-1]
    if not len(reached):
        raise FrameOfReferenceError(
            f"no point of {toDose.fromFrame} is taken into the dose {dose.sopInstanceUID} in "
            f"{toDose.toFrame}"
        )
    ends = sought.points(np.array([reached.min(axis=0) - 1, reached.max(axis=0) + 1]))
    return np.concatenate([ends, sought.points(reached[:: max(len(reached) // FITTED, 1)])])


def _surrounding(dose: Dose, margin: float) -> Volume:
    """Few voxels that fill the box of `dose` and `margin` mm around it."""
    lattice = dose.volume.lattice
    spacing = (np.array(lattice.size) * lattice.spacing + 2 * margin) / 2
    origin = lattice.center - lattice.directions @ spacing / 2
    larger = Lattice.fromAxes((2, 2, 2), origin, lattice.directions, spacing)
    return Volume(np.zeros(larger.shape, np.float32), larger, dose.frame)


def _lattice(target: Lattice, box: np.ndarray, spacing: np.ndarray | float) -> Lattice:
    """Around `box`, points (n, 3) in mm along the axes of `target` from its first voxel."""
    first = np.floor(box.min(axis=0) / target.spacing + 1e-6)
    length = box.max(axis=0) - first * target.spacing
    ni, nj, nk = (int(n) + 1 for n in np.ceil(np.maximum(length, 0) / spacing - 1e-6))
    step = np.broadcast_to(np.asarray(spacing, float), 3)
    return Lattice.fromAxes((ni, nj, nk), target.points(first), target.directions, step)


def _definedBox(dose: Dose, toDose: Transform) -> np.ndarray:
    """Points, shape (n, 3), in whose box lies everything that may be taken into the dose."""
    before = np.eye(4)
    everywhere = True
    points = [np.empty((0, 3))]
    for step in stepsOf(toDose):
        if isinstance(step, (DeformableTransform, NumericalInverse)):
            points.append(mapped(inverted(before), _domain(step)))
            everywhere = isRigidOutside(step)
            break
        before = affinePart(step) @ before
    if everywhere:
        points.append(mapped(inverted(affinePart(toDose)), outline(dose.volume.lattice)))
    return np.concatenate(points)


def _domain(step: DeformableTransform | NumericalInverse) -> np.ndarray:
    """Points, shape (n, 3), around the place where `step` has displacements."""
    if isinstance(step, DeformableTransform):
        return outline(step.grid.lattice)
    lattice = step.forward.grid.lattice
    stride = max(int(np.ceil(np.cbrt(np.prod(np.array(lattice.size, float)) / SEEDS))), 1)
    axes = [np.unique([*np.arange(0, n, stride), n - 1]) for n in lattice.size]
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    there = step.forward.mapped(lattice.points(nodes)).points
    margin = stride * lattice.spacing.max()
    there = there[~np.isnan(there).any(axis=-1)]
    return np.concatenate([there - margin, there + margin])


def _spacing(dose: Dose, target: Lattice, toDose: Transform, reached: np.ndarray) -> np.ndarray:
    """Between voxels along the axes of `target`: as fine as the dose, for the matrix that is
    nearest to `toDose` at the points `reached`, shape (n, 3), as far as it is defined there.
    """
    there = mappedThrough(toDose, reached).points
    inside = dose.volume.lattice.contains(there)
    some, there = reached[inside], there[inside]
    part = affinePart(toDose)[:3, :3]
    if len(some) >= FEWEST and np.linalg.matrix_rank(centered := some - some.mean(axis=0)) == 3:
        part = np.linalg.lstsq(centered, there - there.mean(axis=0), rcond=None)[0].T
    perMM = np.linalg.inv(dose.volume.lattice.ijkToLPS[:3, :3]) @ part @ target.directions
    return np.minimum(1 / np.linalg.norm(perMM, axis=0), COARSEST)
