import numpy as np
import pytest

import builders
from IHERORegistrationLib.errors import NonconformantError
from IHERORegistrationLib.fractionation import (
    FractionGroup,
    fractionGroups,
    requireSameFractionation,
)
from IHERORegistrationLib.plan import planFromDataset


def group(fractions, *beams, number=1):
    """A fraction group; a beam is its dose, None for a beam without."""
    made = builders.item(FractionGroupNumber=number, NumberOfFractionsPlanned=fractions)
    made.ReferencedBeamSequence = [
        builders.item(ReferencedBeamNumber=n, **({} if dose is None else {"BeamDose": dose}))
        for n, dose in enumerate(beams, start=1)
    ]
    return made


def plan(*groups, prescribed=(), number=80):
    references = [builders.item(TargetPrescriptionDose=dose) for dose in prescribed]
    return planFromDataset(
        builders.plan(
            SOPInstanceUID=f"2.25.77.4.{number}",
            FractionGroupSequence=list(groups),
            DoseReferenceSequence=references,
        )
    )


def test_the_dose_of_a_fraction_is_that_of_its_prescription():
    found = fractionGroups(plan(group(28, 0.4, 0.5), prescribed=("50.4", "44.8")))
    assert found == (FractionGroup(1, 28, pytest.approx(1.8)),)


def test_without_a_prescription_it_is_that_of_its_beams():
    assert fractionGroups(plan(group(5, 1.25, 0.75))) == (FractionGroup(1, 5, pytest.approx(2)),)


def test_a_dose_that_is_not_stated_is_unknown():
    (found,) = fractionGroups(plan(group(5, 1.25, None)))
    assert np.isnan(found.dose)
    (found,) = fractionGroups(plan(group("", 1.25), prescribed=("50",)))
    assert found == FractionGroup(1, 0, pytest.approx(1.25))


def test_the_same_dose_per_fraction_is_the_same_fractionation():
    requireSameFractionation(
        [plan(group(25), prescribed=("50",)), plan(group(8, 1.5, 0.51), number=81)]
    )


def test_the_same_number_of_fractions_will_do_where_doses_are_not_stated():
    requireSameFractionation([plan(group(25)), plan(group(25), prescribed=("50",), number=81)])


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            plan(group(25), prescribed=("50",)),
            plan(group(3), prescribed=("54",), number=81),
            r"25 fractions of 2 Gy in plan 2\.25\.77\.4\.80; 3 fractions of 18 Gy in plan",
        ),
        (
            plan(group(25), prescribed=("50",)),
            plan(group(25), prescribed=("45",), number=81),
            "25 fractions of 1.8 Gy",
        ),
        (plan(group(25)), plan(group(20), number=81), "20 fractions of unknown dose"),
        (plan(group(25)), plan(number=81), r"found 0 in plan 2\.25\.77\.4\.81"),
        (plan(group(25)), plan(group(5), group(5, number=2), number=81), "found 2 in plan"),
        (plan(group(25)), plan(group(""), number=81), "one without their number"),
    ],
)
def test_other_fractionations_are_refused_with_the_reason(first, second, message):
    with pytest.raises(NonconformantError, match=message):
        requireSameFractionation([first, second])
