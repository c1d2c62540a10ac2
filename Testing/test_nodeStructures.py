"""Segmentation nodes as structure sets: the contours of their object, those held, or cuts."""

from itertools import pairwise

import numpy as np
import pytest
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersSources import vtkSphereSource

from IHERORegistrationLib.contourPlanes import planeStack
from IHERORegistrationLib.dataNodes import Segment, nodesFromStructureSet, segmentationNode
from IHERORegistrationLib.errors import MalformedObjectError, ReferenceNotFoundError
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.nodeStructures import ContourOrigin, segmentNames, structuresOfNode
from IHERORegistrationLib.structureSetReader import structureSetFromFile

FRAME = "2.25.9.1"
RADIUS, CENTER = 14.0, np.array([31.0, -47.0, 112.0])


@pytest.fixture
def read(phantom):
    return structureSetFromFile(phantom.structureSet)


@pytest.fixture
def loaded(phantom, read, scene):
    return nodesFromStructureSet(read, phantom.primary.lattice, scene)[0]


def volume(structure, spacing=None):
    return planeStack(structure, spacing).volume


def centroid(structure):
    """LPS mm, shape (3,), of what the contours enclose."""
    stack = planeStack(structure, None)
    moments, areas = [], []
    for plane in stack.planes:
        for polygon in plane.polygons:
            following = np.roll(polygon, -1, axis=0)
            cross = (polygon * following[:, ::-1]) @ [[1], [-1]]
            middle = ((polygon + following) * cross).sum(axis=0) / (3 * cross.sum())
            areas.append(abs(cross.sum()) / 2)
            moments.append(stack.axes @ [*middle, plane.offset])
    return np.average(moments, axis=0, weights=areas)


def edit(node, segmentID):
    image = node.GetSegmentation().GetSegment(segmentID).GetRepresentation("Binary labelmap")
    values = vtk_to_numpy(image.GetPointData().GetScalars())
    values[len(values) // 2] = 0 if values[len(values) // 2] else 1
    image.Modified()


def test_a_segment_that_nobody_edited_is_what_the_file_says(loaded, read):
    found = structuresOfNode(loaded, read.frame, original=read)
    drawn = {one.number: one for one in read.structures if not one.isPoints}
    assert set(found.origins.values()) == {ContourOrigin.FILE}
    for one in found.structureSet.structures:
        assert one is drawn[one.number]
    assert found.structureSet.sopInstanceUID == read.sopInstanceUID


def test_an_edited_segment_is_cut_and_keeps_its_number_and_type(loaded, read):
    first = next(iter(segmentNames(loaded)))
    edit(loaded, first)
    found = structuresOfNode(loaded, read.frame, original=read)
    cut, *others = found.structureSet.structures
    drawn = read.structures[0]
    assert found.origins[cut.number] is ContourOrigin.CUT
    assert {found.origins[one.number] for one in others} == {ContourOrigin.FILE}
    assert (cut.number, cut.interpretedType) == (drawn.number, drawn.interpretedType)
    assert volume(cut) == pytest.approx(volume(drawn), rel=0.02)


def test_a_saved_and_loaded_segmentation_is_still_what_the_file_says(loaded, read, tmp_path):
    scene = loaded.GetScene()
    path = str(tmp_path / "saved.seg.nrrd")
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(path)
    assert storage.WriteData(loaded)
    again = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    assert storage.ReadData(again)
    found = structuresOfNode(again, read.frame, original=read)
    assert set(found.origins.values()) == {ContourOrigin.FILE}


def ball(spacing, turn):
    size = (60, 50, 40)
    axes = turn @ np.diag(spacing)
    matrix = np.eye(4)
    matrix[:3, :3] = axes
    matrix[:3, 3] = CENTER - axes @ ((np.array(size) - 1) / 2 + (0.2, 0.3, 0.1))
    lattice = Lattice(size, matrix)
    k, j, i = np.indices(lattice.shape)
    away = np.linalg.norm(lattice.points(np.stack([i, j, k], axis=-1)) - CENTER, axis=-1)
    return Volume((away < RADIUS).astype(np.uint8), lattice, FRAME)


def test_a_drawn_ball_of_voxels_is_cut_on_its_own_slices(scene):
    angle = 0.3
    turn = np.array(
        [[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]
    )
    shape = ball((0.9, 1.0, 1.5), turn)
    node = segmentationNode([Segment("Ball", (10, 200, 30), shape)], FRAME, scene, "Drawn")
    found = structuresOfNode(node, FRAME)
    (one,) = found.structureSet.structures
    assert (one.name, one.color, found.origins[1]) == ("Ball", (10, 200, 30), ContourOrigin.CUT)
    assert volume(one) == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.015)
    assert np.allclose(centroid(one), CENTER, atol=0.1)
    heights = np.unique(np.round(shape.lattice.indices(one.points)[:, 2], 6))
    assert np.array_equal(heights, np.rint(heights))


def sphereSurface():
    source = vtkSphereSource()
    source.SetRadius(RADIUS)
    source.SetCenter(*CENTER)
    source.SetThetaResolution(120)
    source.SetPhiResolution(90)
    source.Update()
    return source.GetOutput()


@pytest.mark.parametrize(
    "slices", [None, Lattice.fromAxes((9, 9, 4), CENTER, np.eye(3), [1, 1, 2])]
)
def test_a_surface_is_cut_on_given_slices_even_beyond_their_ends(scene, slices):
    node = segmentationNode([Segment("Ball", (1, 2, 3), sphereSurface())], FRAME, scene, "Drawn")
    (one,) = structuresOfNode(node, FRAME, slices=slices).structureSet.structures
    assert volume(one) == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.01)
    assert np.allclose(centroid(one), CENTER, atol=0.05)


