"""A matrix after the vectors is moved before them, without resampling."""

from __future__ import annotations

import numpy as np
import pytest

from deformationCases import CASES, POST, Case
from IHERODeformationLib.deformation import DeformableTransform
from IHERODeformationLib.normalize import normalized
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERORegistrationLib.errors import NotRigidError


def transformOf(case: Case) -> DeformableTransform:
    return deformableRegistrationFromDataset(case.dataset()).oneDeformation()


@pytest.mark.parametrize("name", ["post", "both", "one item", "pre"])
def test_the_normalized_form_maps_every_point_to_the_same_place(name):
    case = CASES[name]
    transform = transformOf(case)
    drro = normalized(transform)
    points = case.randomPoints()
    np.testing.assert_array_equal(drro.post, np.eye(4))
    np.testing.assert_allclose(drro(points), case.expected(points), atol=1e-6, rtol=0)
    assert (drro.fromFrame, drro.toFrame) == (transform.fromFrame, transform.toFrame)
    assert drro.grid.vectors.dtype == np.float32


def test_without_a_rotation_after_them_the_vectors_stay_bit_for_bit():
    shift = (1, 0, 0, 12.5, 0, 1, 0, -3, 0, 0, 1, 0.25, 0, 0, 0, 1)
    transform = transformOf(Case(pre=POST, post=shift, undefined=((1, 2, 3),)))
    drro = normalized(transform)
    assert drro.grid.vectors.tobytes() == transform.grid.vectors.tobytes()
    np.testing.assert_allclose(
        drro.pre[:3, 3], np.array(POST).reshape(4, 4)[:3, 3] + (12.5, -3, 0.25)
    )


def test_undefined_nodes_stay_undefined_and_whole():
    case = Case(post=POST, undefined=((1, 2, 3),))
    dataset = case.dataset()
    vectors = case.vectors
    vectors[0, 1, 2] = (1, np.nan, 2)
    vectors[0, 1, 3] = (1, np.inf, 2)
    grid = dataset.DeformableRegistrationSequence[1].DeformableRegistrationGridSequence[0]
    grid.VectorGridData = vectors.tobytes()
    found = normalized(deformableRegistrationFromDataset(dataset).oneDeformation()).grid.vectors
    missing = np.argwhere(np.isnan(found).any(axis=-1))
    assert missing.tolist() == [[0, 1, 2], [0, 1, 3], [3, 2, 1]]
    assert np.isnan(found[tuple(missing.T)]).all()


def test_a_matrix_with_a_scale_cannot_be_normalized():
    scaled = (1.05, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)
    with pytest.raises(
        NotRigidError, match="expected a rigid post matrix, found one that is RIGID_SCALE"
    ):
        normalized(transformOf(Case(post=scaled)))
    with pytest.raises(NotRigidError, match="expected a rigid post · pre matrix"):
        normalized(transformOf(Case(pre=scaled, post=POST)))
