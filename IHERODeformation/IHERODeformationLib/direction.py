"""Proof of direction: which reading of a registration makes the two images agree.

A verdict is a measurement of these images, never a reason to change anything by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.lattice import Volume

from .deformation import DeformableTransform
from .imageAgreement import (
    Agreement,
    Difference,
    ImagePoints,
    Similarity,
    agreement,
    difference,
    imagePoints,
    similarityFor,
)
from .readings import WORDS, ReadingName, Registration, readingNames, readingOf

MARGIN = 3.0  # standard errors by which one similarity must exceed another
LEAST_OVERLAP = 0.5  # of the overlap of the reading it is compared with
FEWEST_POINTS = 500  # that meet the other image
SAME_MAP = 0.1  # of the smallest voxel side: readings so near lead to the same places

Progress = Callable[[str], None]


class Verdict(StrEnum):
    """What the images say."""

    STANDARD = "standard"
    OTHER = "other"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class ReadingScore:
    """How well the images agree by one reading.

    `similarity` is over all points that meet the source image, NaN if there are none; `overlap`
    their share of the `defined` points, which are some of `points` (fewer still where a search is
    needed). `apart` is the root mean square in mm by which the reading leads elsewhere than the
    standard's, NaN if no point knows both. `gain`: by how much its similarity exceeds that of the
    standard's reading, as `difference` says, and `error` the standard error of that; NaN if nobody
    can tell.
    """

    name: ReadingName
    similarity: float
    overlap: float
    defined: int
    points: int
    apart: float
    gain: float
    error: float

    @property
    def meeting(self) -> int:
        """Points that meet the source image."""
        return round(self.overlap * self.defined)

    @property
    def margin(self) -> float:
        """The difference that counts."""
        return MARGIN * self.error


@dataclass(frozen=True)
class DirectionProof:
    """The scores of all readings, the standard's first, and the `verdict`; `best` is the reading
    that the images agree best with, `undecided` names those that they do not tell from it.
    """

    measure: Similarity
    scores: tuple[ReadingScore, ...]
    verdict: Verdict
    best: ReadingName
    undecided: tuple[ReadingName, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict in plain words."""
        if self.verdict is Verdict.STANDARD:
            return "The images agree best with the standard's reading."
        if self.verdict is Verdict.OTHER:
            return (
                f"The images agree better with another reading: {WORDS[self.best]}. Check what "
                "wrote the registration before using it; it is applied as the standard says."
            )
        if not self.undecided:
            return "The images cannot tell which reading is right: they do not agree by any."
        named = "; ".join(WORDS[one] for one in self.undecided)
        return f"The images cannot tell the standard's reading from: {named}."

    @property
    def method(self) -> str:
        """How the verdict was found, for who has to judge it."""
        points = self.scores[0].points
        return (
            f"{self.measure.capitalize()} at {points} voxels of the registered image, chosen by "
            "chance; a numerical inverse is sought at fewer. Two readings are compared where both "
            "are defined and meet the source image, or else each where it does; a "
            f"difference counts from {MARGIN:g} standard errors, which come from leaving out "
            "one of 64 blocks of the image at a time. A reading that brings less than "
            f"{LEAST_OVERLAP:.0%} of the overlap of the standard's onto the source image, or "
            f"fewer than {FEWEST_POINTS} points, does not win."
        )

    def asJSON(self) -> dict[str, object]:
        """For programs; null where a number is not known."""
        return {
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "best": self.best.value,
            "undecided": [one.value for one in self.undecided],
            "measure": self.measure.value,
            "method": self.method,
            "readings": [_asJSON(one) for one in self.scores],
        }


