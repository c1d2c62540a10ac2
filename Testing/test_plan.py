import numpy as np
import pytest
from pydicom.uid import RTIonPlanStorage

import builders
from builders import ABSENT, ds, item, plan
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.plan import planFromDataset, planFromFile
from testData import dataSet


def beam(number, *isocenters, points="ControlPointSequence"):
    made = [
        item(ControlPointIndex=index, **({} if one is None else {"IsocenterPosition": ds(one)}))
        for index, one in enumerate(isocenters)
    ]
    return item(BeamNumber=number, **{points: made})


def test_isocenters_come_by_beam_number():
    dataset = plan(
        BeamSequence=[
            beam(3, (1.5, -20, 300.25), None),
            beam(1, (1.5, -20, 300.251)),
            beam(7, (9, -20, 300.25)),
            beam(5, None),
        ]
    )
    read = planFromDataset(dataset)
    assert list(read.isocenters) == [3, 1, 7]
    np.testing.assert_allclose(read.isocenters[3], (1.5, -20, 300.25))
    assert [one[0] for one in read.differentIsocenters] == [1.5, 9]
    assert (read.label, read.description) == ("PLAN A", "two fields")
    assert read.frame == builders.CT_FRAME
    assert read.structureSet is not None
    assert read.structureSet.sopInstanceUID == builders.structureSet().SOPInstanceUID
    assert read.notes == ()


def test_ion_plans_have_isocenters_too():
    one = beam(2, (4, 5, 6), points="IonControlPointSequence")
    read = planFromDataset(plan(SOPClassUID=RTIonPlanStorage, IonBeamSequence=[one]))
    np.testing.assert_allclose(read.isocenters[2], (4, 5, 6))


def test_an_isocenter_that_moves_is_remarked():
    read = planFromDataset(plan(BeamSequence=[beam(1, (1, 2, 3), (1, 2, 3.005), (1, 2, 8))]))
    np.testing.assert_allclose(read.isocenters[1], (1, 2, 3))
    (note,) = read.notes
    assert note.location == "BeamSequence[1]/ControlPointSequence[3]"
    assert "5.00 mm" in note.found


def test_a_plan_without_beams_or_structures_is_a_plan():
    read = planFromDataset(plan(ReferencedStructureSetSequence=ABSENT, RTPlanDescription=ABSENT))
    assert (read.isocenters, read.differentIsocenters, read.structureSet) == ({}, (), None)
    assert read.description == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"SOPClassUID": builders.CT_FRAME},
        {"BeamSequence": [beam(1, (1, 2))]},
        {"BeamSequence": [beam(1, (1, 2, 3)), beam(1, (4, 5, 6))]},
        {"BeamSequence": [item(ControlPointSequence=[])]},
    ],
)
def test_what_is_no_plan_or_has_no_clear_isocenter_is_refused(changes):
    with pytest.raises(MalformedObjectError):
        planFromDataset(plan(**changes))


def test_text_for_an_isocenter_is_refused():
    dataset = plan(BeamSequence=[beam(1, (1, 2, 3))])
    point = dataset.BeamSequence[0].ControlPointSequence[0]
    point.add_new(0x300A012C, "LO", ["1", "two", "3"])
    with pytest.raises(MalformedObjectError, match="'two'"):
        planFromDataset(dataset)


@pytest.mark.parametrize(
    ("folder", "pattern", "label", "points"),
    [
        ("oncentra-phantom-rt", "RP*", "Testplan", [(0.29, 0.59, 0), (0.29, -20.01, 0)]),
        ("dicompyler-breast-rt", "rtplan.dcm", "B1", [(72.5304715, -304.34455826, -9.3092401)]),
        ("raystation92-rando-head", "RP*", "Anonymized", [(0.5859375, -247.202, 195.1813)]),
        (
            "eclipse81-prostate-rt-only/intact",
            "RP*",
            "PROS",
            [(-0.000131333, 0.90895911, -3.333e-6)],
        ),
    ],
)
def test_plans_of_several_systems_are_read(folder, pattern, label, points):
    read = planFromFile(next(dataSet(folder).glob(pattern)), strict=True)
    assert read.label == label
    np.testing.assert_allclose(read.differentIsocenters, points, atol=1e-6)


def test_a_plan_whose_bytes_were_changed_is_refused():
    folder = dataSet("eclipse81-prostate-rt-only") / "crlf-corrupted"
    with pytest.raises(MalformedObjectError, match="truncated"):
        planFromFile(next(folder.glob("RP*")))
