"""Outlines of the phantom enclose what its closed forms say is inside."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from IHERORegistrationLib.phantoms.anatomy import Modality
from IHERORegistrationLib.phantoms.outlines import outlines
from IHERORegistrationLib.phantoms.regions import MARKS, REGIONS
from IHERORegistrationLib.phantoms.scans import Scan, Size, imageLattice, setup
from IHERORegistrationLib.phantoms.shapes import Ellipsoid


@pytest.mark.parametrize("name", ["phantom", "primaryMR"])
def test_outlines_lie_on_the_surface_and_in_their_slice(name, request):
    phantom = request.getfixturevalue(name)
    structures = dcmread(phantom.structureSet)
    primary = phantom.primary
    slices = {one.sopInstanceUID: k for k, one in enumerate(primary.reference)}
    rois = zip(REGIONS, structures.ROIContourSequence, strict=False)
    for region, roi in rois:
        assert roi.get("ContourSequence"), region.name
        for contour in roi.ContourSequence:
            points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
            assert len(points) == contour.NumberOfContourPoints
            k = slices[contour.ContourImageSequence[0].ReferencedSOPInstanceUID]
            index = primary.lattice.indices(points)
            np.testing.assert_allclose(index[:, 2] * primary.lattice.spacing[2],
                                       k * primary.lattice.spacing[2], atol=2e-4)  # fmt: skip
            size = np.array(primary.lattice.size[:2])
            within = np.all((index[:, :2] > -0.49) & (index[:, :2] < size - 0.51), axis=1)
            distances = phantom.distance(region.name, points[within], primary.frame)
            np.testing.assert_allclose(distances, 0, atol=1.5e-3, err_msg=region.name)


def _insideEvenOdd(polygons: list[np.ndarray], points: np.ndarray) -> np.ndarray:
    inside = np.zeros(len(points), dtype=bool)
    for polygon in polygons:
        for a, b in itertools.pairwise([*polygon, polygon[0]]):
            crosses = (a[1] > points[:, 1]) != (b[1] > points[:, 1])
            with np.errstate(divide="ignore", invalid="ignore"):
                x = a[0] + (points[:, 1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
            inside ^= crosses & (points[:, 0] < x)
    return inside


@pytest.mark.parametrize("region", [one.name for one in REGIONS])
def test_polygons_enclose_what_is_inside_with_holes_islands_and_keyholes(phantom, region):
    structures = dcmread(phantom.structureSet)
    number = [one.name for one in REGIONS].index(region)
    contours = structures.ROIContourSequence[number].ContourSequence
    middle = contours[len(contours) // 2].ContourImageSequence[0].ReferencedSOPInstanceUID
    polygons = [
        np.array(one.ContourData, dtype=float).reshape(-1, 3)
        for one in contours
        if one.ContourImageSequence[0].ReferencedSOPInstanceUID == middle
    ]
    low, high = (
        np.min([p.min(axis=0) for p in polygons], axis=0),
        np.max([p.max(axis=0) for p in polygons], axis=0),
    )
    points = np.random.default_rng(5).uniform(low - 2, high + 2, (1500, 3))
    points[:, 2] = low[2]
    frame = phantom.primary.frame
    distances = phantom.distance(region, points, frame)
    clear = np.abs(distances) > 0.6  # chords cut corners
    assert 0.02 < (distances < 0).mean() < 0.98
    np.testing.assert_array_equal(
        _insideEvenOdd([p[:, :2] for p in polygons], points)[clear], (distances < 0)[clear]
    )


def _polygonsPerSlice(structures: Dataset, name: str) -> set[int]:
    number = [one.name for one in REGIONS].index(name)
    images = [
        one.ContourImageSequence[0].ReferencedSOPInstanceUID
        for one in structures.ROIContourSequence[number].ContourSequence
    ]
    return {images.count(image) for image in images}


def test_the_structure_set_has_islands_holes_and_a_keyhole(phantom):
    structures = dcmread(phantom.structureSet)
    assert 2 in _polygonsPerSlice(structures, "Kidneys")
    assert 2 in _polygonsPerSlice(structures, "Stomach_Wall")
    assert 2 in _polygonsPerSlice(structures, "Lung_R")
    assert _polygonsPerSlice(structures, "PTV_Ring") == {1}


def test_every_interpreted_type_that_brto_knows_occurs(phantom):
    found = {
        one.RTROIInterpretedType for one in dcmread(phantom.structureSet).RTROIObservationsSequence
    }
    assert found == {
        "EXTERNAL", "PTV", "CTV", "GTV", "TREATED_VOLUME", "IRRAD_VOLUME", "BOLUS", "AVOIDANCE",
        "ORGAN", "MARKER", "CONTRAST_AGENT", "CAVITY", "REGISTRATION", "ISOCENTER",
    }  # fmt: skip


def test_marks_are_points_where_the_truth_says(phantom):
    structures = dcmread(phantom.structureSet)
    frame = phantom.primary.frame
    expected = {"Isocenter": phantom.isocenter(frame), **phantom.landmarks(frame)}
    contours = structures.ROIContourSequence[len(REGIONS) :]
    for mark, roi in zip(MARKS, contours, strict=True):
        (contour,) = roi.ContourSequence
        assert contour.ContourGeometricType == "POINT"
        np.testing.assert_allclose(contour.ContourData, expected[mark.name], atol=1e-4)


def test_outlines_do_not_leave_the_image():
    lattice = imageLattice(Scan("CT", Modality.CT, 0, 0), Size.SMALL, setup(0))
    wide = Ellipsoid((0, 0, 0), (900, 30, 900))
    ((k, polygons), *_) = outlines(wide, lattice, np.linalg.inv(setup(0)))
    index = lattice.indices(polygons[0])
    assert k == 0
    assert index[:, 0].min() >= -0.5 - 1e-9
    assert index[:, 0].max() <= lattice.size[0] - 0.5 + 1e-9
