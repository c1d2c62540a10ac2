"""Rigid registration of two images by what they show, from several starts."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from .errors import ImageRegistrationError
from .geometry import AffineTransform, rotationAngle
from .imageSamples import ImageSamples, imageSamples
from .imageSide import ImageSide
from .itkImages import libraryVersions
from .notes import Note
from .registrationRecord import RegistrationRecord, Stage, Watch
from .rigidPresets import RigidPreset
from .rigidStarts import Beginning, Start, rigidStarts

METHOD = "rigid, normalized mutual information, {starts}, Powell"
RADIUS = 100.0  # mm from the center at which turns are measured, as large as a head
TOLERANCE = {"xtol": 0.05, "ftol": 1e-5, "maxiter": 6}  # xtol of the spacing
SEARCH_POINTS, POINTS = 60_000, 150_000  # of the fixed image, at most
USUAL_COMPARISONS = 350  # that a search from one start needs
LEAST_OVERLAP = 0.4  # of the smaller image: less says nothing
SAME_TURN, SAME_SHIFT = 5.0, 10.0  # degrees, mm: so near, two results are one
LEAST_GAIN = 0.01  # over 1: images of different patients tell about as much
AS_GOOD = 0.9  # of what the best gained over 1, which is chance: a rival beyond it is told


@dataclass(frozen=True, eq=False)
class Candidate:
    """What became of one start at the coarsest spacing: a `matrix`, shape (4, 4), from fixed to
    moving points, its normalized mutual information `similarity`, the `overlap` as a part of the
    fixed image, and how often the images were compared.
    """

    start: str
    matrix: np.ndarray
    similarity: float
    overlap: float
    comparisons: int = 0


@dataclass(frozen=True, eq=False)
class RigidRegistration:
    """`fixedToMoving` takes points of the fixed image to the moving one; `candidates` are the
    results of all starts at the coarsest spacing, the best first.
    """

    fixedToMoving: AffineTransform
    candidates: tuple[Candidate, ...]
    record: RegistrationRecord

    @property
    def movingToFixed(self) -> AffineTransform:
        """As a Spatial Registration maps."""
        return self.fixedToMoving.inverse()


def rigidRegistration(
    fixed: ImageSide,
    moving: ImageSide,
    preset: RigidPreset,
    watch: Watch | None = None,
    beginning: Beginning | Start = Beginning.ALL,
) -> RigidRegistration:
    """The rigid transform under which the images tell most about each other, searched from the
    starts of `beginning`. The same input gives the same output, bit by bit, with any number of
    processors.

    Raises
        ImageRegistrationError: no start leads to images that overlap, or an image shows nothing.
        RegistrationCancelledError: the watcher cancelled it.
    """
    watch = watch or Watch()
    asking = partial(watch.requireGoingOn, "rigid")
    fixed, moving = fixed.asking(asking), moving.asking(asking)
    candidates, first = _searched(fixed, moving, preset, watch, beginning)
    stages, best = [first], _distinct(candidates, fixed.volume.lattice.center)[: preset.kept]
    for spacing in preset.spacings[1:]:
        watch.tell(f"images at {spacing:g} mm", 0.0, best[0].similarity)
        samples = imageSamples(fixed, moving, spacing, preset.bins, POINTS)
        best, stage = _improved(samples, best, spacing, "rigid", watch)
        stages.append(stage)
        best = best[:1]
    record = RegistrationRecord(
        METHOD.format(starts="several starts" if beginning is Beginning.ALL else "one start"),
        preset.name, _parameters(preset, candidates), tuple(stages), libraryVersions(),
        _notes(candidates, best[0], fixed.volume.lattice.center),
    )  # fmt: skip
    result = AffineTransform(best[0].matrix, fixed.volume.frame, moving.volume.frame)
    return RigidRegistration(result, candidates, record)


def _searched(
    fixed: ImageSide,
    moving: ImageSide,
    preset: RigidPreset,
    watch: Watch,
    beginning: Beginning | Start,
) -> tuple[tuple[Candidate, ...], Stage]:
    """What every start leads to at the coarsest spacing, the best first."""
    spacing = preset.spacings[0]
    watch.tell(f"images at {spacing:g} mm", 0.0, 0.0)
    samples = imageSamples(fixed, moving, spacing, preset.bins, SEARCH_POINTS)
    given = (
        (beginning,)
        if isinstance(beginning, Start)
        else rigidStarts(samples.fixed, samples.moving, beginning)
    )
    starts = []
    for one in given:
        watch.requireGoingOn("rigid search")
        starts.append(Candidate(one.name, one.matrix, *samples.similarity(one.matrix)))
    found, stage = _improved(samples, starts, spacing, "rigid search", watch)
    least = LEAST_OVERLAP * samples.leastOverlap
    overlapping = tuple(one for one in found if one.overlap >= least)
    if not overlapping:
        raise ImageRegistrationError(
            f"expected a start from which at least {least:.0%} of the fixed image meets the moving "
            f"one, found at most {max(one.overlap for one in found):.0%}"
        )
    return overlapping, stage


def _improved(
    samples: ImageSamples,
    candidates: Sequence[Candidate],
    spacing: float,
    name: str,
    watch: Watch,
) -> tuple[list[Candidate], Stage]:
    """The candidates after a search around each of them, the best first."""
    began = time.monotonic()
    before = max(samples.similarity(one.matrix)[0] for one in candidates)
    found: list[Candidate] = []
    for number, one in enumerate(candidates):
        best = max((other.similarity for other in found), default=before)
        tell = partial(_tellPart, watch, name, number, len(candidates), best)
        found.append(_climbed(samples, one, spacing, tell))
    found.sort(key=lambda one: -one.similarity)
    watch.tell(name, 1.0, found[0].similarity)
    comparisons = sum(one.comparisons for one in found)
    seconds = time.monotonic() - began
    return found, Stage(name, spacing, comparisons, before, found[0].similarity, seconds)


def _tellPart(
    watch: Watch, name: str, number: int, candidates: int, best: float, comparisons: int
) -> None:
    """Tell how far the search from candidate `number` is, from 0."""
    part = min(comparisons / USUAL_COMPARISONS, 1.0)
    watch.tell(name, (number + part) / candidates, best)


def _climbed(
    samples: ImageSamples, start: Candidate, spacing: float, compared: Callable[[int], None]
) -> Candidate:
    """The maximum that Powell's method finds from `start`; where it began if nothing was gained.

    Source
        M. J. D. Powell, doi:10.1093/comjnl/7.2.155
    """
    from scipy.optimize import minimize  # loaded when needed: it would slow down opening a module

    center = samples.fixed.lattice.center
    count = itertools.count()

    def loss(steps: np.ndarray) -> float:
        compared(next(count))
        similarity, overlap = samples.similarity(start.matrix @ _motion(steps * spacing, center))
        return -similarity if overlap >= LEAST_OVERLAP * samples.leastOverlap else -1.0

    found = minimize(loss, np.zeros(6), method="Powell", options=TOLERANCE)
    matrix = start.matrix @ _motion(found.x * spacing, center)
    similarity, overlap = samples.similarity(matrix)
    before = samples.similarity(start.matrix)
    if found.fun > -before[0]:
        matrix, (similarity, overlap) = start.matrix, before
    return Candidate(start.start, matrix, similarity, overlap, int(found.nfev))


def _motion(steps: np.ndarray, center: np.ndarray) -> np.ndarray:
    """The matrix that turns about `center` and shifts: three shifts in mm, and three turns in mm at
    RADIUS.
    """
    from scipy.spatial.transform import Rotation  # as above

    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(steps[3:] / RADIUS).as_matrix()
    matrix[:3, 3] = center - matrix[:3, :3] @ center + steps[:3]
    return matrix


def _distinct(candidates: Sequence[Candidate], center: np.ndarray) -> list[Candidate]:
    """Of those that are nearly the same, the best."""
    kept: list[Candidate] = []
    for one in candidates:
        if not any(_isSame(one.matrix, other.matrix, center) for other in kept):
            kept.append(one)
    return kept


def _isSame(one: np.ndarray, other: np.ndarray, center: np.ndarray) -> bool:
    gap = np.linalg.inv(one) @ other
    moved = gap[:3, :3] @ center + gap[:3, 3] - center
    return rotationAngle(gap) < SAME_TURN and float(np.linalg.norm(moved)) < SAME_SHIFT


def _parameters(
    preset: RigidPreset, candidates: Sequence[Candidate]
) -> tuple[tuple[str, str], ...]:
    return (
        ("bins", str(preset.bins)),
        ("spacings", ", ".join(f"{one:g} mm" for one in preset.spacings)),
        *(
            (f"start {one.start}", f"{one.similarity:.4f}, overlap {one.overlap:.0%}")
            for one in candidates
        ),
    )


def _notes(
    candidates: Sequence[Candidate], result: Candidate, center: np.ndarray
) -> tuple[Note, ...]:
    """What a user has to look at."""
    notes = []
    best, *others = _distinct(candidates, center)
    rivals = [one for one in others if one.similarity - 1 > AS_GOOD * (best.similarity - 1)]
    if rivals:
        notes.append(
            Note(
                "rival alignment", "rigid search",
                f"from {rivals[0].start} {rivals[0].similarity:.4f}, best {best.similarity:.4f}",
                "the best was taken; only a look at the images can tell", repaired=False,
            )
        )  # fmt: skip
    if not result.similarity > 1.0 + LEAST_GAIN:
        notes.append(
            Note(
                "images tell little", "rigid", f"normalized mutual information "
                f"{result.similarity:.4f}, where 1 is chance",
                "the alignment may mean nothing", repaired=False,
            )
        )  # fmt: skip
    return tuple(notes)
