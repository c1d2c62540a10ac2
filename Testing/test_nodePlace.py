"""What Slicer itself hardens, or shifts, lies in its Frame of Reference no longer: nobody takes it
for what its files say, moves it once more or writes it there.
"""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from vtkmodules.vtkCommonCore import VTK_FLOAT
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkFiltersSources import vtkSphereSource

from application.openedScenes import openScene, saveOpenScene
from IHERORegistrationLib.appliedNodes import hardenedNode, resampledNode
from IHERORegistrationLib.codes import FRAME_OF_REFERENCE_IDENTITY
from IHERORegistrationLib.databaseImages import knownImages
from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.dataNodes import Segment, segmentationNode, volumeNodeFromVolume
from IHERORegistrationLib.displayedImages import registeredParent
from IHERORegistrationLib.displayedPair import Relation, relation
from IHERORegistrationLib.doseExport import doseExport
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.exportedNode import NamedSeries
from IHERORegistrationLib.imagePair import imagePair
from IHERORegistrationLib.landmarkNodes import newLandmarkList, placedPoints
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.madeRegistration import Making, madeNode
from IHERORegistrationLib.nodeExport import exportImages
from IHERORegistrationLib.nodeIdentity import frameOfNode, knownFrame
from IHERORegistrationLib.nodeObjects import doseOfNode
from IHERORegistrationLib.nodePlace import movedSentence, wasMoved
from IHERORegistrationLib.nodeStructures import structuresOfNode
from IHERORegistrationLib.placement import confirmFrame, dataFrame, placeables
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.structureExport import structureExport
from IHERORegistrationLib.structureMask import maskFromStructure
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from IHERORegistrationLib.structuresFrame import frameOfStructures

MOVED = "was moved in its own coordinates"


def hardened(node, transform):
    """As Slicer's module Data does it."""
    node.SetAndObserveTransformNodeID(transform.GetID())
    node.HardenTransform()


def small(scene):
    """A motion such as registrations make, as another module may have found it."""
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtkMatrix4x4()
    angle = 0.05
    for place, value in {
        (0, 0): np.cos(angle), (0, 1): -np.sin(angle), (1, 0): np.sin(angle),
        (1, 1): np.cos(angle), (0, 3): 2.5, (1, 3): -4.0, (2, 3): 1.5,
    }.items():  # fmt: skip
        matrix.SetElement(*place, value)
    node.SetMatrixTransformToParent(matrix)
    return node


def test_a_hardened_image_lies_in_no_known_frame_and_is_not_moved_again(loaded, scene):
    ct, mr, node = loaded.images["CT"], loaded.images["MR"], loaded.registrations["MR"]
    frame = knownFrame(mr)
    assert frame
    assert exportImages(node).moving == (mr,)
    hardened(mr, node)
    assert knownFrame(mr) == ""
    with pytest.raises(FrameOfReferenceError, match=f"{mr.GetName()} {MOVED}"):
        frameOfNode(mr)
    assert registeredParent(mr, node) is None
    assert relation(ct, mr, node) is Relation.UNKNOWN_FRAME
    assert exportImages(node).moving == ()
    (row,) = (one for one in placeables(node) if one.nodeID == mr.GetID())
    assert MOVED in row.doubt
    mr.SetAndObserveTransformNodeID(node.GetID())
    node.Inverse()
    mr.HardenTransform()  # back again
    assert knownFrame(mr) == frame


def test_what_is_hardened_or_resampled_here_lies_where_it_says(loaded):
    ct, mr, node = loaded.images["CT"], loaded.images["MR"], loaded.registrations["MR"]
    there = knownFrame(ct)
    assert knownFrame(mr) != there
    hard = hardenedNode(mr, node, ct).node
    onCT = resampledNode(mr, node, ct, Interpolation.LINEAR).node
    assert [knownFrame(one) for one in (hard, onCT)] == [there, there]
    assert [row.nodeID for row in placeables(node)] == [mr.GetID()]


def test_a_shifted_origin_counts_too_and_cutting_a_part_out_does_not(loaded):
    node = loaded.images["CT"]
    frame = knownFrame(node)
    origin = np.array(node.GetOrigin())
    node.SetOrigin(np.add(origin, (0, 0, 0.4)))
    assert knownFrame(node) == ""
    node.SetOrigin(origin)
    values = slicer.util.arrayFromVolume(node)[3:, 2:-4, 5:].copy()
    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    node.SetOrigin(matrix.MultiplyPoint((5, 2, 3, 1))[:3])
    slicer.util.updateVolumeFromArray(node, values)
    assert knownFrame(node) == frame


