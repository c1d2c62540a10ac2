"""How numbers are spread: extremes, mean and the usual percentiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Distribution:
    """Statistics of `count` numbers, percentiles as `p1` to `p99`; all NaN where there are none."""

    count: int
    minimum: float
    p1: float
    mean: float
    median: float
    p95: float
    p99: float
    maximum: float


def distributionOf(values: np.ndarray, weights: np.ndarray | None = None) -> Distribution:
    """Statistics of `values`, shape (n,), those that are NaN left out. `weights`, shape (n,), say
    for how much each stands; the same for all if None.
    """
    values = np.asarray(values, dtype=float)
    known = ~np.isnan(values)
    values = values[known]
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, float)[known]
    if not len(values) or not weights.sum() > 0:
        return Distribution(0, *[np.nan] * 7)
    p1, median, p95, p99 = _percentiles(values, weights, (0.01, 0.5, 0.95, 0.99))
    return Distribution(
        count=len(values),
        minimum=float(values.min()),
        p1=p1,
        mean=float(values @ weights / weights.sum()),
        median=median,
        p95=p95,
        p99=p99,
        maximum=float(values.max()),
    )


def _percentiles(
    values: np.ndarray, weights: np.ndarray, shares: tuple[float, ...]
) -> tuple[float, ...]:
    """Linear between the values, the least standing for 0 and the largest for 1, as numpy's of
    equal weights.
    """
    order = np.argsort(values)
    values, weights = values[order], weights[order]
    middle = np.cumsum(weights) - weights / 2
    span = middle[-1] - middle[0]
    places = (middle - middle[0]) / span if span > 0 else np.zeros(len(values))
    return tuple(float(np.interp(share, places, values)) for share in shares)
