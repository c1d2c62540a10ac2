"""Limits that guidance gives for the quality of a registration, as a table with their sources.

There is no agreement on most thresholds (L. Nenoff, doi:10.1088/1361-6560/ad0d8a): what has no row
is told without a verdict.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

COLUMNS = ("kind", "region", "quantity", "value", "unit", "verdict", "limit", "source")
TG132 = "AAPM TG-132, K. K. Brock 2017, doi:10.1002/mp.12256"


class Judgment(StrEnum):
    """What a limit says about a value."""

    WITHIN = "within"
    BEYOND = "beyond"
    NO_LIMIT = "no agreed limit"
    UNKNOWN = "not known"


class Kind(StrEnum):
    """What is measured."""

    LANDMARKS = "target registration error"
    DICE = "Dice similarity coefficient"
    SURFACE = "distance of surfaces"
    JACOBIAN = "Jacobian determinant"
    CONSISTENCY = "inverse consistency"
    INVERSE = "numerical inverse"
    DISPLACEMENT = "displacement"
    DEFORMATION = "displacement without the rigid part"
    COVERAGE = "coverage"
    VOLUME = "volume"


@dataclass(frozen=True)
class Metric:
    """One number: the `quantity` (mean, 95 % …) of a `kind` in a `region`; NaN if not known."""

    kind: Kind
    region: str
    quantity: str
    value: float
    unit: str


@dataclass(frozen=True)
class Tolerance:
    """A limit on one quantity; `limit` None stands for the largest voxel side of both images."""

    kind: Kind
    quantity: str
    isMost: bool
    limit: float | None
    meaning: str
    source: str


@dataclass(frozen=True)
class JudgedMetric:
    """A number and what the limit on it, if there is one, says."""

    metric: Metric
    judgment: Judgment
    limit: float | None = None
    tolerance: Tolerance | None = None

    @property
    def limitText(self) -> str:
        """“≤ 2.5 mm”, or nothing."""
        if self.tolerance is None or self.limit is None:
            return ""
        sign = "≤" if self.tolerance.isMost else "≥"
        return f"{sign} {self.limit:.4g} {self.metric.unit}".rstrip()

    @property
    def source(self) -> str:
        """Who gives the limit, or nothing."""
        return "" if self.tolerance is None else self.tolerance.source

    @property
    def row(self) -> list[str]:
        """As COLUMNS say; empty where something is not known."""
        one = self.metric
        value = f"{one.value:.6g}" if math.isfinite(one.value) else ""
        told = [self.judgment.value, self.limitText, self.source]
        return [one.kind.value, one.region, one.quantity, value, one.unit, *told]

    def asJSON(self) -> dict[str, object]:
        """The same for programs; null where something is not known."""
        one = self.metric
        return {
            "kind": one.kind.value,
            "region": one.region,
            "quantity": one.quantity,
            "value": one.value if math.isfinite(one.value) else None,
            "unit": one.unit,
            "verdict": self.judgment.value,
            "limit": self.limit,
            "source": self.source or None,
        }


# fmt: off
TOLERANCES = (
    Tolerance(Kind.LANDMARKS, "mean", True, None,
              "largest voxel side, about 2 to 3 mm", TG132),
    Tolerance(Kind.LANDMARKS, "maximum", True, 5.0,
              "as cited for the thorax; often exceeded",
              "K. Latifi 2018, doi:10.1002/acm2.12348, after AAPM TG-132"),
    Tolerance(Kind.SURFACE, "mean", True, None,
              "contouring uncertainty or largest voxel side, about 2 to 3 mm", TG132),
    Tolerance(Kind.DICE, "value", False, 0.8,
              "contouring uncertainty, about 0.80 to 0.90; depends on size", TG132),
    Tolerance(Kind.JACOBIAN, "not above 0", True, 0.0,
              "no folding; elsewhere as expected of the organ", TG132),
    Tolerance(Kind.CONSISTENCY, "mean", True, None,
              "largest voxel side, about 2 to 3 mm; consistent is not accurate",
              f"{TG132}, section 4.C.4"),
)
# fmt: on


def judged(metrics: Iterable[Metric], largestVoxelSide: float) -> tuple[JudgedMetric, ...]:
    """Each of `metrics` with the verdict of its row in TOLERANCES."""
    rows = {(one.kind, one.quantity): one for one in TOLERANCES}
    return tuple(
        _judged(one, rows.get((one.kind, one.quantity)), largestVoxelSide) for one in metrics
    )


def _judged(metric: Metric, row: Tolerance | None, largestVoxelSide: float) -> JudgedMetric:
    if row is None:
        return JudgedMetric(metric, Judgment.NO_LIMIT)
    limit = largestVoxelSide if row.limit is None else row.limit
    if math.isnan(metric.value) or math.isnan(limit):
        return JudgedMetric(metric, Judgment.UNKNOWN, None if math.isnan(limit) else limit, row)
    isWithin = metric.value <= limit if row.isMost else metric.value >= limit
    return JudgedMetric(metric, Judgment.WITHIN if isWithin else Judgment.BEYOND, limit, row)
