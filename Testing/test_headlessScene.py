"""Scenes are made, saved and loaded without the application."""

import gc
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

import builders
from IHERORegistrationLib.dataNodes import pointsNode, volumeNodeFromVolume
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.headlessScene import newScene, saveScene, sceneFromFile
from IHERORegistrationLib.scene import (
    FRAME,
    placeUnder,
    registrationFromTransformNode,
    setRegisteredNodes,
)
from IHERORegistrationLib.subjectHierarchy import hierarchyOf
from rigidNodes import (
    CT,
    MR,
    POINTS,
    assertSame,
    aVolume,
    nodeOf,
    randomMatrix,
    ras,
    rasMatrix,
    rich,
)


def test_saving_and_loading_a_scene_keeps_everything(scene, tmp_path):
    one = rich()
    node = nodeOf(one, scene)
    node.SetMatrixTransformToParent(rasMatrix(randomMatrix(9)))
    kept = registrationFromTransformNode(node)
    fixed = volumeNodeFromVolume(aVolume(CT), scene, "CT")
    moving = volumeNodeFromVolume(aVolume(MR), scene, "MR")
    setRegisteredNodes(node, fixed, moving)
    placeUnder(moving, node)
    placeUnder(pointsNode({"p": POINTS[1]}, MR, scene, "points"), node)
    path = saveScene(scene, tmp_path / "a scene.mrb")
    again = sceneFromFile(path)
    node = again.GetFirstNodeByClass("vtkMRMLLinearTransformNode")
    back = registrationFromTransformNode(node)
    assertSame(back, kept)
    assert np.array_equal(back.items[1].matrix, kept.items[1].matrix)
    moving = node.GetNodeReference("spatialRegistrationMoving")
    assert moving.GetParentTransformNode() is node
    assert moving.GetAttribute(FRAME) == MR
    toRAS = vtkMatrix4x4()
    moving.GetIJKToRASMatrix(toRAS)
    here = ras(np.array(toRAS.MultiplyPoint((3, 1, 4, 1))[:3]))
    np.testing.assert_allclose(here, aVolume().lattice.points((3, 1, 4)), atol=1e-9)
    found = np.zeros(3)
    again.GetFirstNodeByClass("vtkMRMLMarkupsFiducialNode").GetNthControlPointPosition(0, found)
    np.testing.assert_allclose(ras(found), POINTS[1], atol=1e-6)
    hierarchy = hierarchyOf(again)
    study = hierarchy.GetItemByUID(
        slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMUIDName(), builders.STUDY
    )
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == study


def test_a_file_that_is_no_scene_is_refused(tmp_path):
    path = tmp_path / "no.mrb"
    path.write_bytes(b"nothing to unpack")
    with pytest.raises(MalformedObjectError, match="expected a scene bundle"):
        sceneFromFile(path)
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("a/b.txt", "no scene")
    with pytest.raises(MalformedObjectError, match="expected a scene in the bundle"):
        sceneFromFile(path)


def test_a_scene_has_color_tables_and_goes_away_when_nobody_holds_it():
    scene, gone = newScene(), []
    scene.AddObserver("DeleteEvent", lambda *_: gone.append(True))
    assert scene.GetNumberOfNodesByClass("vtkMRMLColorNode") > 20
    del scene
    gc.collect()
    assert gone


def test_scenes_come_and_go_without_a_word_from_vtk():
    script = f"""
import sys
sys.path[:0] = {sys.path!r}
from IHERORegistrationLib.dataNodes import pointsNode, volumeNodeFromVolume
from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.scene import placeUnder
from rigidNodes import MR, POINTS, aVolume, nodeOf, rich
scene = newScene()
node = nodeOf(rich(), scene)
moving = volumeNodeFromVolume(aVolume(), scene, "MR")
placeUnder(moving, node)
scene.Clear(True)
other = newScene()
placeUnder(pointsNode({{"a": POINTS[0]}}, MR, other, "P"), nodeOf(rich(), other))
del scene, other, node, moving
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert done.stderr == ""


def test_many_scenes_leave_as_few_rules_of_conversion_as_one():
    factory = slicer.vtkSegmentationConverterFactory.GetInstance()
    newScene()
    rules = factory.GetConverterRules()
    for _ in range(3):
        newScene()
    assert factory.GetConverterRules() == rules
    assert len({rule.GetClassName() for rule in rules}) == len(rules) > 0
