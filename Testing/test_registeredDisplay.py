import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

import builders
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    PatientMismatchError,
    ReferenceNotFoundError,
)
from IHERORegistrationLib.frames import FrameGraph
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.reader import registrationFromDataset, registrationFromFile
from IHERORegistrationLib.registeredDisplay import (
    Stepping,
    imageOn,
    registeredDisplay,
    sliceAt,
    slicePositions,
)
from IHERORegistrationLib.registration import frameGraph
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.structureMask import maskFromStructure
from writtenSeries import seriesOf

CT, MR, PET = builders.CT_FRAME, builders.MR_FRAME, builders.PET_FRAME
NOTHING = FrameGraph()


@pytest.fixture
def pet(tmp_path):
    return seriesOf(builders.petSeries(3), tmp_path / "pet")


def onto(series, base, degrees=(8, -17, 31), offset=(1.3, -0.7, 0.4)):
    """A rigid transform that takes the middle of `series` near the middle of `base`."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = base.lattice.center + offset - matrix[:3, :3] @ series.lattice.center
    return AffineTransform(matrix, series.frame, base.frame)


def expected(lattice, series, toSeries):
    """The series at the voxel centers of `lattice` by scipy, NaN outside its voxels."""
    k, j, i = np.indices(lattice.shape)
    there = toSeries(lattice.points(np.stack([i, j, k], axis=-1)))
    index = np.clip(series.lattice.indices(there), 0, np.array(series.lattice.size) - 1)
    values = map_coordinates(
        series.volume().values.astype(float), np.moveaxis(index, -1, 0)[::-1], order=1
    )
    return np.where(series.lattice.contains(there), values, np.nan)


def test_an_image_appears_on_the_base_where_the_registration_says(ct, mr):
    toBase = onto(mr, ct)
    display = registeredDisplay(ct, [mr], FrameGraph([toBase]))
    assert [image.series for image in display.images] == [ct, mr]
    assert display.unconnected == ()
    result = imageOn(display.images[1], ct.lattice)
    wanted = expected(ct.lattice, mr, toBase.inverse())
    assert 20 < np.isfinite(wanted).sum() < wanted.size
    assert np.array_equal(result.outside, np.isnan(wanted))
    inside = ~result.outside
    assert np.abs(result.volume.values - wanted)[inside].max() <= 0.5 + 1e-6
    assert result.volume.frame == CT


def test_the_other_image_may_be_the_base(ct, mr):
    toCT = onto(mr, ct)
    display = registeredDisplay(mr, [ct], FrameGraph([toCT]))
    result = imageOn(display.images[1], mr.lattice)
    wanted = expected(mr.lattice, ct, toCT)
    assert np.isfinite(wanted).sum() > 20
    assert np.array_equal(result.outside, np.isnan(wanted))
    assert np.abs(result.volume.values - wanted)[~result.outside].max() <= 0.5 + 1e-6


def test_the_registration_object_decides_the_direction(ct, mr):
    one = registrationFromDataset(builders.spatialRegistration())
    display = registeredDisplay(ct, [mr], frameGraph([one]))
    point = mr.lattice.points((2, 1, 1))
    moved = one.items[1].matrix @ (*point, 1)  # source → registered, PS3.3 C.20.2.1.1
    np.testing.assert_allclose(display.images[1].fromBase(moved[:3]), point, atol=1e-9)


def test_an_image_of_a_third_frame_comes_through_the_second(ct, mr, pet):
    first, second = onto(pet, mr, (60, 5, -11)), onto(mr, ct)
    display = registeredDisplay(ct, [pet], FrameGraph([first, second]))
    point = np.array([3.0, -8.0, 120.0])
    wanted = first.inverse()(second.inverse()(point))
    np.testing.assert_allclose(display.images[1].fromBase(point), wanted, atol=1e-9)
    assert not display.images[1].sharesFrame


def test_images_of_one_frame_need_no_registration(ct, tmp_path):
    hybrid = builders.petSeries(3, FrameOfReferenceUID=CT)
    for k, one in enumerate(hybrid):
        one.ImagePositionPatient = builders.ds((-75, 25, 108 + 5 * k))
    pet = seriesOf(hybrid, tmp_path / "hybrid")
    display = registeredDisplay(ct, [pet], NOTHING)
    assert display.images[1].sharesFrame
    result = imageOn(display.images[1], ct.lattice)
    wanted = expected(ct.lattice, pet, lambda points: points)
    assert np.array_equal(result.outside, np.isnan(wanted))
    inside = ~result.outside
    np.testing.assert_allclose(result.volume.values[inside], wanted[inside], rtol=1e-4)


def test_an_unconnected_image_is_named_and_never_shown(ct, mr, pet):
    display = registeredDisplay(ct, [pet, mr], FrameGraph([onto(mr, ct)]))
    assert [image.series for image in display.images] == [ct, mr]
    (left,) = display.unconnected
    assert left.series is pet
    assert f"no registration leads from {CT} to {PET}" in left.reason
    with pytest.raises(FrameOfReferenceError, match="no registration leads"):
        display.image(pet.seriesInstanceUID)
    assert display.image(mr.seriesInstanceUID).series is mr
    with pytest.raises(ReferenceNotFoundError):
        display.image("1.2.3")


def test_two_registrations_between_the_frames_show_nothing(ct, mr):
    display = registeredDisplay(ct, [mr], FrameGraph([onto(mr, ct), onto(mr, ct, (1, 2, 3))]))
    (left,) = display.unconnected
    assert "several registrations" in left.reason


def test_an_image_without_frame_is_shown_with_nothing_not_even_its_like(mr, tmp_path):
    frameless = [
        seriesOf(builders.ctSeries(FrameOfReferenceUID=""), tmp_path / name) for name in "ab"
    ]
    display = registeredDisplay(frameless[0], [frameless[1], mr], NOTHING)
    assert len(display.unconnected) == 2
    assert all("names no Frame of Reference" in one.reason for one in display.unconnected)


def test_another_patient_is_refused_unless_confirmed(ct, tmp_path):
    other = seriesOf(builders.mrSeries(PatientID="T-2"), tmp_path / "other")
    graph = FrameGraph([onto(other, ct)])
    with pytest.raises(PatientMismatchError, match="differ in PatientID"):
        registeredDisplay(ct, [other], graph)
    assert len(registeredDisplay(ct, [other], graph, otherPatientConfirmed=True).images) == 2


def test_background_and_interpolation_are_the_callers(ct, mr):
    display = registeredDisplay(mr, [ct], FrameGraph([onto(mr, ct)]))
    result = imageOn(display.images[1], mr.lattice)
    assert (result.volume.values[result.outside] == -1024).all()  # air, in the unit of a CT
    chosen = imageOn(display.images[1], mr.lattice, Interpolation.NEAREST, -1000)
    assert (chosen.volume.values[chosen.outside] == -1000).all()
    stored = np.unique(ct.volume().values)
    assert np.isin(chosen.volume.values[~chosen.outside], stored).all()
    assert not np.isin(result.volume.values[~result.outside], stored).all()


def test_a_padding_value_beyond_the_type_becomes_the_nearest(ct, mr, tmp_path):
    padded = builders.ctSeries(PixelRepresentation=1)
    for one in padded:
        one.add_new("PixelPaddingValue", "SS", -32768)
    series = seriesOf(padded, tmp_path / "padded")
    display = registeredDisplay(mr, [series], FrameGraph([onto(mr, series)]))
    result = imageOn(display.images[1], mr.lattice)
    assert (result.volume.values[result.outside] == -32768).all()


def test_stepping_by_base_slices_is_the_base_itself(ct, mr):
    display = registeredDisplay(ct, [mr], FrameGraph([onto(mr, ct)]))
    positions = slicePositions(display, Stepping.BASE)
    np.testing.assert_allclose(positions, [0, 3, 6, 9])
    shown = imageOn(display.images[0], sliceAt(display, positions[2]))
    assert np.array_equal(shown.volume.values[0], ct.volume().values[2])


def test_the_finest_stepping_is_one_millimeter_from_first_to_last(ct, mr):
    display = registeredDisplay(ct, [mr], FrameGraph([onto(mr, ct)]))
    np.testing.assert_allclose(slicePositions(display, Stepping.FINEST), np.arange(10))


def test_finest_follows_slices_that_are_closer_than_a_millimeter(tmp_path):
    thin = builders.ctSeries(5)
    for k, one in enumerate(thin):
        one.ImagePositionPatient = builders.ds((-70, 30, 110 + 0.7 * k))
    display = registeredDisplay(seriesOf(thin, tmp_path), [], NOTHING)
    np.testing.assert_allclose(slicePositions(display, Stepping.FINEST), 0.7 * np.arange(5))


def test_stepping_by_overlay_slices_meets_their_planes(ct, pet):
    shift = np.eye(4)
    shift[:3, 3] = ct.lattice.center - pet.lattice.center + (0.2, -0.1, 0.9)
    display = registeredDisplay(ct, [pet], FrameGraph([AffineTransform(shift, PET, CT)]))
    overlay = display.images[1]
    positions = slicePositions(display, Stepping.OVERLAY, overlay)
    # middle of the PET at 4.5 + 0.9 mm from the first CT slice, its slices 5 mm apart
    np.testing.assert_allclose(positions, [0.4, 5.4, 10.4], atol=1e-9)
    result = imageOn(overlay, sliceAt(display, positions[1]))
    wanted = expected(sliceAt(display, 5.4), pet, overlay.fromBase)
    inside = ~result.outside
    assert inside.any()
    np.testing.assert_allclose(result.volume.values[inside], wanted[inside], rtol=1e-5)


def test_an_overlay_across_the_base_is_stepped_by_its_pixels(ct, mr):
    # the MR's rows, columns and normal run along z, x and y of the base
    axes = mr.lattice.directions
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([(0, 1, 0), (0, 0, 1), (1, 0, 0)]) @ axes.T
    matrix[:3, 3] = ct.lattice.center - matrix[:3, :3] @ mr.lattice.center
    display = registeredDisplay(ct, [mr], FrameGraph([AffineTransform(matrix, MR, CT)]))
    positions = slicePositions(display, Stepping.OVERLAY, display.images[1])
    np.testing.assert_allclose(positions, 4.5 + 1.5 * (np.arange(6) - 2.5), atol=1e-9)


def test_an_oblique_overlay_is_stepped_along_its_most_parallel_axis_not_its_finest(ct, mr):
    # the base's normal has components 0.6 along the MR's rows of 1.5 mm, 0.8 along its 4 mm slices
    inMR = np.array([(0.8, 0, -0.6), (0, 1, 0), (0.6, 0, 0.8)])  # rows: base axes in MR axes
    matrix = np.eye(4)
    matrix[:3, :3] = inMR @ mr.lattice.directions.T
    matrix[:3, 3] = ct.lattice.center - matrix[:3, :3] @ mr.lattice.center
    display = registeredDisplay(ct, [mr], FrameGraph([AffineTransform(matrix, MR, CT)]))
    positions = slicePositions(display, Stepping.OVERLAY, display.images[1])
    np.testing.assert_allclose(positions, [4.5 - 5, 4.5, 4.5 + 5], atol=1e-9)


def test_stepping_by_an_overlay_needs_one(ct):
    with pytest.raises(ValueError, match="needs to know which"):
        slicePositions(registeredDisplay(ct, [], NOTHING), Stepping.OVERLAY)


def test_the_reference_set_lies_where_its_contours_say_and_not_the_other_way(nonhybridSet):
    data = dataFolder(nonhybridSet)
    registrations = [registrationFromFile(path) for path in data.registrations]
    ct = data.oneSeries(frame=data.oneStructureSet().frame)
    others = [series for series in data.series if series is not ct]
    display = registeredDisplay(ct, others, frameGraph(registrations))
    assert display.unconnected == ()
    structures = {one.name: one for one in data.oneStructureSet().structures}
    boxes = {name: _box(structures[name], ct.lattice) for name in ("GTV", "OR")}
    least = {"MR": 95, "PT": 25_000}
    for image in display.images[1:]:
        for name, box in boxes.items():
            inside = maskFromStructure(structures[name], box)
            shown = imageOn(image, box)
            assert not shown.outside[inside].any()
            assert shown.volume.values[inside].mean() >= least[image.series.modality]
    (mr,) = (image for image in display.images if image.series.modality == "MR")
    wrong = AffineTransform(mr.fromBase.transforms[0].inverse().matrix, ct.frame, mr.series.frame)
    astray = registeredDisplay(ct, [mr.series], FrameGraph([wrong])).images[1]
    inside = maskFromStructure(structures["GTV"], boxes["GTV"])
    assert imageOn(astray, boxes["GTV"]).volume.values[inside].mean() < 90


def _box(structure, lattice):
    """The part of `lattice` around a structure."""
    index = lattice.indices(structure.points)
    low = np.floor(index.min(axis=0)).astype(int) - 1
    size = np.ceil(index.max(axis=0)).astype(int) + 2 - low
    matrix = lattice.ijkToLPS.copy()
    matrix[:3, 3] = lattice.points(low)
    return Lattice(tuple(size), matrix)
