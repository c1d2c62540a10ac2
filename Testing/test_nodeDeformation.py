"""Whatever transform node the user has, its export maps points as the scene does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import slicer
from scipy.spatial.transform import Rotation
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import (
    vtkAbstractTransform,
    vtkGeneralTransform,
    vtkTransform,
)

from deformationNodes import thinPlateSpline, through
from IHERODeformationLib.nodeDeformation import deformationFromTransformNode
from IHERODeformationLib.sampledDeformation import SampledDeformation
from IHERORegistrationLib.errors import MalformedRegistrationError
from IHERORegistrationLib.lattice import Lattice

RAS = np.array([-1.0, -1.0, 1.0])
TURN = Rotation.from_euler("xyz", (5, -8, 12), degrees=True).as_matrix()
OVER = Lattice.fromAxes((31, 23, 13), (-60.0, -140.0, 33.0), TURN, (4.0, 5.0, 6.0))
CENTER = OVER.center * RAS


def vtkMatrix(matrix: np.ndarray) -> vtkMatrix4x4:
    result = vtkMatrix4x4()
    result.DeepCopy(matrix.ravel().tolist())
    return result


def linear(degrees: float = 20.0, shift: float = 30.0) -> vtkTransform:
    result = vtkTransform()
    result.Translate(shift, -0.5 * shift, 0.2 * shift)
    result.RotateWXYZ(degrees, 0.3, -0.5, 0.8)
    return result


def imageOf(vectors: np.ndarray, origin: np.ndarray, spacing: np.ndarray) -> vtkImageData:
    image = vtkImageData()
    image.SetDimensions(vectors.shape[2::-1])
    image.SetOrigin(origin)
    image.SetSpacing(spacing)
    image.GetPointData().SetScalars(numpy_to_vtk(vectors.reshape(-1, 3), deep=True))
    return image


def smooth(shape: tuple[int, int, int]) -> np.ndarray:
    k, j, i = np.indices(shape) / np.array(shape).reshape(3, 1, 1, 1)
    return 9.0 * np.stack(
        [np.sin(4 * j + k), np.cos(3 * k) + 2 * i**2, np.sin(5 * i + 1) * j], axis=-1
    )


def placed(transform: vtkAbstractTransform, vectors: np.ndarray) -> np.ndarray:
    """Geometry of an oblique grid around the image, RAS; returns origin and spacing."""
    axes = np.eye(4)
    axes[:3, :3] = Rotation.from_euler("xyz", (-20, 15, 33), degrees=True).as_matrix()
    transform.SetGridDirectionMatrix(vtkMatrix(axes))
    spacing = 260.0 / np.array(vectors.shape[2::-1])
    origin = CENTER - axes[:3, :3] @ (spacing * (np.array(vectors.shape[2::-1]) - 1) / 2)
    return imageOf(vectors, origin, spacing)


def grid() -> vtkAbstractTransform:
    result = slicer.vtkOrientedGridTransform()
    vectors = smooth((11, 13, 15)).astype(np.float32)
    result.SetDisplacementGridData(placed(result, vectors))
    result.SetInterpolationModeToLinear()
    return result


def foldedGrid() -> vtkAbstractTransform:
    """So rough that space is folded: back there is none, or several."""
    result = slicer.vtkOrientedGridTransform()
    vectors = np.random.default_rng(4).normal(0, 12, (11, 13, 15, 3))
    result.SetDisplacementGridData(placed(result, vectors))
    result.SetInterpolationModeToLinear()
    return result


def cubicGrid() -> vtkAbstractTransform:
    result = grid()
    result.SetInterpolationModeToCubic()
    return result


def bSpline() -> vtkAbstractTransform:
    result = slicer.vtkOrientedBSplineTransform()
    result.SetCoefficientData(placed(result, smooth((8, 9, 10))))
    result.SetBulkTransformMatrix(linear(4, 5).GetMatrix())
    return result


def thinPlate() -> vtkAbstractTransform:
    random = np.random.default_rng(5)
    here = random.uniform(-80, 80, (12, 3)) + CENTER
    return thinPlateSpline(here, here + random.normal(0, 5, (12, 3)))


def composite() -> vtkAbstractTransform:
    result = vtkGeneralTransform()
    result.PostMultiply()
    for part in (linear(), bSpline(), grid().GetInverse(), linear(-33, 12), thinPlate()):
        result.Concatenate(part)
    return result


KINDS: dict[str, Callable[[], vtkAbstractTransform]] = {
    "grid": grid,
    "cubic grid": cubicGrid,
    "B-spline": bSpline,
    "thin plate": thinPlate,
    "composite": composite,
}


def nodeWith(
    scene: slicer.vtkMRMLScene, transform: vtkAbstractTransform, end: str
) -> slicer.vtkMRMLTransformNode:
    node = scene.AddNewNodeByClass("vtkMRMLTransformNode")
    getattr(node, f"SetAndObserveTransform{end}")(transform)
    return node


def evenly(count: int = 1000) -> np.ndarray:
    share = np.random.default_rng(8).uniform(size=(count, 3))
    return OVER.points(share * OVER.size - 0.5)


def worldToData(node: slicer.vtkMRMLTransformNode, points: np.ndarray) -> np.ndarray:
    """`points`, (n, 3) LPS, by MRML's own hand."""
    transform = vtkGeneralTransform()
    node.GetTransformFromWorld(transform)
    return through(transform, points)


