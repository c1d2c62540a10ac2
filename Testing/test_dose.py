import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.uid import ExplicitVRBigEndian, RLELossless

import builders
from builders import ABSENT, dose, ds
from IHERORegistrationLib.dose import doseFromDataset, doseFromFile
from IHERORegistrationLib.errors import MalformedObjectError
from readBack import noteNames
from testData import dataSet

STORED = np.arange(60).reshape(3, 4, 5)  # of the built dose, scaled by 1/32 Gy
OBLIQUE = (0.96, 0.28, 0, -0.168, 0.576, 0.8)
NORMAL = np.array((0.224, -0.768, 0.6))


def test_a_dose_is_gray_on_a_lattice():
    read = doseFromDataset(dose())
    assert read.volume.values.dtype == np.float32
    np.testing.assert_array_equal(read.volume.values, STORED / 32)
    lattice = read.volume.lattice
    assert lattice.size == (5, 4, 3)
    np.testing.assert_allclose(lattice.spacing, (4, 3, 2.5))
    np.testing.assert_allclose(lattice.points(np.array((4, 3, 2))), (-52, 40, 116))
    assert (read.frame, read.units, read.doseType) == (builders.CT_FRAME, "GY", "PHYSICAL")
    assert read.summationType == "PLAN"
    assert [one.sopInstanceUID for one in read.plans] == [builders.plan().SOPInstanceUID]
    assert read.notes == ()
    assert "PixelData" not in read.header
    assert read.header.Rows == 4


@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("signed", [0, 1])
def test_stored_values_of_every_kind_are_scaled(bits, signed):
    kind = f"<{'ui'[signed]}{bits // 8}"
    highest = np.iinfo(kind).max
    stored = np.linspace(-highest if signed else 0, highest, 60).astype(kind).reshape(3, 4, 5)
    read = doseFromDataset(
        dose(
            BitsAllocated=bits, BitsStored=bits, HighBit=bits - 1, PixelRepresentation=signed,
            PixelData=stored.tobytes(), DoseType="ERROR", DoseGridScaling="1.25e-7",
        )
    )  # fmt: skip
    np.testing.assert_allclose(read.volume.values, stored * 1.25e-7, rtol=1e-7)
    assert read.notes == ()


def test_a_signed_dose_that_is_no_error_is_remarked():
    read = doseFromDataset(dose(PixelRepresentation=1))
    assert noteNames(read) == ["signed dose"]
    doseFromDataset(dose(PixelRepresentation=1), strict=True)


def test_big_endian_and_compressed_pixels_are_read():
    dataset = dose(PixelData=STORED.astype(">u2").tobytes())
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    np.testing.assert_array_equal(doseFromDataset(dataset).volume.values, STORED / 32)
    dataset = dose()
    dataset.compress(RLELossless)
    np.testing.assert_array_equal(doseFromDataset(dataset).volume.values, STORED / 32)


def test_absolute_offsets_of_an_axial_dose_are_its_z():
    read = doseFromDataset(dose(GridFrameOffsetVector=ds((111, 113.5, 116))))
    np.testing.assert_allclose(read.volume.lattice.origin, (-68, 31, 111))
    np.testing.assert_allclose(read.volume.lattice.spacing[2], 2.5)
    assert noteNames(read) == ["absolute offsets"]


def test_both_meanings_coincide_at_z_0():
    read = doseFromDataset(dose(ImagePositionPatient=ds((-68, 31, 0))))
    assert noteNames(read) == []


@pytest.mark.parametrize(
    "orientation", [(-1, 0, 0, 0, -1, 0), OBLIQUE, (1, 0, 0, 0, 0.99999, 0.0044721)]
)
def test_absolute_offsets_of_other_orientations_are_refused(orientation):
    dataset = dose(
        ImageOrientationPatient=ds(orientation), GridFrameOffsetVector=ds((111, 113.5, 116))
    )
    with pytest.raises(MalformedObjectError, match="GridFrameOffsetVector"):
        doseFromDataset(dataset)


