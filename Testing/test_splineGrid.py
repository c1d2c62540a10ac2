"""Coefficients of a cubic B-spline become the vectors that ITK finds for them."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.splineGrid import splineGrid
from IHERORegistrationLib.lattice import Lattice

DIRECTIONS = np.array([[0.96, -0.168, 0.224], [0.28, 0.576, -0.768], [0, 0.8, 0.6]])
SPACING = np.array([24.0, 30.0, 41.0])
ORIGIN = np.array([-110.0, 230.0, -480.0])
SIZE = (7, 6, 5)


def coefficients():
    values = np.random.default_rng(5).normal(0, 8, (*SIZE[::-1], 3)).astype(np.float32)
    lattice = Lattice.fromAxes(SIZE, ORIGIN, DIRECTIONS, SPACING)
    return DisplacementGrid(lattice, values)


def itk(grid):
    """ITK's transform with the same coefficients at the same places."""
    images = []
    for component in range(3):
        image = sitk.GetImageFromArray(grid.vectors[..., component].astype(float))
        image.SetOrigin(ORIGIN.tolist())
        image.SetSpacing(SPACING.tolist())
        image.SetDirection(DIRECTIONS.ravel().tolist())
        images.append(image)
    return sitk.BSplineTransform(images, 3)


def test_the_samples_are_the_spline_itself():
    grid = coefficients()
    found = splineGrid(grid)
    assert (found.lattice.spacing <= 5).all()
    k, j, i = (axis.ravel() for axis in np.indices(found.lattice.shape))
    points = found.lattice.points(np.stack([i, j, k], axis=-1))
    inner = np.random.default_rng(1).choice(len(points), 300, replace=False)
    transform = itk(grid)
    expected = np.array([transform.TransformPoint(p.tolist()) for p in points[inner]])
    moved = points[inner] + found.vectors.reshape(-1, 3)[inner]
    isInside = np.linalg.norm(expected - points[inner], axis=-1) > 0  # ITK: beyond its last cell
    assert isInside.mean() > 0.5
    np.testing.assert_allclose(moved[isInside], expected[isInside], atol=2e-5)


def test_it_covers_what_all_coefficients_are_known_of():
    found = splineGrid(coefficients()).lattice
    first, last = found.points(np.zeros(3)), found.points(np.array(found.size) - 1)
    toIndex = np.linalg.inv(DIRECTIONS * SPACING)
    np.testing.assert_allclose(toIndex @ (first - ORIGIN), [1, 1, 1], atol=1e-9)
    np.testing.assert_allclose(toIndex @ (last - ORIGIN), [5, 4, 3], atol=1e-9)


def test_an_undefined_coefficient_undefines_what_it_takes_part_in():
    grid = coefficients()
    values = grid.vectors.copy()
    values[1, 0, 0] = np.nan
    found = splineGrid(DisplacementGrid(grid.lattice, values))
    whole = splineGrid(grid)
    near, far = grid.lattice.points(np.array([[1.5, 1.4, 1.2], [2.5, 1.4, 1.2]]))
    assert np.isnan(found.displacement(near)).all()
    np.testing.assert_array_equal(found.displacement(far), whole.displacement(far))


def test_too_few_nodes_are_no_spline():
    lattice = Lattice.fromAxes((3, 6, 5), ORIGIN, DIRECTIONS, SPACING)
    with pytest.raises(ValueError, match="4 nodes"):
        splineGrid(DisplacementGrid(lattice, np.zeros((5, 6, 3, 3), np.float32)))
