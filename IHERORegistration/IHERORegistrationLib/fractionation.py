"""How a plan divides its dose, which says whether doses may be added as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from pydicom import Dataset

from .decimalStrings import numbers
from .errors import NonconformantError
from .plan import Plan

SAME_DOSE = 0.01  # relative difference of doses per fraction that are one


@dataclass(frozen=True)
class FractionGroup:
    """`fractions` planned, 0 if the plan does not say; `dose` in Gy of each, NaN if it does not."""

    number: int
    fractions: int
    dose: float


def fractionGroups(plan: Plan) -> tuple[FractionGroup, ...]:
    """The fraction groups of `plan`.

    The dose of a fraction is the highest prescription of a target divided by the fractions, where
    there is one group; else the sum of its beams, where each states one.

    Raises
        MalformedObjectError: a number is none.

    Source
        DICOM PS3.3 C.8.8.10, C.8.8.13
    """
    groups = plan.header.get("FractionGroupSequence") or ()
    prescribed = _prescribed(plan.header) if len(groups) == 1 else np.nan
    found = []
    for place, group in enumerate(groups, start=1):
        where = f"FractionGroupSequence[{place}]/"
        fractions = int(_number(group, "NumberOfFractionsPlanned", where, 0))
        each = prescribed / fractions if fractions else np.nan
        if np.isnan(each):
            each = _ofBeams(group, where)
        found.append(
            FractionGroup(int(_number(group, "FractionGroupNumber", where, 0)), fractions, each)
        )
    return tuple(found)


def requireSameFractionation(plans: Iterable[Plan]) -> None:
    """Let physical doses of `plans` be added: each has one fraction group, of the same dose per
    fraction, or, where a plan does not state that, of the same number of fractions.

    Raises
        NonconformantError: they are fractionated differently or that cannot be told; says why.
    """
    groups: dict[str, FractionGroup] = {}
    for plan in plans:
        found = fractionGroups(plan)
        if len(found) != 1 or not found[0].fractions:
            number = "one without their number" if len(found) == 1 else str(len(found))
            raise NonconformantError(
                f"doses are not added: expected one fraction group, found {number} in plan "
                f"{plan.sopInstanceUID}",
                (),
            )
        groups[plan.sopInstanceUID] = found[0]
    doses = np.array([one.dose for one in groups.values()])
    known = doses[~np.isnan(doses)]
    differ = len(known) > 1 and np.ptp(known) > SAME_DOSE * known.max()
    fractions = {one.fractions for one in groups.values()}
    if differ or (len(known) < len(doses) and len(fractions) > 1):
        told = "; ".join(f"{_told(one)} in plan {uid}" for uid, one in groups.items())
        raise NonconformantError(
            "doses are not added, the plans are fractionated differently and equal physical doses "
            f"do not mean the same: {told}",
            (),
        )


def _told(group: FractionGroup) -> str:
    each = "unknown dose" if np.isnan(group.dose) else f"{group.dose:.4g} Gy"
    return f"{group.fractions} fractions of {each}"


def _prescribed(header: Dataset) -> float:
    doses = [
        _number(one, "TargetPrescriptionDose", f"DoseReferenceSequence[{place}]/", np.nan)
        for place, one in enumerate(header.get("DoseReferenceSequence") or (), start=1)
    ]
    known = [dose for dose in doses if dose > 0]
    return max(known, default=np.nan)


def _ofBeams(group: Dataset, where: str) -> float:
    """Sum over the beams and applications of a group; NaN if one of them states no dose."""
    doses = [
        _number(one, keyword, f"{where}{sequence}[{place}]/", np.nan)
        for sequence, keyword in (
            ("ReferencedBeamSequence", "BeamDose"),
            ("ReferencedBrachyApplicationSetupSequence", "BrachyApplicationSetupDose"),
        )
        for place, one in enumerate(group.get(sequence) or (), start=1)
    ]
    return float(np.sum(doses)) if doses else np.nan


def _number(item: Dataset, keyword: str, where: str, absent: float) -> float:
    values = numbers(item, keyword, where)
    return float(values[0]) if len(values) else absent