def test_offsets_that_begin_elsewhere_are_refused():
    with pytest.raises(MalformedObjectError, match=r"expected 0.*\(111\).*found 5"):
        doseFromDataset(dose(GridFrameOffsetVector=ds((5, 7.5, 10))))


@pytest.mark.parametrize("first", [0, 111])
def test_falling_offsets_are_put_in_rising_order(first):
    offsets = first + np.array((0, -2.5, -5))
    read = doseFromDataset(dose(GridFrameOffsetVector=ds(offsets)))
    lattice = read.volume.lattice
    np.testing.assert_allclose(lattice.origin, (-68, 31, 106))
    assert np.linalg.det(lattice.directions) == pytest.approx(1)
    np.testing.assert_array_equal(read.volume.values, STORED[::-1] / 32)
    assert "decreasing offsets" in noteNames(read)
    doseFromDataset(dose(GridFrameOffsetVector=ds(offsets)), strict=True)


def test_an_oblique_dose_lies_along_its_own_axes():
    read = doseFromDataset(dose(ImageOrientationPatient=ds(OBLIQUE)))
    expected = (
        np.array((-68, 31, 111))
        + 16 * np.array(OBLIQUE[:3])
        + 9 * np.array(OBLIQUE[3:])
        + 5 * NORMAL
    )
    np.testing.assert_allclose(
        read.volume.lattice.points(np.array((4, 3, 2))), expected, atol=1e-12
    )


def test_a_patient_lying_prone_has_a_right_handed_lattice():
    read = doseFromDataset(dose(ImageOrientationPatient=ds((-1, 0, 0, 0, -1, 0))))
    np.testing.assert_allclose(read.volume.lattice.normal, (0, 0, 1))
    np.testing.assert_allclose(read.volume.lattice.points(np.array((4, 0, 0))), (-84, 31, 111))


def test_uneven_offsets_are_interpolated_with_a_note():
    dataset = dose(GridFrameOffsetVector=ds((0, 2, 7)))
    read = doseFromDataset(dataset)
    assert noteNames(read) == ["uneven offsets"]
    np.testing.assert_allclose(read.volume.lattice.spacing[2], 2)
    between = [0, 1, 1.4, 1.8]  # frames at 0, 2, 4 and 6 mm
    expected = np.stack([STORED[0] / 32 + 20 / 32 * place for place in between])
    np.testing.assert_allclose(read.volume.values, expected, rtol=1e-6)
    with pytest.raises(MalformedObjectError, match="strict"):
        doseFromDataset(dataset, strict=True)


def test_falling_uneven_offsets_are_interpolated_too():
    read = doseFromDataset(dose(GridFrameOffsetVector=ds((0, -5, -7))))
    np.testing.assert_allclose(read.volume.lattice.origin, (-68, 31, 104))
    between = [2, 1, 0.6, 0.2]  # frames at -7, -5, -3, -1 mm
    expected = np.stack([STORED[0] / 32 + 20 / 32 * place for place in between])
    np.testing.assert_allclose(read.volume.values, expected, rtol=1e-6)


def test_rounded_offsets_are_even():
    read = doseFromDataset(dose(GridFrameOffsetVector=ds((0, 2.503, 5))))
    assert noteNames(read) == []
    assert read.volume.lattice.size[2] == 3


def test_offsets_too_uneven_for_a_volume_are_refused():
    with pytest.raises(MalformedObjectError, match="so uneven"):
        doseFromDataset(dose(GridFrameOffsetVector=ds((0, 0.01, 900))))