def test_an_image_that_was_hardened_before_anybody_looked_is_refused_by_its_files(
    loaded, database, scene
):
    mr, known = loaded.images["MR"], DatabaseSeries(database)
    assert known.series(mr).frame
    mr.SetAttribute("IHERO.Place", None)
    hardened(mr, small(scene))
    with pytest.raises(FrameOfReferenceError, match=MOVED):
        DatabaseSeries(database).series(mr)


def test_an_image_that_slicer_hardened_before_the_module_was_opened_is_known_by_its_files(
    started, phantom
):
    from loadedPhantom import loadedPhantom

    started(phantom.folder)
    images = loadedPhantom(phantom, slicer.mrmlScene).images
    for one in images.values():  # as Slicer's own reader leaves them
        one.SetAttribute("IHERO.FrameOfReferenceUID", None)
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        hierarchy.SetItemAttribute(
            hierarchy.GetItemByDataNode(one), "DICOM.FrameOfReferenceUID", ""
        )
    move = small(slicer.mrmlScene)
    hardened(images["MR"], move)
    known = knownImages(slicer.dicomDatabase)
    assert knownFrame(images["CT"], known) == phantom.primary.frame
    assert knownFrame(images["MR"], known) == ""
    assert wasMoved(images["MR"])
    move.Inverse()
    hardened(images["MR"], move)
    assert knownFrame(images["MR"], known) == phantom.named("MR").frame


def test_a_hardened_dose_is_not_the_dose_of_its_file(loaded, database, scene):
    dose, known = loaded.dose, DatabaseSeries(database)
    images = NamedSeries(known.series(loaded.images["CT"]), "CT")
    hardened(dose, small(scene))
    with pytest.raises(FrameOfReferenceError, match=MOVED):
        doseOfNode(dose, database)
    with pytest.raises(FrameOfReferenceError, match=MOVED):
        doseExport(dose, known.dose(dose), images)


def test_hardened_structures_of_a_file_are_neither_carried_nor_drawn(
    phantom, loaded, database, scene
):
    node, known = loaded.structures[0], DatabaseSeries(database)
    series = known.series(loaded.images["CT"])
    original = structureSetFromFile(phantom.structureSet)
    structuresOfNode(node, series.frame, original=original, slices=series.lattice)
    hardened(node, small(scene))
    with pytest.raises(FrameOfReferenceError, match=MOVED):
        structuresOfNode(node, series.frame, original=original, slices=series.lattice)


def test_hardened_structures_of_the_segment_editor_lie_in_no_known_frame(
    phantom, loaded, database, scene
):
    ct = loaded.images["CT"]
    series = DatabaseSeries(database).series(ct)
    (structure,) = (
        one for one in structureSetFromFile(phantom.structureSet).structures if one.name == "Lung_R"
    )
    mask = Volume(maskFromStructure(structure, series.lattice), series.lattice, series.frame)
    node = segmentationNode([Segment("lung", (9, 9, 9), mask)], series.frame, scene, "drawn")
    node.SetReferenceImageGeometryParameterFromVolumeNode(ct)
    assert frameOfStructures(node, None) == series.frame
    hardened(node, small(scene))
    with pytest.raises(FrameOfReferenceError, match=MOVED):
        frameOfStructures(node, None)
    with pytest.raises(FrameOfReferenceError, match=MOVED):
        structureExport(node, NamedSeries(series, "CT"), None)


def test_hardened_landmarks_are_not_fitted_and_moved_ones_are(loaded, scene):
    mr = loaded.images["MR"]
    points = newLandmarkList(mr, "on the MR", (1, 0, 0))
    for place in ((3, 4, 5), (43, 9, -7), (8, -30, 21), (-22, 17, 40)):
        points.AddControlPoint(place)
    frame = knownFrame(points)
    points.SetNthControlPointPosition(1, 44, 9, -7)
    points.AddControlPoint((1, 1, 60))
    assert knownFrame(points) == frame == knownFrame(mr)
    assert len(placedPoints(points, mr, frame)[0]) == 5
    hardened(points, small(scene))
    assert knownFrame(points) == ""
    points.SetNthControlPointPosition(2, 7, -31, 22)  # one more by hand
    assert knownFrame(points) == ""
    with pytest.raises(FrameOfReferenceError, match=MOVED):
        placedPoints(points, mr, frame)