def directionProof(
    registration: Registration,
    registered: ImageSeries,
    source: ImageSeries,
    progress: Progress = lambda _: None,
) -> DirectionProof:
    """Whether `registered` and `source` agree by `registration` as the standard reads it.

    `progress` is told each reading that is tried; what it raises ends the proof.

    Raises
        FrameOfReferenceError: the registered image lies in another frame, or the registration
        does not lead to that of the source.
        MalformedObjectError: the pixels of an image cannot be read.
    """
    if registration.registeredFrame != registered.frame:
        raise FrameOfReferenceError(
            f"expected an image in the registered frame {registration.registeredFrame}, found "
            f"one in {registered.frame}"
        )
    measure = similarityFor(registered.modality, source.modality)
    return directionProofOf(
        registration, registered.volume(), source.volume(), source.frame, measure, progress
    )


def directionProofOf(
    registration: Registration,
    registered: Volume,
    source: Volume,
    sourceFrame: str,
    measure: Similarity,
    progress: Progress = lambda _: None,
) -> DirectionProof:
    """The same of volumes that were read already."""
    plain = readingOf(registration, ReadingName.STANDARD, sourceFrame).reading.transform
    grid = plain.grid.lattice if isinstance(plain, DeformableTransform) else None
    points = imagePoints(registered, grid)
    fine = min(registered.lattice.spacing.min(), source.lattice.spacing.min())
    standard: Agreement | None = None
    scores = []
    for name in readingNames(registration, sourceFrame):  # one at a time: vectors may be large
        progress(f"Comparing the images by {WORDS[name]} …")
        transform = readingOf(registration, name, sourceFrame).reading.transform
        found = agreement(points, source, transform, measure)
        standard = standard or found
        scores.append(_score(name, found, standard, points))
    return _judged(measure, tuple(scores), SAME_MAP * float(fine))


def _score(
    name: ReadingName, found: Agreement, standard: Agreement, points: ImagePoints
) -> ReadingScore:
    gain = Difference(0.0, 0.0, 0)
    if found is not standard:
        gain = difference(found, standard, FEWEST_POINTS)
    both = found.defined & standard.defined
    squares = np.sum((found.places[both] - standard.places[both]) ** 2, axis=-1)
    return ReadingScore(
        name=name,
        similarity=found.similarity,
        overlap=found.overlap,
        defined=int(found.defined.sum()),
        points=len(points.points),
        apart=float(np.sqrt(squares.mean())) if len(squares) else np.nan,
        gain=gain.value,
        error=gain.error,
    )


def _judged(
    measure: Similarity, scores: tuple[ReadingScore, ...], sameMap: float
) -> DirectionProof:
    standard, *others = scores
    others = [one for one in others if not one.apart <= sameMap]
    rivals = [one for one in others if _mayWin(one, standard)]
    better = [one for one in rivals if one.gain > one.margin]
    if better:
        best = max(better, key=lambda one: one.gain)
        return DirectionProof(measure, scores, Verdict.OTHER, best.name)
    if np.isnan(standard.similarity) or standard.meeting < FEWEST_POINTS:
        return DirectionProof(measure, scores, Verdict.CANNOT_TELL, standard.name)
    undecided = tuple(one.name for one in rivals if not one.gain < -one.margin)
    verdict = Verdict.CANNOT_TELL if undecided else Verdict.STANDARD
    return DirectionProof(measure, scores, verdict, standard.name, undecided)


def _mayWin(one: ReadingScore, standard: ReadingScore) -> bool:
    """Whether enough of the image lands on the other by it."""
    return one.meeting >= FEWEST_POINTS and one.overlap >= LEAST_OVERLAP * standard.overlap


def _asJSON(one: ReadingScore) -> dict[str, object]:
    numbers = {
        "similarity": one.similarity,
        "overlap": one.overlap,
        "apart": one.apart,
        "gain": one.gain,
        "margin": one.margin,
    }
    known = {key: value if np.isfinite(value) else None for key, value in numbers.items()}
    return {
        "name": one.name.value,
        "words": WORDS[one.name],
        **known,
        "points": one.points,
        "defined": one.defined,
    }