def single(**changes):
    return dose(
        **{
            "PixelData": STORED[0].astype("<u2").tobytes(),
            "NumberOfFrames": 1,
            "GridFrameOffsetVector": ABSENT,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "thickness"),
    [
        ({}, 1),
        ({"NumberOfFrames": ABSENT}, 1),
        ({"SliceThickness": "3.5"}, 3.5),
        ({"GridFrameOffsetVector": "0"}, 1),
    ],
)
def test_a_single_frame_needs_no_offsets(changes, thickness):
    read = doseFromDataset(single(**changes))
    assert read.volume.values.shape == (1, 4, 5)
    np.testing.assert_allclose(read.volume.lattice.spacing[2], thickness)
    assert noteNames(read) == ["single frame"]


WRONG = {
    "another class": {"SOPClassUID": builders.CT_FRAME},
    "no frame of reference": {"FrameOfReferenceUID": ABSENT},
    "no offsets": {"GridFrameOffsetVector": ABSENT},
    "offsets of another number": {"GridFrameOffsetVector": ds((0, 2.5))},
    "offsets up and down": {"GridFrameOffsetVector": ds((0, 2.5, 1))},
    "offsets twice": {"GridFrameOffsetVector": ds((0, 2.5, 2.5))},
    "more frames than bytes": {"NumberOfFrames": 4, "GridFrameOffsetVector": ds((0, 1, 2, 3))},
    "too few bytes": {"PixelData": b"\0" * 118},
    "too many bytes": {"PixelData": b"\0" * 122},
    "no pixels": {"PixelData": ABSENT},
    "8 bits": {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7},
    "12 of 16 bits": {"BitsStored": 12, "HighBit": 11},
    "high bit elsewhere": {"HighBit": 14},
    "three samples": {"SamplesPerPixel": 3},
    "no bits": {"BitsAllocated": ABSENT},
    "no scaling": {"DoseGridScaling": ABSENT},
    "scaling 0": {"DoseGridScaling": "0"},
    "negative scaling": {"DoseGridScaling": "-1"},
    "immense scaling": {"DoseGridScaling": "1E+300"},
    "unknown units": {"DoseUnits": "CGY"},
    "no rows": {"Rows": 0},
    "no position": {"ImagePositionPatient": ABSENT},
    "position of two values": {"ImagePositionPatient": ds((1, 2))},
    "skewed axes": {"ImageOrientationPatient": ds((1, 0, 0, 0.5, 1, 0))},
    "no spacing": {"PixelSpacing": ABSENT},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_dose_that_contradicts_itself_is_refused(name):
    with pytest.raises(MalformedObjectError):
        doseFromDataset(dose(**WRONG[name]))


def test_relative_doses_stay_relative():
    assert doseFromDataset(dose(DoseUnits="RELATIVE")).units == "RELATIVE"


def test_a_real_dose_is_where_and_what_another_program_reads(nonhybridSet):
    path = next((nonhybridSet / "RTDOSE").iterdir())
    read = doseFromFile(path, strict=True)
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    theirs = reader.Execute()  # stored values
    assert read.volume.lattice.size == (51, 51, 222)
    np.testing.assert_allclose(read.volume.lattice.spacing, (10, 10, 2))
    np.testing.assert_allclose(read.volume.lattice.origin, theirs.GetOrigin(), atol=1e-6)
    gray = sitk.GetArrayFromImage(theirs) * float(dcmread(path).DoseGridScaling)
    np.testing.assert_allclose(read.volume.values, gray, rtol=1e-6)


@pytest.mark.parametrize(
    ("folder", "pattern", "size", "highest"),
    [
        ("dicompyler-breast-rt", "rtdose.dcm", (194, 129, 98), 14.680764),
        ("oncentra-phantom-rt", "RD*3641918815*", (22, 22, 5), 6.2517776),
        ("aria136-phantom-registered-explicit", "RD*15210249*", (9, 9, 9), 23.230627),
    ],
)
def test_doses_of_several_systems_are_read(folder, pattern, size, highest):
    read = doseFromFile(next(dataSet(folder).glob(pattern)), strict=True)
    assert read.volume.lattice.size == size
    assert read.volume.values.max() == pytest.approx(highest)
    assert read.units == "GY"