def test_a_saved_scene_knows_what_was_moved_and_what_was_not(started, phantom, tmp_path):
    from loadedPhantom import loadedPhantom

    started(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    names = [loaded.images[name].GetName() for name in ("CT", "MR")]
    assert all(knownFrame(one) for one in loaded.images.values())
    hardened(loaded.images["MR"], small(slicer.mrmlScene))
    openScene(saveOpenScene(tmp_path / "scene.mrb"))
    ct, mr = map(slicer.util.getNode, names)
    assert knownFrame(ct)
    assert not wasMoved(ct)
    assert knownFrame(mr) == ""


def drawnOn(image, scene, mask, parent=None):
    """Segments that the Segment Editor drew on an image, where that is shown."""
    node = segmentationNode([Segment("lesion", (9, 9, 9), mask)], "", scene, "drawn")
    node.SetAndObserveTransformNodeID(parent.GetID() if parent else None)
    node.SetReferenceImageGeometryParameterFromVolumeNode(image)
    return node


def test_what_was_drawn_on_an_image_lies_where_that_was_shown(loaded, database, scene):
    ct, mr, node = loaded.images["CT"], loaded.images["MR"], loaded.registrations["MR"]
    there, here = knownFrame(mr), knownFrame(ct)
    series = DatabaseSeries(database).series(mr)
    mask = Volume(np.ones(series.lattice.shape, np.uint8), series.lattice, there)
    before = drawnOn(mr, scene, mask)
    mr.SetAndObserveTransformNodeID(node.GetID())
    assert frameOfStructures(drawnOn(mr, scene, mask), None) == here  # as the views showed it
    assert frameOfStructures(drawnOn(mr, scene, mask, node), None) == there
    assert frameOfStructures(before, None) == there
    shown, other = drawnOn(mr, scene, mask), drawnOn(mr, scene, mask)
    assert exportImages(shown).fixed == (ct,)
    mr.SetAndObserveTransformNodeID(small(scene).GetID())
    assert frameOfStructures(other, None) == ""
    with pytest.raises(FrameOfReferenceError, match="nothing tells in which Frame of Reference"):
        structureExport(other, NamedSeries(series, "MR"), None)


def test_asking_changes_nothing(loaded, scene):
    mr = loaded.images["MR"]
    knownFrame(mr)
    before = {name: mr.GetAttribute(name) for name in mr.GetAttributeNames()}
    for _ in range(2):
        assert not wasMoved(mr)
        hardened(mr, loaded.registrations["MR"])
        assert wasMoved(mr)
        hardened(mr, inverseOf(loaded.registrations["MR"]))
    assert {name: mr.GetAttribute(name) for name in mr.GetAttributeNames()} == before


def inverseOf(node):
    """Another node that does the opposite."""
    back = node.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtkMatrix4x4()
    node.GetMatrixTransformFromParent(matrix)
    back.SetMatrixTransformToParent(matrix)
    return back


@pytest.mark.parametrize("text", ["9", "a b c", "1 2 3 4", "voxel 1"])
def test_where_a_place_cannot_be_read_nobody_knows(loaded, text):
    loaded.images["MR"].SetAttribute("IHERO.Place", text)
    assert knownFrame(loaded.images["MR"]) == ""


def plainVolume(scene):
    """An image that does not come from DICOM."""
    lattice = Lattice.fromAxes((4, 5, 6), np.array([1.0, 2, 3]), np.eye(3), np.array([1.0, 2, 3]))
    return volumeNodeFromVolume(Volume(np.zeros(lattice.shape), lattice, ""), scene, "plain")


def test_what_the_user_said_of_an_image_without_a_frame_holds_until_it_is_hardened(loaded, scene):
    node, plain = loaded.registrations["MR"], plainVolume(scene)
    confirmFrame(plain, node)
    assert dataFrame(plain) == node.GetAttribute("IHERO.SourceFrame")
    plain.SetAndObserveTransformNodeID(node.GetID())
    assert dataFrame(plain)
    plain.HardenTransform()
    assert dataFrame(plain) == ""
    assert registeredParent(plain, node) is None  # else it is moved twice
    (row,) = (one for one in placeables(node) if one.nodeID == plain.GetID())
    assert MOVED in row.doubt
    confirmFrame(plain, node)  # whoever says so all the same is believed
    assert dataFrame(plain)
    assert registeredParent(plain, node) is node


def test_an_image_without_a_frame_is_not_moved_twice_by_its_own_registration(scene):
    fixed, moving = plainVolume(scene), plainVolume(scene)
    knownFrame(moving)
    moving.SetOrigin(50, 0, 0)  # as Slicer centers volumes
    pair = imagePair(fixed, moving)
    node = madeNode(pair, np.eye(4), Making("by hand", FRAME_OF_REFERENCE_IDENTITY, "", "", ()))
    node.SetMatrixTransformToParent(matrixOf(small(scene)))
    assert registeredParent(moving, node) is node
    assert relation(fixed, moving, node) is Relation.UNKNOWN_FRAME
    moving.SetAndObserveTransformNodeID(node.GetID())
    assert relation(fixed, moving, node) is Relation.REGISTERED
    moving.HardenTransform()
    assert registeredParent(moving, node) is None
    assert relation(fixed, moving, node) is Relation.UNKNOWN_FRAME


def matrixOf(node):
    """What it does to data, RAS."""
    matrix = vtkMatrix4x4()
    node.GetMatrixTransformToParent(matrix)
    return matrix


def bend(scene):
    """A transform that keeps no distances: 3 mm more for every 10 mm to the left."""
    node = scene.AddNewNodeByClass("vtkMRMLTransformNode")
    grid, image = slicer.vtkOrientedGridTransform(), vtkImageData()
    image.SetDimensions(2, 2, 2)
    image.SetOrigin(-500, -500, -500)
    image.SetSpacing(1000, 1000, 1000)
    image.AllocateScalars(VTK_FLOAT, 3)
    for number in range(8):
        x = image.GetPoint(number)[0]
        image.GetPointData().GetScalars().SetTuple3(number, 0.3 * x + 5, 0, 0)
    grid.SetDisplacementGridData(image)
    node.SetAndObserveTransformToParent(grid)
    return node


def test_what_was_taken_out_of_a_transform_and_lies_elsewhere_was_hardened(loaded, scene):
    mr = loaded.images["MR"]
    places = ((3, 4, 5), (43, 9, -7), (8, -30, 21), (-22, 17, 40))
    for count in range(1, 5):
        points = newLandmarkList(mr, "on the MR", (1, 0, 0))
        for place in places[:count]:
            points.AddControlPoint(place)
        points.SetAndObserveTransformNodeID(bend(scene).GetID())
        assert knownFrame(points)
        points.SetNthControlPointPosition(0, 1, 2, 3)  # by hand, under the transform
        assert knownFrame(points)
        points.HardenTransform()
        assert knownFrame(points) == "", count


def test_points_taken_out_of_a_transform_may_be_moved_by_hand(loaded, scene):
    points = newLandmarkList(loaded.images["MR"], "on the MR", (1, 0, 0))
    for place in ((3, 4, 5), (43, 9, -7)):
        points.AddControlPoint(place)
    points.SetAndObserveTransformNodeID(bend(scene).GetID())
    frame = knownFrame(points)
    points.SetAndObserveTransformNodeID(None)
    points.SetNthControlPointPosition(0, 1, 2, 3)
    assert knownFrame(points) == frame
    points.SetNthControlPointPosition(1, 50, 2, 3)
    assert knownFrame(points) == frame


@pytest.mark.parametrize("make", [small, bend])
def test_hardened_surfaces_and_models_lie_in_no_known_frame(loaded, scene, make):
    frame = knownFrame(loaded.images["CT"])
    ball = vtkSphereSource()
    ball.SetCenter(20, 30, 40)
    ball.Update()
    model = scene.AddNewNodeByClass("vtkMRMLModelNode", "ball")
    model.SetAndObservePolyData(ball.GetOutput())
    drawn = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "surface")
    drawn.SetSourceRepresentationToClosedSurface()
    drawn.AddSegmentFromClosedSurfaceRepresentation(ball.GetOutput(), "ball", (1, 0, 0))
    lattice = Lattice.fromAxes((3, 3, 3), np.zeros(3), np.eye(3), np.full(3, 2.0))
    cube = Segment("cube", (9, 9, 9), Volume(np.ones((3, 3, 3), np.uint8), lattice, frame))
    filled = segmentationNode([cube], frame, scene, "filled")
    for node in (model, drawn, *([filled] if make is small else [])):
        node.SetAttribute("IHERO.FrameOfReferenceUID", frame)
        node.SetAndObserveTransformNodeID(make(scene).GetID())
        assert knownFrame(node) == frame
        node.HardenTransform()
        assert knownFrame(node) == ""
        assert f"{node.GetName()} {MOVED}" in movedSentence(node)


def test_landmarks_dragged_as_a_whole_are_told_with_a_way_out(loaded):
    mr = loaded.images["MR"]
    points = newLandmarkList(mr, "on the MR", (1, 0, 0))
    for place in ((3, 4, 5), (43, 9, -7), (8, -30, 21)):
        points.AddControlPoint(place)
    frame = knownFrame(points)
    for number in range(3):
        x, y, z = points.GetNthControlPointPosition(number)
        points.SetNthControlPointPosition(number, x, y + 6, z)
    assert "dragging them as a whole" in movedSentence(points)
    with pytest.raises(FrameOfReferenceError, match="copy them into a new list"):
        placedPoints(points, mr, frame)
    again = newLandmarkList(mr, "again", (1, 0, 0))
    for number in range(3):
        again.AddControlPoint(points.GetNthControlPointPosition(number))
    assert len(placedPoints(again, mr, frame)[0]) == 3
