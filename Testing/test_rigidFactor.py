"""A rigid motion moves between matrix and vectors, and the map stays what it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK
from scipy.spatial.transform import Rotation

from deformationCases import CASES, OBLIQUE, Case
from IHERODeformationLib.deformation import DeformableTransform, OutsideGrid
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERODeformationLib.rigidFactor import rigidBakedIn, rigidFactored
from IHERORegistrationLib.errors import LandmarkError
from IHERORegistrationLib.geometry import MatrixType, matrixType
from IHERORegistrationLib.lattice import Lattice

TURNED = [name for name in CASES if name != "small grid"]


def transformOf(case: Case) -> DeformableTransform:
    return deformableRegistrationFromDataset(case.dataset()).oneDeformation()


def latticeOf(case: Case) -> Lattice:
    return Lattice.fromAxes(case.size, case.position, case.axes, case.spacing)


def rigid(degrees: tuple[float, float, float], shift: tuple[float, float, float]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = shift
    return matrix


def moved(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def field(case: Case, displacement: np.ndarray) -> DeformableTransform:
    """A transform of vectors alone; `displacement` at the nodes, shape (nk, nj, ni, 3)."""
    grid = DisplacementGrid(latticeOf(case), displacement.astype(np.float32))
    return DeformableTransform(np.eye(4), grid, np.eye(4), "1.2.1", "1.2.2")


def nodesOf(case: Case) -> np.ndarray:
    return case.pointsAt(np.indices(case.size[::-1])[::-1].transpose(1, 2, 3, 0))


@pytest.mark.parametrize("form", [rigidFactored, rigidBakedIn])
@pytest.mark.parametrize("name", CASES)
def test_points_go_where_they_went_before(name, form):
    case = CASES[name]
    points = case.randomPoints()
    changed = form(transformOf(case))
    there = changed(points)
    defined = ~case.touchesUndefined(points)
    np.testing.assert_array_equal(np.isnan(there).any(axis=-1), ~defined)
    longest = np.nanmax(np.abs(changed.grid.vectors))
    np.testing.assert_allclose(
        there[defined], case.expected(points)[defined], atol=6e-8 * longest, rtol=0
    )
    np.testing.assert_array_equal(changed.post, np.eye(4))
    assert (changed.fromFrame, changed.toFrame) == (
        transformOf(case).fromFrame,
        transformOf(case).toFrame,
    )


def test_a_motion_hidden_in_vectors_is_found():
    case = Case(OBLIQUE, (211.0, -640.0, 1033.0), (7, 6, 5), (2.0, 1.5, 3.0))
    motion = rigid((12, -7, 25), (30, -45, 12))
    nodes = nodesOf(case)
    factored = rigidFactored(field(case, moved(motion, nodes) - nodes))
    longest = np.abs(moved(motion, nodes) - nodes).max()
    np.testing.assert_allclose(factored.pre[:3, :3], motion[:3, :3], atol=1e-5)
    np.testing.assert_allclose(
        moved(factored.pre, nodes), moved(motion, nodes), atol=1e-7 * longest
    )
    assert np.abs(factored.grid.vectors).max() < 2e-7 * longest


@pytest.mark.parametrize("name", TURNED)
def test_no_other_motion_leaves_less(name):
    """SimpleITK fits the same rotation to the same pairs."""
    case = CASES[name]
    nodes = nodesOf(case)[np.isfinite(case.vectors).all(axis=-1)]
    factored = rigidFactored(transformOf(case))
    oracle = SimpleITK.LandmarkBasedTransformInitializer(
        SimpleITK.VersorRigid3DTransform(),
        nodes.ravel().tolist(),
        case.expected(nodes).ravel().tolist(),
    )
    expected = np.array([oracle.TransformPoint(node.tolist()) for node in nodes])
    np.testing.assert_allclose(moved(factored.pre, nodes), expected, atol=1e-6, rtol=0)
    assert matrixType(factored.pre) == MatrixType.RIGID


def test_undefined_nodes_stay_undefined_and_do_not_count():
    case = Case(OBLIQUE, (211.0, -640.0, 1033.0), (4, 3, 2), (2.0, 1.5, 3.0))
    motion = rigid((1, 2, 40), (3, -4, 5))
    nodes = nodesOf(case)
    vectors = moved(motion, nodes) - nodes
    vectors[0, 1, 2] = (np.nan, 1e5, 1e5)
    vectors[1, 2, 3] = (1e5, np.inf, 1e5)
    factored = rigidFactored(field(case, vectors))
    np.testing.assert_allclose(moved(factored.pre, nodes), moved(motion, nodes), atol=1e-4)
    undefined = np.isnan(factored.grid.vectors)
    assert undefined[0, 1, 2].all()
    assert undefined[1, 2, 3].all()
    assert undefined.sum() == 6


def test_out_and_in_again_gives_the_vectors_there_were():
    case = CASES["anisotropic"]
    before = transformOf(case)
    again = rigidBakedIn(rigidFactored(before))
    np.testing.assert_allclose(again.grid.vectors, before.grid.vectors, atol=2e-6, rtol=0)


def test_in_the_half_voxel_beyond_the_displacement_is_held():
    case = CASES["pre"]
    before = transformOf(case)
    baked = rigidBakedIn(before)
    beyond = case.pointsAt([5.4, 2.0, 1.5])
    border = case.pointsAt([5.0, 2.0, 1.5])
    rotation = np.array(case.pre).reshape(4, 4)[:3, :3] - np.eye(3)
    np.testing.assert_allclose(
        before(beyond) - baked(beyond), rotation @ (beyond - border), atol=1e-4
    )


@pytest.mark.parametrize("defined", [[], [(0, 0, 0), (2, 3, 1)], [(1, 0, 2), (1, 1, 2), (1, 2, 2)]])
def test_too_few_nodes_determine_no_motion(defined):
    case = Case(size=(4, 5, 3))
    vectors = np.full((3, 5, 4, 3), np.nan)
    for i, j, k in defined:
        vectors[k, j, i] = 1.0
    expected = "one line" if len(defined) > 2 else f"at least 3 defined nodes, found {len(defined)}"
    with pytest.raises(LandmarkError, match=expected):
        rigidFactored(field(case, vectors))


@pytest.mark.parametrize("form", [rigidFactored, rigidBakedIn])
def test_what_is_rigid_outside_its_grid_is_not_changed_in_secret(form):
    transform = replace(transformOf(CASES["pre"]), outsideGrid=OutsideGrid.RIGID)
    with pytest.raises(ValueError, match="rigid outside"):
        form(transform)
