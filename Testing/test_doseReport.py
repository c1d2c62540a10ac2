import json
from dataclasses import replace

import numpy as np
import pytest

import builders
from deformationCases import Case
from deformedDoses import CT, MR, PEAK, doseOf, hill, registration
from drawnStructures import ellipsoidContours, rectangle, structure
from IHERODeformationLib.doseDeformer import deformedDose
from IHERODeformationLib.doseReport import doseReport, doseSumReport
from IHERODeformationLib.doseSum import WeightedDose, doseSum
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.structures import Contour, GeometricType
from IHERORegistrationLib.structureSetReader import structureSetFromDataset
from writtenSeries import seriesOf

# Vectors that grow linearly: on the way to the source x and y are stretched, z shrinks
STRETCH = np.diag([1.2, 1.1, 0.9])
SHIFT = np.array([3.0, -8.0, 21.0])
MIDDLE = np.array([-55.0, 40.0, 120.0])  # on the CT, which is the target


class Stretched(Case):
    """A case whose displacement is (STRETCH - 1) (p - MIDDLE) at its nodes, so everywhere."""

    @property
    def vectors(self):
        node = np.indices(self.size[::-1])[::-1].transpose(1, 2, 3, 0)
        away = self.pointsAt(node) - MIDDLE
        return (away @ (STRETCH - np.eye(3)).T + SHIFT).astype("<f4")


CASE = Stretched(position=(-130, -45, 55), size=(6, 7, 8), spacing=(30.0, 28.0, 19.0))
THERE = MIDDLE + SHIFT  # on the MR


@pytest.fixture(scope="module")
def ct(tmp_path_factory):
    return seriesOf(builders.ctSeries(), tmp_path_factory.mktemp("ct"))


def structures(frame, *chosen):
    drawn = structureSetFromDataset(builders.structureSet())
    return replace(
        drawn, frames=(frame,), structures=tuple(replace(one, frame=frame) for one in chosen)
    )


def ball(name, middle, radii, number=1):
    heights = np.arange(middle[2] - radii[2] + 0.5, middle[2] + radii[2], 1.0)
    return structure(ellipsoidContours(middle, radii, heights), name=name, number=number)


RADII = np.array([14.0, 17.0, 12.0])  # of the target as it lies on the CT


@pytest.fixture(scope="module")
def deformed(ct):
    dose = doseOf(hill(THERE), THERE, MR, size=(60, 56, 50))
    return deformedDose(dose, ct, [registration(CASE)])


@pytest.fixture(scope="module")
def report(deformed):
    return doseReport(
        deformed,
        before=structures(MR, ball("Target", THERE, STRETCH @ RADII), ball("Old", THERE, RADII)),
        after=structures(CT, ball("Target", MIDDLE, RADII), ball("New", MIDDLE, RADII)),
    )


def test_the_same_tissue_has_the_same_doses_before_and_after(report):
    (target,) = [one for one in report.structures if one.name == "Target"]
    before, after = target.before, target.after
    for name in ("minimum", "mean", "maximum", "D95"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), abs=0.006 * PEAK)
    # a volume that grows by det(STRETCH) towards the source takes its integral dose with it
    volume = 4 / 3 * np.pi * np.prod(RADII) / 1000
    assert after.volume == pytest.approx(volume, rel=0.01)
    assert target.integralRatio == pytest.approx(1 / np.linalg.det(STRETCH), rel=0.01)
    assert (after.coverage, after.undefinedVoxels, after.foldedVoxels) == (1, 0, 0)


def test_what_changes_by_more_than_two_percent_is_flagged(report):
    ratio = 1 / np.linalg.det(STRETCH)  # 0.842
    told = [one for one in report.sentences if "APART" in one]
    assert any(one.startswith("Integral") for one in told)
    assert any(one.startswith("Target") and f"ratio {ratio:.2f}" in one for one in told)
    assert any("energy is not kept" in one for one in report.sentences)