def test_an_open_surface_is_refused(scene):
    surface = vtkPolyData()
    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.array([(0.0, 0, 0), (9, 0, 0), (0, 9, 0)]), deep=True))
    surface.SetPoints(points)
    surface.Allocate(1)
    surface.InsertNextCell(5, 3, (0, 1, 2))
    node = segmentationNode([Segment("Leaf", (1, 2, 3), surface)], FRAME, scene, "Drawn")
    with pytest.raises(MalformedObjectError, match="open or doubled edge in Leaf"):
        structuresOfNode(node, FRAME)


def planarContours(structure):
    """As SlicerRT keeps them: closed lines that repeat their first point, RAS."""
    corners, offsets = [], [0]
    for one in structure.contours:
        corners.append(np.concatenate([one.points, one.points[:1]]) * (-1, -1, 1))
        offsets.append(offsets[-1] + len(corners[-1]))
    joined = np.concatenate(corners)
    data, points, lines = vtkPolyData(), vtkPoints(), vtkCellArray()
    points.SetDataTypeToDouble()
    points.SetData(numpy_to_vtk(joined, deep=True))
    places = np.concatenate([[*range(a, b - 1), a] for a, b in pairwise(offsets)])
    lines.SetData(
        numpy_to_vtkIdTypeArray(np.array(offsets), deep=True),
        numpy_to_vtkIdTypeArray(places, deep=True),
    )
    data.SetPoints(points)
    data.SetLines(lines)
    return data


def test_planar_contours_of_another_reader_are_taken_as_they_are(scene, read):
    drawn = next(one for one in read.structures if not one.isPoints)
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "By another reader")
    node.GetSegmentation().SetSourceRepresentationName("Planar contour")
    segment = slicer.vtkSegment()
    segment.SetName(drawn.name)
    segment.AddRepresentation("Planar contour", planarContours(drawn))
    node.GetSegmentation().AddSegment(segment)
    found = structuresOfNode(node, read.frame)
    (one,) = found.structureSet.structures
    assert found.origins[one.number] is ContourOrigin.HELD
    for ours, theirs in zip(one.contours, drawn.contours, strict=True):
        assert np.allclose(ours.points, theirs.points, atol=1e-9)
        assert ours.geometricType is theirs.geometricType
    (same,) = structuresOfNode(node, read.frame, original=read).structureSet.structures
    assert same is drawn


def test_only_chosen_segments_are_taken_and_none_is_refused(loaded, read):
    last = list(segmentNames(loaded))[-1]
    (one,) = structuresOfNode(
        loaded, read.frame, original=read, segmentIDs=[last]
    ).structureSet.structures
    assert one.name == segmentNames(loaded)[last]
    with pytest.raises(ReferenceNotFoundError, match="none chosen"):
        structuresOfNode(loaded, read.frame, segmentIDs=())


def test_a_renamed_segment_keeps_its_contours_and_has_its_new_name(loaded, read):
    first = next(iter(segmentNames(loaded)))
    loaded.GetSegmentation().GetSegment(first).SetName("Something else")
    found = structuresOfNode(loaded, read.frame, original=read, segmentIDs=[first])
    (one,) = found.structureSet.structures
    assert (one.number, one.name) == (read.structures[0].number, "Something else")
    assert one.contours is read.structures[0].contours


def test_a_segment_that_lost_its_last_slices_is_not_as_drawn(loaded, read):
    first = next(iter(segmentNames(loaded)))
    image = loaded.GetSegmentation().GetSegment(first).GetRepresentation("Binary labelmap")
    values = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])
    values[-3:] = 0
    image.Modified()
    found = structuresOfNode(loaded, read.frame, original=read, segmentIDs=[first])
    assert set(found.origins.values()) == {ContourOrigin.CUT}