def exported(node: slicer.vtkMRMLTransformNode, **changes) -> SampledDeformation:
    return deformationFromTransformNode(node, OVER, "1.2.1", "1.2.2", **changes)


def missed(made: SampledDeformation, truth: np.ndarray) -> float:
    return float(np.linalg.norm(made.transform(evenly()) - truth, axis=-1).max())


@pytest.mark.parametrize("end", ["FromParent", "ToParent"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_node_is_exported_as_the_scene_shows_it(kind, end, scene, capfd):
    node = nodeWith(scene, KINDS[kind](), end)
    made = exported(node, error=0.6)
    assert missed(made, worldToData(node, evenly())) <= 0.6
    assert made.error <= 0.6
    assert made.lost == 0
    assert (made.transform.fromFrame, made.transform.toFrame) == ("1.2.1", "1.2.2")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("end", ["FromParent", "ToParent"])
def test_a_closer_bound_makes_a_finer_grid(end, scene):
    node = nodeWith(scene, bSpline(), end)
    coarse, fine = exported(node, error=0.5), exported(node, error=0.03)
    assert missed(fine, worldToData(node, evenly())) <= 0.03
    assert fine.spacing.max() < coarse.spacing.max()


def test_a_node_under_others_is_exported_with_them(scene):
    top, middle = nodeWith(scene, linear(), "ToParent"), nodeWith(scene, bSpline(), "ToParent")
    node = nodeWith(scene, linear(-15, 7), "FromParent")
    node.SetAndObserveTransformNodeID(middle.GetID())
    middle.SetAndObserveTransformNodeID(top.GetID())
    made = exported(node, error=0.2)
    assert missed(made, worldToData(node, evenly())) <= 0.2


def test_points_under_a_node_come_back_into_their_own_coordinates(scene):
    """The direction: what MRML shows at p in the world, the export takes back to where it is."""
    node = nodeWith(scene, bSpline(), "ToParent")
    data = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    own = np.random.default_rng(2).uniform(-30, 30, (40, 3)) + CENTER
    for point in own:
        data.AddControlPoint(point.tolist())
    data.SetAndObserveTransformNodeID(node.GetID())
    world = np.zeros((len(own), 3))
    for row, result in enumerate(world):
        data.GetNthControlPointPositionWorld(row, result)
    made = exported(node, error=0.05).transform
    np.testing.assert_allclose(made(world * RAS), own * RAS, atol=0.05)
    assert np.linalg.norm(made(own * RAS) - world * RAS, axis=-1).min() > 1  # the other way


def test_fixed_coordinates_are_those_of_the_image_that_stays(scene):
    fixedParent, above, common = (
        nodeWith(scene, linear(35, -20), "ToParent"),
        nodeWith(scene, linear(-50, 15), "FromParent"),
        nodeWith(scene, linear(), "ToParent"),
    )
    fixed = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    node = nodeWith(scene, bSpline(), "ToParent")
    fixed.SetAndObserveTransformNodeID(fixedParent.GetID())
    fixedParent.SetAndObserveTransformNodeID(above.GetID())
    for one in (node, above):
        one.SetAndObserveTransformNodeID(common.GetID())
    node.SetNodeReferenceID("spatialRegistrationFixed", fixed.GetID())
    between = vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(fixedParent, node, between)
    made = exported(node, error=0.2)
    assert missed(made, through(between, evenly())) <= 0.2


def test_what_moves_both_images_alike_does_not_matter(scene):
    common, node = nodeWith(scene, bSpline(), "ToParent"), nodeWith(scene, grid(), "FromParent")
    fixed = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    for one in (node, fixed):
        one.SetAndObserveTransformNodeID(common.GetID())
    node.SetNodeReferenceID("spatialRegistrationFixed", fixed.GetID())
    made = exported(node).transform
    np.testing.assert_array_equal(made.grid.vectors, smooth((11, 13, 15)).astype("f4") * RAS)


# --- grids that are taken as they are


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_grid_is_taken_bit_for_bit(dtype, scene):
    transform = slicer.vtkOrientedGridTransform()
    vectors = smooth((4, 5, 6)).astype(np.float32)
    transform.SetDisplacementGridData(placed(transform, vectors.astype(dtype)))
    transform.SetInterpolationModeToLinear()
    node = nodeWith(scene, transform, "FromParent")
    made = exported(node)
    np.testing.assert_array_equal(made.transform.grid.vectors, vectors * RAS.astype("f4"))
    np.testing.assert_array_equal(made.transform.affine, np.eye(4))
    assert made.error < 1e-4
    inside = made.transform.grid.lattice.points(
        np.random.default_rng(3).uniform(0, (5, 4, 3), (1000, 3))
    )
    there = made.transform(inside)
    np.testing.assert_allclose(there, worldToData(node, inside), atol=1e-4)


def test_a_left_handed_grid_is_counted_from_its_other_end(scene):
    transform = slicer.vtkOrientedGridTransform()
    image = placed(transform, smooth((4, 5, 6)).astype(np.float32))
    axes = vtkMatrix(np.diag([1.0, -1, 1, 1]))
    vtkMatrix4x4.Multiply4x4(transform.GetGridDirectionMatrix(), axes, axes)
    transform.SetGridDirectionMatrix(axes)
    transform.SetDisplacementGridData(image)
    transform.SetInterpolationModeToLinear()
    node = nodeWith(scene, transform, "FromParent")
    made = exported(node).transform
    lattice = made.grid.lattice
    assert np.linalg.det(lattice.directions) > 0
    inside = lattice.points(np.random.default_rng(3).uniform(0, (5, 4, 3), (1000, 3)))
    np.testing.assert_allclose(made(inside), worldToData(node, inside), atol=1e-4)


def test_a_grid_with_slanting_axes_is_sampled_because_dicom_has_none(scene):
    transform = slicer.vtkOrientedGridTransform()
    image = placed(transform, smooth((11, 13, 15)))
    slanting = np.eye(4)
    slanting[0, 1] = 0.2
    axes = vtkMatrix(slanting)
    vtkMatrix4x4.Multiply4x4(transform.GetGridDirectionMatrix(), axes, axes)
    transform.SetGridDirectionMatrix(axes)
    transform.SetDisplacementGridData(image)
    node = nodeWith(scene, transform, "FromParent")
    made = exported(node, error=0.3)
    directions = made.transform.grid.lattice.directions
    np.testing.assert_allclose(directions, OVER.directions, atol=1e-9)
    assert missed(made, worldToData(node, evenly())) <= 0.3


def test_a_deformation_split_into_its_nodes_is_exported_as_before(scene):
    both = vtkGeneralTransform()
    both.PostMultiply()
    for part in (grid(), linear()):
        both.Concatenate(part)
    node = nodeWith(scene, both, "FromParent")
    before = exported(node).transform
    node.Split()
    assert node.GetParentTransformNode() is not None
    after = exported(node).transform
    np.testing.assert_array_equal(after.grid.lattice.size, before.grid.lattice.size)
    points = evenly()
    np.testing.assert_allclose(after(points), before(points), atol=1e-5)


def test_vectors_stored_scaled_and_counted_from_elsewhere_are_taken_as_vtk_does(scene):
    transform = slicer.vtkOrientedGridTransform()
    image = placed(transform, (50 * smooth((4, 5, 6))).astype(np.int16))
    image.SetExtent(3, 8, -2, 2, 10, 13)
    transform.SetDisplacementGridData(image)
    transform.SetDisplacementScale(0.02)
    transform.SetDisplacementShift(3.5)
    transform.SetInterpolationModeToLinear()
    node = nodeWith(scene, transform, "FromParent")
    made = exported(node).transform
    inside = made.grid.lattice.points(np.random.default_rng(3).uniform(0, (5, 4, 3), (1000, 3)))
    np.testing.assert_allclose(made(inside), worldToData(node, inside), atol=2e-4)


def test_matrices_after_a_grid_are_taken_with_it(scene):
    both = vtkGeneralTransform()
    both.PostMultiply()
    for part in (grid(), linear(), linear(-40, 11)):
        both.Concatenate(part)
    node = nodeWith(scene, both, "FromParent")
    made = exported(node)
    assert made.transform.grid.lattice.size == (15, 13, 11)
    assert made.error < 1e-4
    assert missed(made, worldToData(node, evenly())) < 1e-4


def test_below_a_matrix_that_is_not_rigid_a_grid_is_sampled(scene):
    stretched = linear(25, 3)
    stretched.Scale(1.1, 0.95, 1)
    node, top = nodeWith(scene, grid(), "FromParent"), nodeWith(scene, stretched, "ToParent")
    node.SetAndObserveTransformNodeID(top.GetID())
    made = exported(node, error=0.6)
    np.testing.assert_allclose(made.transform.grid.lattice.directions, OVER.directions, atol=1e-9)
    assert missed(made, worldToData(node, evenly())) <= 0.6


def test_what_is_not_rigid_after_a_grid_goes_into_its_vectors(scene):
    stretched = linear()
    stretched.Scale(1.1, 0.95, 1)
    both = vtkGeneralTransform()
    both.PostMultiply()
    for part in (grid(), stretched):
        both.Concatenate(part)
    made = exported(nodeWith(scene, both, "FromParent"))
    rotation = made.transform.pre[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert made.error < 1e-3


def test_what_cubic_interpolation_shows_otherwise_is_told(scene):
    node = nodeWith(scene, cubicGrid(), "FromParent")
    made = exported(node)
    centers = made.transform.grid.lattice.points(np.indices((14, 12, 10)).reshape(3, -1).T + 0.5)
    apart = np.linalg.norm(made.transform(centers) - worldToData(node, centers), axis=-1).max()
    assert apart > 0.1
    assert made.error == pytest.approx(apart, rel=1e-6)


def test_a_spacing_asked_for_is_sampled_also_of_a_grid(scene):
    made = exported(nodeWith(scene, grid(), "FromParent"), spacing=9.0)
    assert (made.spacing <= 9).all()
    assert made.transform.grid.lattice.size == (15, 14, 10)


# --- refusals, and what VTK cannot tell


@pytest.mark.parametrize("withParent", [False, True])
def test_a_linear_node_is_left_to_spatial_registration(withParent, scene):
    node = nodeWith(scene, linear(), "ToParent")
    if withParent:
        node.SetAndObserveTransformNodeID(nodeWith(scene, linear(3, 4), "FromParent").GetID())
    with pytest.raises(MalformedRegistrationError, match="is linear: export it as Spatial Reg"):
        exported(node)


def test_where_the_inverse_does_not_converge_nodes_are_undefined_and_counted(scene, capfd):
    made = exported(nodeWith(scene, foldedGrid(), "ToParent"), spacing=10.0)
    folded = made.undefinedNodes
    assert 0 < folded < np.prod(made.transform.grid.lattice.size)
    assert 0 < made.lost < 1
    transform = foldedGrid()
    nodes = made.transform.grid.lattice.points(
        np.indices(made.transform.grid.lattice.size).reshape(3, -1).T
    )
    there = made.transform(nodes)
    defined = ~np.isnan(there).any(axis=-1)
    assert (~defined).sum() == folded
    back = through(transform, there[defined])
    assert np.linalg.norm(back - nodes[defined], axis=-1).max() < 0.002
    assert capfd.readouterr() == ("", "")