def test_maximum_and_integral_of_the_whole_are_told(deformed, report):
    assert report.before.maximum == deformed.source.volume.values.max()
    assert report.after.maximum == deformed.volume.values.max()
    assert report.sentences[0] == (
        f"Maximum {report.before.maximum:.4g} Gy before, {report.after.maximum:.4g} Gy after."
    )
    lattice = deformed.volume.lattice
    integral = deformed.volume.values.sum(dtype=float) * np.prod(lattice.spacing) / 1000
    assert report.after.integral == pytest.approx(integral, rel=1e-6)
    assert report.after.voxels == deformed.volume.values.size


def test_structures_of_one_set_alone_stand_alone(report):
    alone = {one.name: (one.before is None, one.after is None) for one in report.structures}
    assert alone == {"Target": (False, False), "Old": (False, True), "New": (True, False)}
    assert np.isnan(report.structures[1].integralRatio)


def test_a_name_that_several_structures_have_pairs_with_none(deformed):
    twice = [ball("Target", MIDDLE, RADII, number) for number in (1, 2)]
    found = doseReport(
        deformed,
        before=structures(MR, ball("Target", THERE, RADII)),
        after=structures(CT, *twice),
    )
    assert [(one.before is None, one.after is None) for one in found.structures] == [
        (False, True),
        (True, False),
        (True, False),
    ]


def test_the_part_without_dose_is_told(ct):
    dose = doseOf(hill(THERE), THERE, MR, size=(60, 56, 50))
    hole = replace(CASE, size=(6, 4, 8))  # the grid ends at y = 39 + 14, the target at 57
    result = deformedDose(dose, ct, [registration(hole)])
    mark = structure([Contour(MIDDLE[None], GeometricType.POINT)], name="Mark", number=7)
    found = doseReport(result, after=structures(CT, ball("Target", MIDDLE, RADII), mark))
    (target,) = found.structures
    # the cap of a ball beyond t of its radius holds (2 - 3 t + t³) / 4 of it
    t = (53 - 40) / 17
    assert target.after.coverage == pytest.approx(1 - (2 - 3 * t + t**3) / 4, abs=0.02)
    assert target.after.undefinedVoxels > 0
    assert any("has a dose after" in one for one in found.sentences)
    assert any("arrives nowhere" in one for one in found.sentences)
    assert "Mark: no statistics, structure 7 has no closed contour" in found.sentences


def test_numbers_that_are_not_known_are_null_or_empty(deformed):
    tiny = structure([rectangle((-58, -52), (38, 43), z) for z in (119, 121)], name="Tiny")
    found = doseReport(deformed, after=structures(CT, tiny))
    document = json.loads(json.dumps(found.asJSON(), allow_nan=False))
    (one,) = document["structures"]
    assert one["after"]["D2cc"] is None
    assert one["before"] is None
    assert one["after"]["volume"] == pytest.approx(0.12, rel=0.02)
    header, row = found.rows()
    values = dict(zip(header, row, strict=True))
    assert values["D2cc"] == ""
    assert (values["structure"], values["when"], values["coverage %"]) == ("Tiny", "after", "100")
    assert any("a finer dose would say more" in one for one in found.sentences)


def test_structures_elsewhere_are_refused(deformed):
    with pytest.raises(FrameOfReferenceError, match="in the frame of the dose"):
        doseReport(deformed, after=structures(MR, ball("Target", THERE, RADII)))


def test_a_sum_is_reported_in_its_structures(ct):
    parts = [
        WeightedDose(doseOf(hill(MIDDLE), MIDDLE, CT, SOPInstanceUID="2.25.77.4.91"), 0.7),
        WeightedDose(doseOf(hill(THERE), THERE, MR, SOPInstanceUID="2.25.77.4.92"), 0.5),
    ]
    total = doseSum(parts, ct, [registration(CASE)], [])
    found = doseSumReport(total, after=structures(CT, ball("Target", MIDDLE, RADII)))
    (target,) = found.structures
    assert target.before is None
    assert target.after.maximum == pytest.approx(1.2 * PEAK, rel=0.02)
    assert found.before is None
    assert any("add up to 1.2" in one for one in found.sentences)
