import gc

import numpy as np
import pytest
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints

from deformationCases import CASES
from deformedLattices import BETWEEN, GRID, PRE, REGISTERED, SMALL, SOURCE, deformation, noisy
from IHERODeformationLib.deformation import DeformableTransform, OutsideGrid
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.gridTransform import gridTransform, vectorsForVTK, vtkTransformOf
from IHERODeformationLib.mappedPoints import mappedThrough
from IHERODeformationLib.numericalInverse import NumericalInverse
from IHERORegistrationLib.errors import NotInvertibleError
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice

SHEAR = np.array([[1.1, 0.2, 0, 5], [0, 0.9, -0.3, -8], [0.1, 0, 1.2, 2], [0, 0, 0, 1]])


def mappedByVTK(transform, points):
    given, found = vtkPoints(), vtkPoints()
    for one in (given, found):
        one.SetDataTypeToDouble()
    given.SetData(numpy_to_vtk(np.ascontiguousarray(points)))
    transform.TransformPoints(given, found)
    return vtk_to_numpy(found.GetData()).copy()


def transformOf(case, **changes):
    lattice = Lattice.fromAxes(case.size, case.position, case.axes, case.spacing)
    pre, post = (
        np.eye(4) if one is None else np.reshape(one, (4, 4)) for one in (case.pre, case.post)
    )
    grid = DisplacementGrid(lattice, case.vectors)
    return DeformableTransform(**{
        "pre": pre, "grid": grid, "post": post, "fromFrame": "1.1", "toFrame": "1.2", **changes
    })  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_points_go_where_the_closed_form_says(case):
    points = case.randomPoints()
    points = points[~case.touchesUndefined(points)]
    found = mappedByVTK(vtkTransformOf(transformOf(case)), points)
    assert np.abs(found - case.expected(points)).max() < 2e-5


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_points_come_back(case):
    points = case.randomPoints()
    points = points[~case.touchesUndefined(points)]
    failures = []
    back = vtkTransformOf(NumericalInverse(transformOf(case)), lambda: failures.append(1))
    found = mappedByVTK(back, case.expected(points))
    assert np.abs(found - points).max() < 2e-3
    assert not failures


def test_a_matrix_before_the_vectors_may_scale_and_shear():
    transform = deformation(pre=SHEAR @ PRE)
    points = np.random.default_rng(2).uniform(-20, 20, (500, 3)) + GRID.center
    found = mappedByVTK(vtkTransformOf(transform), points)
    np.testing.assert_allclose(found, transform(points), atol=2e-4)


def test_a_chain_of_all_kinds_is_one_transform():
    first = AffineTransform(np.linalg.inv(PRE), "1.2.7", REGISTERED)
    forward = deformation(frames=(REGISTERED, BETWEEN))
    moved = Lattice(GRID.size, forward.affine @ GRID.ijkToLPS)
    there = deformation(moved, noisy(), pre=np.eye(4), frames=(BETWEEN, "1.2.6"))
    chain = TransformChain(
        (
            first,
            TransformChain((forward, there), REGISTERED, "1.2.6"),
            NumericalInverse(there),
            AffineTransform(SHEAR, BETWEEN, SOURCE),
        ),
        "1.2.7",
        SOURCE,
    )
    points = np.random.default_rng(4).uniform(-15, 15, (400, 3)) + GRID.center
    points = points @ PRE[:3, :3].T + PRE[:3, 3]
    found = mappedByVTK(vtkTransformOf(chain), points)
    expected = mappedThrough(chain, points)
    assert (expected.status == 0).all()
    np.testing.assert_allclose(found, expected.points, atol=4e-3)


def test_a_search_that_does_not_end_is_told():
    folded = deformation(SMALL, noisy(amplitude=25.0))
    failures = []
    back = vtkTransformOf(NumericalInverse(folded), lambda: failures.append(1))
    points = folded(SMALL.points(np.random.default_rng(1).uniform(0.5, 2.5, (50, 3))))
    mappedByVTK(back, points)
    assert failures


def test_the_memory_of_the_grid_is_shared():
    grid = deformation(pre=SHEAR).grid
    assert np.shares_memory(vectorsForVTK(grid), grid.vectors)
    image = gridTransform(deformation(pre=SHEAR)).GetDisplacementGrid()
    assert image.GetPointData().GetScalars().GetDataTypeAsString() == "float"


def test_the_memory_lives_as_long_as_the_transform():
    transform = vtkTransformOf(deformation())
    expected = deformation()(GRID.center[None])
    gc.collect()
    litter = [np.full((*GRID.shape, 3), 7, np.float32) for _ in range(20)]
    np.testing.assert_allclose(mappedByVTK(transform, GRID.center[None]), expected, atol=1e-4)
    assert len(litter) == 20


def test_vectors_that_VTK_cannot_use_are_copied_unchanged():
    grid = deformation().grid
    other = grid.vectors.astype(">f4")
    unaligned = np.empty(grid.vectors.nbytes + 1, np.uint8)
    unaligned[1:] = grid.vectors.view(np.uint8).ravel()
    unaligned = unaligned[1:].view(np.float32).reshape(grid.vectors.shape)
    for vectors in (other, unaligned, np.asfortranarray(grid.vectors)):
        made = vectorsForVTK(DisplacementGrid(grid.lattice, vectors))
        assert made.dtype == np.dtype("f4")
        assert made.flags.c_contiguous
        assert made.flags.aligned
        assert np.array_equal(made, grid.vectors)


def test_no_undefined_node_reaches_VTK():
    holes = ((2, 3, 1), (0, 0, 0))
    grid = deformation(undefined=holes).grid
    made = vectorsForVTK(grid)
    expected = deformation().grid.vectors.copy()
    for i, j, k in holes:
        expected[k, j, i] = 0
    assert np.array_equal(made, expected)
    assert np.isnan(grid.vectors).sum() == 2


def test_outside_the_grid_the_border_goes_on():
    case = CASES["both"]
    points = case.randomPoints(beyond=3.0)
    for outsideGrid in OutsideGrid:
        found = mappedByVTK(vtkTransformOf(transformOf(case, outsideGrid=outsideGrid)), points)
        assert np.abs(found - case.expected(points)).max() < 2e-5


def test_a_singular_matrix_before_the_vectors_is_refused():
    with pytest.raises(NotInvertibleError, match="singular"):
        vtkTransformOf(deformation(pre=np.diag([1.0, 1, 0, 1])))


def test_other_kinds_of_transform_are_refused():
    class Bend:
        fromFrame, toFrame = REGISTERED, SOURCE

    with pytest.raises(TypeError, match="expected a matrix"):
        vtkTransformOf(Bend())
