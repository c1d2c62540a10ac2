from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

import builders
from IHERORegistrationLib.dose import doseFromDataset
from IHERORegistrationLib.doseObject import DoseContent, SpatialTransform, datasetFromDose
from IHERORegistrationLib.errors import FrameOfReferenceError, NonconformantError
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.references import InstanceReference

REGISTRATION = InstanceReference("1.2.840.10008.5.1.4.1.1.66.3", "2.25.77.4.60")
CREATED = datetime(2025, 6, 7, 8, 9, 10, tzinfo=UTC)


def content(ct, *sources, **changes):
    sources = sources or (doseFromDataset(builders.dose()),)
    made = DoseContent(
        volume=sources[0].volume,
        sources=sources,
        target=ct,
        kind=SpatialTransform.NON_RIGID,
        registrations=(REGISTRATION,),
        statement="Deformed",
        summationType="PLAN",
    )
    return replace(made, **changes)


def written(made):
    return datasetFromDose(made, "a dose", created=CREATED)


def shifted(made, by):
    volume = made.volume
    return replace(
        made, volume=Volume(volume.values + np.float32(by), volume.lattice, volume.frame)
    )


@pytest.mark.parametrize("peak", [81.7265625, 1 / 3, 2.7e-5])
def test_sixteen_bits_on_request_and_no_value_exceeds_them(ct, peak):
    made = content(ct, bits=16)
    values = (made.volume.values / made.volume.values.max() * np.float32(peak)).astype(np.float32)
    dataset = written(replace(made, volume=Volume(values, made.volume.lattice, ct.frame)))
    assert (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit) == (16, 16, 15)
    scaling = float(dataset.DoseGridScaling)
    assert scaling * 65535 >= float(values.max())
    stored = np.frombuffer(dataset.PixelData, "<u2").reshape(values.shape)
    assert stored.max() == 65535
    assert np.abs(stored * scaling - values).max() <= 0.5001 * scaling
    assert len(dataset.PixelData) == 2 * values.size


@pytest.mark.parametrize(("bits", "stored"), [(16, "<i2"), (32, "<i4")])
def test_an_error_keeps_its_sign(ct, bits, stored):
    source = doseFromDataset(builders.dose(DoseType="ERROR"))
    made = shifted(content(ct, source, bits=bits), -1.5)
    dataset = written(made)
    assert dataset.PixelRepresentation == 1
    back = np.frombuffer(dataset.PixelData, stored) * float(dataset.DoseGridScaling)
    error = np.abs(back - made.volume.values.ravel()).max()
    assert error <= 0.51 * float(dataset.DoseGridScaling)
    assert back.min() == pytest.approx(-1.5, rel=1e-4)


def test_relative_units_stay(ct):
    source = doseFromDataset(builders.dose(DoseUnits="RELATIVE"))
    assert written(content(ct, source)).DoseUnits == "RELATIVE"


def test_several_sources_and_their_plans_are_named_once_each(ct):
    other = builders.plan(SOPInstanceUID="2.25.77.4.81")
    doses = [
        doseFromDataset(builders.dose()),
        doseFromDataset(
            builders.dose(
                SOPInstanceUID="2.25.77.4.91",
                ReferencedRTPlanSequence=builders.references([other]),
                TissueHeterogeneityCorrection="WATER",
            )
        ),
        doseFromDataset(builders.dose(SOPInstanceUID="2.25.77.4.92")),
    ]
    dataset = written(content(ct, *doses, summationType="MULTI_PLAN"))
    plans = [one.ReferencedSOPInstanceUID for one in dataset.ReferencedRTPlanSequence]
    assert plans == [builders.plan().SOPInstanceUID, "2.25.77.4.81"]
    sources = [one.ReferencedSOPInstanceUID for one in dataset.ReferencedInstanceSequence]
    assert sources == [one.sopInstanceUID for one in doses]
    assert dataset.DoseSummationType == "MULTI_PLAN"
    assert dataset.TissueHeterogeneityCorrection == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"statement": "x" * 65}, "found 65 in the comment"),
        ({"registrations": ()}, "NON_RIGID names 0 registrations"),
        ({"kind": SpatialTransform.NONE}, "NONE names 1 registrations"),
    ],
)
def test_what_cannot_be_said_is_refused(ct, changes, message):
    with pytest.raises(NonconformantError, match=message):
        written(content(ct, **changes))


def test_sources_of_different_type_are_refused(ct):
    doses = [doseFromDataset(builders.dose(DoseType=one)) for one in ("PHYSICAL", "EFFECTIVE")]
    with pytest.raises(NonconformantError, match="one type, found EFFECTIVE in GY, PHYSICAL in GY"):
        written(content(ct, *doses))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused_even_in_an_error(ct, value):
    made = content(ct, doseFromDataset(builders.dose(DoseType="ERROR")))
    with pytest.raises(NonconformantError, match="expected finite values"):
        written(shifted(made, value))


def test_a_dose_in_another_frame_is_refused(ct):
    made = content(ct)
    astray = Volume(made.volume.values, made.volume.lattice, builders.MR_FRAME)
    with pytest.raises(FrameOfReferenceError, match="expected a dose in"):
        written(replace(made, volume=astray))


def test_a_voxel_has_16_or_32_bits(ct):
    with pytest.raises(ValueError, match="got 8"):
        written(content(ct, bits=8))
