import numpy as np
import pytest
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkImagingStencil import vtkImageStencilToImage, vtkPolyDataToImageStencil

from drawnStructures import closed, ellipse, rectangle, structure
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.structureMask import evenOddMask, maskFromStructure
from IHERORegistrationLib.structures import GeometricType

OBLIQUE = np.array([(1, 0, 0), (0, 0.6, -0.8), (0, 0.8, 0.6)]) @ np.array(
    [(0.8, -0.6, 0), (0.6, 0.8, 0), (0, 0, 1)]
)
LATTICE = Lattice.fromAxes((40, 31, 9), (-70.3, 30.1, 110), OBLIQUE, (1.25, 2, 3))


def filledByVTK(loops, shape):
    """Pixels inside closed loops (n, 2) of fractional i, j, by VTK's stencil."""
    points, lines = vtkPoints(), vtkCellArray()
    points.SetDataTypeToDouble()
    flat = np.concatenate([np.column_stack([one, np.zeros(len(one))]) for one in loops])
    points.SetData(numpy_to_vtk(flat, deep=True))
    first = 0
    for one in loops:
        lines.InsertNextCell(len(one) + 1)
        for place in [*range(first, first + len(one)), first]:
            lines.InsertCellPoint(place)
        first += len(one)
    outlines = vtkPolyData()
    outlines.SetPoints(points)
    outlines.SetLines(lines)
    stencil, image = vtkPolyDataToImageStencil(), vtkImageStencilToImage()
    stencil.SetInputData(outlines)
    stencil.SetTolerance(0)
    stencil.SetOutputWholeExtent(0, shape[1] - 1, 0, shape[0] - 1, 0, 0)
    image.SetInputConnection(stencil.GetOutputPort())
    image.SetInsideValue(1)
    image.SetOutsideValue(0)
    image.Update()
    return vtk_to_numpy(image.GetOutput().GetPointData().GetScalars()).reshape(shape) > 0


def star(center, count, seed):
    random = np.random.default_rng(seed)
    angle = np.sort(random.uniform(0, 2 * np.pi, count))
    radius = random.uniform(4, 17, count)
    return center + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])


@pytest.mark.parametrize("seed", range(5))
def test_masks_are_those_of_another_program(seed):
    shape = (43, 57)
    loops = [star((20.3, 18.7), 23, seed), star((33.1, 22.2), 9, seed + 50), star((2, 40), 7, seed)]
    np.testing.assert_array_equal(evenOddMask(loops, shape), filledByVTK(loops, shape))


def test_a_center_on_a_side_belongs_to_the_side_where_indices_rise():
    square = np.array([(1, 1), (4, 1), (4, 3), (1, 3.0)])
    mask = evenOddMask([square], (6, 7))
    assert mask.sum() == 6
    assert mask[1:3, 1:4].all()
    beside = evenOddMask([square, square + np.array((3, 0))], (6, 7))
    assert beside.sum() == 12  # loops that touch share no pixel and leave none


def test_loops_may_leave_the_image_or_miss_it():
    assert evenOddMask([np.array([(-5, -5), (90, -5), (90, 90), (-5, 90.0)])], (6, 7)).all()
    assert not evenOddMask([np.array([(-5, -5), (-1, -5), (-1, 90.0)])], (6, 7)).any()
    assert not evenOddMask([np.array([(8, 1), (12, 1), (9, 4.0)])], (6, 7)).any()
    assert not evenOddMask([], (6, 7)).any()


def onSlice(flat, k, kind=GeometricType.CLOSED_PLANAR):
    """A contour through fractional i, j of slice k of the lattice."""
    points = LATTICE.points(np.column_stack([flat, np.full(len(flat), float(k))]))
    one = closed(points)
    return type(one)(one.points, kind)


def test_a_structure_fills_its_own_slices_of_an_oblique_lattice():
    loops = {2: [star((20, 15), 9, 1)], 3: [star((21, 14), 9, 2), star((21, 14), 5, 3) / 2 + 8]}
    drawn = [onSlice(one, k) for k, ones in loops.items() for one in ones]
    mask = maskFromStructure(structure(drawn), LATTICE)
    assert mask.shape == (9, 31, 40)
    for k in range(9):
        expected = evenOddMask(loops.get(k, []), (31, 40))
        np.testing.assert_array_equal(mask[k], expected)


@pytest.mark.parametrize("kind", [GeometricType.CLOSED_PLANAR, GeometricType.CLOSED_PLANAR_XOR])
def test_a_hole_is_left_out_in_either_way_of_drawing_it(kind):
    outer = np.array([(3.5, 3.5), (30.5, 3.5), (30.5, 25.5), (3.5, 25.5)])
    hole = np.array([(9.5, 9.5), (9.5, 19.5), (20.5, 19.5), (20.5, 9.5)])
    keyhole = np.concatenate([outer[:1], hole, hole[:1], outer])
    two = structure([onSlice(outer, 4, kind), onSlice(hole, 4, kind)])
    mask = maskFromStructure(two, LATTICE)
    assert mask.sum() == 27 * 22 - 11 * 10
    one = structure([onSlice(keyhole, 4, kind)])
    np.testing.assert_array_equal(maskFromStructure(one, LATTICE), mask)


def test_slices_between_contour_planes_take_the_nearer_one():
    lattice = Lattice.fromAxes((20, 20, 12), (0, 0, 0), np.eye(3), (1, 1, 1))
    drawn = [
        rectangle((2.5, 2.5 + width), (2.5, 8.5), z) for width, z in ((3, 2), (5, 4.9), (7, 8))
    ]
    counts = maskFromStructure(structure(drawn), lattice).sum(axis=(1, 2)) // 6
    assert counts.tolist() == [0, 3, 3, 3, 5, 5, 5, 7, 7, 7, 0, 0]


def test_slices_that_run_the_other_way_are_filled_alike():
    turned = np.diag([1.0, -1, -1])  # feet first: k runs down
    up = Lattice.fromAxes((30, 28, 8), (5, 6, 7), np.eye(3), (1, 1.5, 2))
    down = Lattice.fromAxes((30, 28, 8), (5, 6 + 27 * 1.5, 21), turned, (1, 1.5, 2))
    drawn = structure([closed(ellipse((19, 25), (8, 11), z)) for z in (9, 13, 15)])
    found = maskFromStructure(drawn, down)[::-1, ::-1]
    assert found.any(axis=(1, 2)).tolist() == [False] + [True] * 4 + [False] * 3
    np.testing.assert_array_equal(found, maskFromStructure(drawn, up))


def test_points_and_lines_fill_nothing():
    assert not maskFromStructure(structure([]), LATTICE).any()


def test_contours_that_cross_the_slices_are_refused():
    upright = closed([(-60, 30, 112), (-40, 30, 112), (-40, 30, 132), (-60, 30, 132)])
    with pytest.raises(MalformedObjectError, match="parallel to the slices"):
        maskFromStructure(structure([upright]), LATTICE)
