"""Base and overlay registered rigidly by pairs of landmarks, and what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence

from .codes import FIDUCIAL_ALIGNMENT
from .errors import LandmarkError
from .imagePair import ImagePair, centerOf
from .landmarkNodes import LandmarkPair
from .landmarks import LandmarkFit, landmarkFit
from .madeRegistration import Making
from .sentences import motionSentence

LARGE = 3.0  # mm: more than a voxel of most images, and what reports on registration ask for
FEW = 4  # pairs: with three, residuals hide an error along the plane
MISPLACED = 0.5  # of the RMS that is left without a pair: so much speaks against the pair


def fittedPairs(pair: ImagePair, pairs: Sequence[LandmarkPair]) -> LandmarkFit:
    """The rigid transform overlay → base of the pairs that are whole and used. The identifiers of
    the fit are the numbers of the pairs in `pairs`, from 1.

    Raises
        LandmarkError: see `landmarkFit`.
    """
    used = {str(number): one for number, one in enumerate(pairs, 1) if one.isWhole and one.isUsed}
    return landmarkFit(
        {number: one.moving for number, one in used.items() if one.moving is not None},
        {number: one.fixed for number, one in used.items() if one.fixed is not None},
        pair.movingFrame,
        pair.fixedFrame,
    )


def landmarkRemarks(pair: ImagePair, pairs: Sequence[LandmarkPair]) -> tuple[str, ...]:
    """What speaks against the fit of `pairs`, worst first."""
    fit = fittedPairs(pair, pairs)
    remarks = []
    misplaced = _misplaced(pair, pairs, fit)
    if misplaced is not None:
        number, left = misplaced
        remarks.append(
            f"Pair {number} may be misplaced: without it the RMS residual falls from "
            f"{fit.rootMeanSquare:.1f} to {left:.1f} mm."
        )
    if fit.largest > LARGE:
        remarks.append(
            f"Residuals up to {fit.largest:.1f} mm are more than {LARGE:g} mm: check the pairs, "
            "or the anatomy has changed its shape."
        )
    if len(fit.residuals) < FEW:
        remarks.append("With three pairs residuals say little: place a fourth to check them.")
    return tuple(remarks)


def _misplaced(
    pair: ImagePair, pairs: Sequence[LandmarkPair], fit: LandmarkFit
) -> tuple[str, float] | None:
    """Number of the pair without which the fit is far better, and its RMS residual then."""
    if fit.largest <= LARGE or len(fit.identifiers) <= FEW:
        return None
    left = {}
    for number in fit.identifiers:
        rest = [
            one
            for place, one in enumerate(pairs, 1)
            if str(place) in fit.identifiers and str(place) != number
        ]
        try:
            left[number] = fittedPairs(pair, rest).rootMeanSquare
        except LandmarkError:
            continue
    best = min(left, key=left.__getitem__, default=None)
    if best is None or left[best] > MISPLACED * fit.rootMeanSquare:
        return None
    return best, left[best]


def residualSentence(fit: LandmarkFit) -> str:
    """“6 pairs: residuals 1.2 mm on average, 1.4 mm RMS, 2.9 mm at most.”"""
    return (
        f"{len(fit.residuals)} pairs: residuals {fit.mean:.1f} mm on average, "
        f"{fit.rootMeanSquare:.1f} mm RMS, {fit.largest:.1f} mm at most."
    )


def landmarkMaking(pair: ImagePair, pairs: Sequence[LandmarkPair], fit: LandmarkFit) -> Making:
    """What the node of the result says of itself."""
    each = tuple(
        f"pair {number} ({pairs[int(number) - 1].name}): {residual:.2f} mm"
        for number, residual in zip(fit.identifiers, fit.residuals, strict=True)
    )
    motion = motionSentence(fit.transform.matrix, centerOf(pair.moving))
    return Making(
        name=f"{pair.moving.GetName()} on {pair.fixed.GetName()} by landmarks",
        method=FIDUCIAL_ALIGNMENT,
        description="rigid, least squares of paired landmarks",
        comment=f"{len(fit.residuals)} fiducials, residual {fit.rootMeanSquare:.2f} mm RMS",
        summary=(residualSentence(fit), *landmarkRemarks(pair, pairs), motion),
        details=each,
    )
