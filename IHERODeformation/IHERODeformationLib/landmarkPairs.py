"""The same landmarks in two images, and by how much a registration misses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.errors import LandmarkError
from IHERORegistrationLib.frames import Transform

from .displacementGrid import PointStatus
from .distribution import Distribution, distributionOf
from .mappedPoints import mappedThrough
from .tolerances import Kind, Metric


@dataclass(frozen=True, eq=False)
class LandmarkPairs:
    """Landmarks by `labels`: where each lies in the `registered` and in the `source` image, both
    of shape (n, 3), LPS mm. `notes` are sentences on how they were paired.
    """

    labels: tuple[str, ...]
    registered: np.ndarray
    source: np.ndarray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.labels), 3)
        for points in (self.registered, self.source):
            if points.shape != shape or not np.isfinite(points).all():
                raise LandmarkError(
                    f"expected {shape[0]} landmarks of three finite coordinates, found "
                    f"{points.shape} or what is no number"
                )
        if not self.labels:
            raise LandmarkError("expected pairs of landmarks, found none")


@dataclass(frozen=True, eq=False)
class LandmarkErrors:
    """The target registration error in mm of each of `pairs`, shape (n,), NaN where the
    registration does not define its point, as `status` says; `before`: the distance of the
    coordinates as they are.
    """

    pairs: LandmarkPairs
    errors: np.ndarray
    status: np.ndarray
    before: np.ndarray

    @property
    def distribution(self) -> Distribution:
        return distributionOf(self.errors)

    @property
    def undefined(self) -> int:
        """How many of the landmarks have no error."""
        return int(np.isnan(self.errors).sum())

    @property
    def metrics(self) -> Iterator[Metric]:
        """All of it as single numbers."""
        spread = self.distribution
        region = f"{len(self.errors)} landmarks"
        for quantity, value, unit in (
            ("mean", spread.mean, "mm"),
            ("median", spread.median, "mm"),
            ("95 %", spread.p95, "mm"),
            ("maximum", spread.maximum, "mm"),
            ("mean before", float(self.before.mean()), "mm"),
            ("not defined", float(self.undefined), ""),
        ):
            yield Metric(Kind.LANDMARKS, region, quantity, value, unit)

    def asJSON(self) -> list[dict[str, object]]:
        """Each landmark with its error and what it was before, mm; null where it is not known."""
        numbers = (self.pairs.labels, self.errors.tolist(), self.before.tolist(), self.status)
        return [
            {
                "label": label,
                "error": None if np.isnan(error) else error,
                "before": before,
                "status": PointStatus(status).name.lower(),
            }
            for label, error, before, status in zip(*numbers, strict=True)
        ]


def landmarkErrors(transform: Transform, pairs: LandmarkPairs) -> LandmarkErrors:
    """How far from the source landmarks `transform` takes the registered ones, in the source."""
    found = mappedThrough(transform, pairs.registered)
    errors = np.linalg.norm(found.points - pairs.source, axis=-1)
    before = np.linalg.norm(pairs.registered - pairs.source, axis=-1)
    return LandmarkErrors(pairs, errors, found.status, before)


Labeled = Sequence[tuple[str, np.ndarray]]  # label, which may be empty, and point, shape (3,)


def pairedLandmarks(registered: Labeled, source: Labeled) -> LandmarkPairs:
    """Pairs of two lists: by label where both sides label theirs differently and share some; by
    their order where they share none and are equally many.

    Raises
        LandmarkError: neither is possible, or a label occurs twice.
    """
    here, there = (_byLabel(one) for one in (registered, source))
    common = [label for label in here if label in there]
    if common:
        alone = [label for label in (*here, *there) if (label in here) != (label in there)]
        notes = (
            f"{len(common)} landmarks were paired by label"
            + (f"; without a partner: {', '.join(alone)}" if alone else ""),
        )
        return _pairs(common, [here[one] for one in common], [there[one] for one in common], notes)
    if len(registered) != len(source):
        raise LandmarkError(
            f"expected landmarks with the same labels, or equally many, found {len(registered)} "
            f"and {len(source)} without a common label"
        )
    labels = [label or str(number) for number, (label, _) in enumerate(registered, start=1)]
    first, second = ([point for _, point in one] for one in (registered, source))
    return _pairs(labels, first, second, (f"{len(labels)} landmarks were paired by their order",))


def _byLabel(landmarks: Labeled) -> Mapping[str, np.ndarray]:
    """Empty if any landmark has no label."""
    found: dict[str, np.ndarray] = {}
    for label, point in landmarks:
        if label in found:
            raise LandmarkError(f"expected each label once, found {label} twice")
        if label:
            found[label] = point
    return found if len(found) == len(landmarks) else {}


def _pairs(
    labels: Sequence[str],
    registered: Sequence[np.ndarray],
    source: Sequence[np.ndarray],
    notes: tuple[str, ...],
) -> LandmarkPairs:
    here, there = (np.array(one, float).reshape(-1, 3) for one in (registered, source))
    return LandmarkPairs(tuple(labels), here, there, notes)
