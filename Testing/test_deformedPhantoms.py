"""The deformed phantom is the oracle of other tests; here it is held against its closed forms."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from pydicom import dcmread

from IHERODeformationLib.displacementGrid import PointStatus
from IHERODeformationLib.phantoms.encodings import ENCODINGS, Items, Matrices
from IHERODeformationLib.phantoms.pairs import Extent, Kind, PairRecipe, scannedPair
from IHERODeformationLib.reader import (
    deformableRegistrationFromDataset,
)
from IHERORegistrationLib.dose import doseFromFile
from IHERORegistrationLib.fiducialsReader import fiducialsFromFile
from IHERORegistrationLib.phantoms.anatomy import LANDMARKS, LIVER_BODY
from IHERORegistrationLib.phantoms.bodyChange import ChangedShape
from IHERORegistrationLib.phantoms.outlines import outlines
from IHERORegistrationLib.phantoms.regions import REGIONS
from IHERORegistrationLib.phantoms.shapes import distanceOf
from IHERORegistrationLib.phantoms.voxels import valuesAt, voxelValues
from IHERORegistrationLib.seriesReading import seriesFromFiles
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from newPhantoms import NAMES, files, indicesIn, made, nodesOf
from readBack import asRead


# A kind changes the map and an encoding how it is written: one in every other one is enough
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in Kind
        for name in NAMES
        if kind in (Kind.HOLE, Kind.NAN_NODES) or name in ("oblique", "both")
    ],
)
def test_every_encoding_and_every_kind_holds_the_closed_form(kind, name):
    """1,000 random points, up to a voxel beyond the grid, and every seventh node."""
    _, encoded, dataset = made(kind, name)
    registration = deformableRegistrationFromDataset(asRead(dataset))
    (transform,) = registration.transforms
    lattice = encoded.lattice
    points = lattice.points(indicesIn(lattice, beyond=1.0))
    found = transform.mapped(points)
    status = encoded.status(points)
    np.testing.assert_array_equal(found.status, status)
    assert (status == PointStatus.OUTSIDE).sum() > 20
    defined = status == PointStatus.DEFINED
    error = np.linalg.norm(found.points - encoded.expected(points), axis=-1)
    assert defined.sum() > 500
    assert np.all(error[defined] <= encoded.bound(points)[defined])
    nodes = nodesOf(lattice).reshape(-1, 3)[::7]
    atNodes = np.linalg.norm(transform(nodes) - encoded.expected(nodes), axis=-1)
    np.testing.assert_array_equal(np.isnan(atNodes), encoded.status(nodes) != 0)
    assert np.nanmax(atNodes) <= encoded.rounding
    assert encoded.rounding < 3e-4


@pytest.mark.parametrize("name", NAMES)
def test_bounds_are_small_except_where_space_is_torn(name):
    _, smooth, _ = made(Kind.SMOOTH, name)
    assert smooth.bound(smooth.lattice.points(indicesIn(smooth.lattice))).max() < 0.25
    _, torn, _ = made(Kind.SLIDING, name)
    points = torn.lattice.points(indicesIn(torn.lattice))
    bounds = torn.bound(points)
    assert np.median(bounds) < 0.1
    assert (bounds > 1).any() or name == "small-grid"  # which lies within the lung
    np.testing.assert_array_equal(bounds > 1, torn.isTorn(points))


def test_the_hole_is_undefined_in_the_grid_and_in_truth():
    pair, encoded, _ = made(Kind.HOLE, "oblique")
    middle = pair.registered.toBody.inverse()(np.array((-38.0, -30, 18)))
    points = middle + np.random.default_rng(3).uniform(-40, 40, (2000, 3))
    inHole = pair.toSource.undefined(points)
    assert 200 < inHole.sum() < 800
    np.testing.assert_array_equal(np.isnan(pair.toSource(points)).all(axis=-1), inHole)
    assert np.isnan(pair.toSource.inverse(pair.toSource.continued(points[inHole]))).all()
    nodes = nodesOf(encoded.lattice)
    np.testing.assert_array_equal(
        np.isnan(encoded.vectors).any(axis=-1), pair.toSource.undefined(nodes)
    )
    assert np.isnan(pair.toSource.jacobianDeterminant(points))[inHole].all()


def test_scattered_undefined_nodes_are_whole_and_about_one_in_a_hundred():
    _, encoded, _ = made(Kind.NAN_NODES, "drro")
    missing = np.isnan(encoded.vectors)
    np.testing.assert_array_equal(missing.any(axis=-1), missing.all(axis=-1))
    assert missing.any(axis=-1).mean() == pytest.approx(1 / 97, rel=0.02)


@pytest.mark.parametrize("kind", [one for one in Kind if one is not Kind.HOLE])
def test_the_map_its_inverse_and_its_derivative_agree(kind):
    pair, *_ = made(kind, "drro")
    toSource, lattice = pair.toSource, pair.registered.lattice
    points = lattice.points(indicesIn(lattice))
    there = toSource(points)
    np.testing.assert_allclose(toSource.inverse(there), points, atol=1e-8)
    step = np.array((2e-4, -3e-4, 1e-4))
    moved = (toSource(points + step) - toSource(points - step)) / 2
    whole = toSource.part(points + step) == toSource.part(points - step)
    np.testing.assert_allclose((toSource.jacobian(points) @ step)[whole], moved[whole], atol=1e-9)
    assert np.linalg.norm(there - toSource.affine(points), axis=-1).max() > 3


def test_a_shrunken_tumor_loses_volume_and_mass_a_condensed_one_volume_only():
    pair, *_ = made(Kind.SHRUNKEN, "drro")
    tumor = pair.registered.pointOf(np.array(LANDMARKS["TUMOR"]))
    assert pair.toSource.jacobianDeterminant(tumor) == pytest.approx(1.22**3)
    condensed, *_ = made(Kind.CONDENSED, "drro")
    points = tumor + np.random.default_rng(2).uniform(-60, 60, (500, 3))
    one, other = (
        valuesAt(s.scan, points, s.toBody.matrix, s.change)
        for s in (pair.registered, condensed.registered)
    )
    det = condensed.toSource.jacobianDeterminant(points)
    np.testing.assert_allclose(other + 1000, (one + 1000) * det, atol=1e-6)
    assert np.abs(other - one).max() > 400


def test_a_patient_who_lay_feet_first_has_half_a_turn_in_the_rigid_part():
    pair, encoded, _ = made(Kind.FEET_FIRST, "both")
    ordinary, *_ = made(Kind.SMOOTH, "both")
    turn = pair.toSource.affine.matrix @ np.linalg.inv(ordinary.toSource.affine.matrix)
    np.testing.assert_allclose(turn[:3, :3], np.diag((-1, 1, -1)), atol=1e-12)
    np.testing.assert_allclose((encoded.post @ encoded.pre), pair.toSource.affine.matrix)
    assert encoded.encoding.matrices is Matrices.BOTH


def test_matrices_of_the_encodings_do_not_commute_and_are_where_they_say():
    for one in ENCODINGS:
        _, encoded, dataset = made(Kind.SMOOTH, one.name)
        items = dataset.DeformableRegistrationSequence
        assert len(items) == (1 if one.items is Items.SOURCE_ONLY else 2)
        source = items[1 if one.items is Items.REGISTERED_FIRST else 0]
        assert "DeformableRegistrationGridSequence" in source
        has = "PreDeformationMatrixRegistrationSequence" in source
        assert has == (one.matrices is not Matrices.NO_MATRICES)
        if one.matrices is Matrices.BOTH:
            swapped = encoded.pre @ encoded.post
            assert np.abs(swapped - encoded.post @ encoded.pre)[:3, :3].max() > 0.03


def test_both_scans_have_studies_series_frames_and_lattices_of_their_own(deformedPhantom):
    one, other = deformedPhantom.registered, deformedPhantom.source
    assert one.frame != other.frame
    assert one.reference.studyInstanceUID != other.reference.studyInstanceUID
    assert one.reference.seriesInstanceUID != other.reference.seriesInstanceUID
    assert not set(one.lattice.size) & set(other.lattice.size)
    assert not np.isclose(one.lattice.spacing, other.lattice.spacing).any()
    assert np.abs(one.lattice.directions).max() < 0.999
    headers = [dcmread(file, stop_before_pixels=True) for file in files(deformedPhantom.folder)]
    assert {(one.PatientID, one.PatientBirthDate) for one in headers} == {
        ("IHERO-PHANTOM", "19600229")
    }
    assert len({one.SOPInstanceUID for one in headers}) == len(headers) > 60


@pytest.mark.parametrize("name", ["Registered", "Source"])
def test_images_hold_the_analytic_value_at_every_voxel(deformedPhantom, name):
    (series,) = seriesFromFiles(files(deformedPhantom.folder / name))
    volume = series.volume()
    points = nodesOf(volume.lattice).reshape(-1, 3)
    source = deformedPhantom.source
    expected = (
        deformedPhantom.scanned(points)
        if name == "Registered"
        else valuesAt(source.scan, points, source.toBody.matrix)
    )
    found = volume.values.ravel()
    assert np.ptp(found) > 1200
    np.testing.assert_allclose(found, expected, atol=0.51)


@pytest.mark.parametrize("kind", [Kind.SMOOTH, Kind.SLIDING, Kind.CONDENSED])
def test_voxels_of_a_changed_body_are_its_values_on_fine_lattices_too(kind):
    one = scannedPair(PairRecipe(kind, extent=Extent.DETAIL), "fine").registered
    scan = replace(one.scan, edgeWidth=None)
    found = voxelValues(scan, one.lattice, one.toBody.matrix, one.change)
    points = nodesOf(one.lattice).reshape(-1, 3)
    expected = valuesAt(scan, points, one.toBody.matrix, one.change)
    np.testing.assert_allclose(found.ravel(), expected, atol=0.1)


def test_the_registered_image_shows_the_deformed_body_apart_from_the_couch(deformedPhantom):
    lattice = deformedPhantom.registered.lattice
    points = lattice.points(indicesIn(lattice, 3000))
    inBody = deformedPhantom.distance("Body", points, deformedPhantom.registered.frame) < -3
    inBody &= deformedPhantom.registered.toBody(points)[:, 1] < 100
    assert inBody.sum() > 700
    np.testing.assert_allclose(
        deformedPhantom.scanned(points)[inBody], deformedPhantom.intensity(points)[inBody]
    )


@pytest.mark.parametrize("scan", ["registered", "source"])
def test_outlines_lie_on_the_deformed_surface_and_in_their_slice(deformedPhantom, scan):
    series = getattr(deformedPhantom, scan)
    structures = structureSetFromFile(deformedPhantom.structureSets[series.frame], strict=True)
    slices = {one.sopInstanceUID: k for k, one in enumerate(series.reference)}
    names = [one.name for one in REGIONS]
    drawn = [one for one in structures.structures if one.name in names]
    assert [one.name for one in drawn] == names
    for one in drawn:
        assert one.contours, one.name
        points = one.points
        index = series.lattice.indices(points)
        k = np.concatenate([[slices[c.image.sopInstanceUID]] * len(c.points) for c in one.contours])
        np.testing.assert_allclose(index[:, 2], k, atol=2e-5)
        within = np.all(
            (index[:, :2] > -0.49) & (index[:, :2] < np.array(series.lattice.size[:2]) - 0.51),
            axis=1,
        )
        level = deformedPhantom.distance(one.name, points[within], series.frame)
        np.testing.assert_allclose(level, 0, atol=2e-3, err_msg=one.name)


def test_outlines_follow_the_tear_where_the_lung_slid_along_the_liver():
    """A vertex lies on the surface, or where one step leads from inside to outside."""
    pair, *_ = made(Kind.SLIDING, "drro")
    series = pair.registered
    shape = ChangedShape(LIVER_BODY, series.change)
    torn = total = 0
    for _, polygons in outlines(shape, series.lattice, series.toBody.matrix):
        for points in polygons:
            level = distanceOf(shape, series.toBody(points))
            off = points[np.abs(level) > 2e-3]
            total, torn = total + len(points), torn + len(off)
            around = [
                distanceOf(shape, series.toBody(off + 0.01 * (np.cos(a) * u + np.sin(a) * v)))
                for u, v in [series.lattice.directions[:, :2].T]
                for a in np.linspace(0, 2 * np.pi, 12, endpoint=False)
            ]
            assert np.all(np.min(around, axis=0) < 0)
            assert np.all(np.max(around, axis=0) > 0)
    assert 20 < torn < total / 2


def test_the_dose_is_analytic_on_the_source_and_follows_the_tissue(deformedPhantom):
    dose = doseFromFile(deformedPhantom.dose, strict=True)
    lattice = deformedPhantom.doseLattice
    index = np.rint(indicesIn(lattice, 2000)).astype(int)
    i, j, k = index.T
    expected = deformedPhantom.sourceDoseAt(lattice.points(index))
    np.testing.assert_allclose(dose.volume.values[k, j, i], expected, atol=1e-6)
    frame = deformedPhantom.registered.frame
    tumor = deformedPhantom.landmarks(frame)["TUMOR"]
    assert deformedPhantom.doseAt(tumor) == pytest.approx(61, abs=0.2)
    there = deformedPhantom.toSource(tumor)
    assert deformedPhantom.doseAt(tumor) == pytest.approx(deformedPhantom.sourceDoseAt(there))


def test_landmarks_pair_up_through_the_map_in_both_files(deformedPhantom):
    one, other = deformedPhantom.registered, deformedPhantom.source
    sets = [
        {f.identifier: f.points[0] for f in fiducialsFromFile(path, strict=True).sets[0].fiducials}
        for path in (deformedPhantom.fiducials[one.frame], deformedPhantom.fiducials[other.frame])
    ]
    assert set(sets[0]) == set(sets[1]) == set(LANDMARKS)
    rows = list(csv.reader(io.StringIO(deformedPhantom.landmarkPairs.read_text())))
    assert rows[0] == ["label", "xR", "yR", "zR", "xS", "yS", "zS"]
    assert len(rows) == len(LANDMARKS) + 1
    for label, *numbers in rows[1:]:
        here, there = np.reshape(numbers, (2, 3)).astype(float)
        np.testing.assert_allclose(here, sets[0][label], atol=1e-8)
        np.testing.assert_allclose(there, sets[1][label], atol=1e-8)
        np.testing.assert_allclose(deformedPhantom.toSource(here), there, atol=1e-8)


def test_marks_on_the_registered_images_are_where_the_tissue_went(deformedPhantom):
    frame = deformedPhantom.registered.frame
    structures = structureSetFromFile(deformedPhantom.structureSets[frame], strict=True)
    found = {one.name: one.points for one in structures.structures if one.isPoints}
    assert len(found) > 5
    for name, point in deformedPhantom.landmarks(frame).items():
        if name in found:
            np.testing.assert_allclose(found[name], point[None], atol=1e-4)
