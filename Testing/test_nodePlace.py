"""What Slicer itself hardens, or shifts, lies in its Frame of Reference no longer: nobody takes it
for what its files say, moves it once more or writes it there.
"""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from application.openedScenes import openScene, saveOpenScene
from IHERORegistrationLib.appliedNodes import hardenedNode, resampledNode
from IHERORegistrationLib.databaseImages import knownImages
from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.dataNodes import Segment, segmentationNode
from IHERORegistrationLib.displayedImages import registeredParent
from IHERORegistrationLib.displayedPair import Relation, relation
from IHERORegistrationLib.doseExport import doseExport
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.exportedNode import NamedSeries
from IHERORegistrationLib.landmarkNodes import newLandmarkList, placedPoints
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.nodeExport import exportImages
from IHERORegistrationLib.nodeIdentity import frameOfNode, knownFrame
from IHERORegistrationLib.nodeObjects import doseOfNode, frameOfStructures
from IHERORegistrationLib.nodePlace import wasMoved
from IHERORegistrationLib.nodeStructures import structuresOfNode
from IHERORegistrationLib.placement import placeables
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.structureExport import structureExport
from IHERORegistrationLib.structureMask import maskFromStructure
from IHERORegistrationLib.structureSetReader import structureSetFromFile

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
