"""How much one image tells about another."""

from __future__ import annotations

import numpy as np


def normalizedMutualInformation(one: np.ndarray, other: np.ndarray, bins: int) -> float:
    """(H(A) + H(B)) / H(A, B) of two images at the same points, shape (n,) each, as numbers of
    bins: 1 if one says nothing about the other, 2 if they determine each other. It favors
    neither large nor small overlap.

    Source
        C. Studholme et al., doi:10.1016/S0031-3203(98)00091-0
    """
    joint = np.bincount(one * bins + other, minlength=bins * bins)
    both = _entropy(joint)
    if both == 0:  # each of the images has one value only
        return 1.0
    counts = joint.reshape(bins, bins)
    return (_entropy(counts.sum(axis=0)) + _entropy(counts.sum(axis=1))) / both


def binned(values: np.ndarray, window: tuple[float, float], bins: int) -> np.ndarray:
    """In which of `bins` equal parts of `window` each of `values` lies; all within the window."""
    low, high = window
    return np.clip((values - low) * (bins / (high - low)), 0, bins - 1).astype(np.int64)


def _entropy(counts: np.ndarray) -> float:
    """Of a histogram, in nats."""
    part = counts[counts > 0] / counts.sum()
    return float(-np.sum(part * np.log(part)))
