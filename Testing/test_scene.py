import datetime
import gc
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import slicer
from scipy.spatial.transform import Rotation
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkThinPlateSplineTransform
from vtkmodules.vtkFiltersSources import vtkSphereSource

import builders
from IHERORegistrationLib.dataNodes import (
    Segment,
    doseNode,
    doseNodeFromDose,
    nodesFromStructureSet,
    pointsNode,
    segmentationNode,
    volumeNodeFromSeries,
    volumeNodeFromVolume,
)
from IHERORegistrationLib.decimalStrings import asWritten
from IHERORegistrationLib.dose import doseFromDataset
from IHERORegistrationLib.errors import (
    DeformableContentError,
    FrameOfReferenceError,
    MalformedObjectError,
    MalformedRegistrationError,
    NotInvertibleError,
    NotRigidError,
)
from IHERORegistrationLib.headlessScene import newScene, saveScene, sceneFromFile
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.references import FiducialReference, InstanceReference
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.scene import (
    FRAME,
    placeUnder,
    registrationFromTransformNode,
    setRegisteredNodes,
    transformFromNode,
    transformNodesFromRegistration,
)
from IHERORegistrationLib.seriesReading import seriesFromFiles
from IHERORegistrationLib.structureMask import maskFromStructure
from IHERORegistrationLib.structureSetReader import structureSetFromDataset
from IHERORegistrationLib.subjectHierarchy import hierarchyOf
from IHERORegistrationLib.writer import datasetFromRegistration

CT, MR = builders.CT_FRAME, builders.MR_FRAME
CONSTANTS = slicer.vtkMRMLSubjectHierarchyConstants
POINTS = np.array([(0, 0, 0), (-312.5, 77.1, 1204.3), (15.0, -290.0, -88.8), (1e3, 2e3, -3e3)])


def registration(**changes):
    return registrationFromDataset(builders.spatialRegistration(**changes))


def nodeOf(one, scene):
    (node,) = transformNodesFromRegistration(one, scene)
    return node


def randomMatrix(seed, affine=False):
    random = np.random.default_rng(seed)
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(random.normal(size=4)).as_matrix()
    if affine:
        matrix[:3, :3] = matrix[:3, :3] @ (np.eye(3) + random.uniform(-0.2, 0.2, (3, 3)))
    matrix[:3, 3] = random.uniform(-800, 800, 3)
    return matrix


def moved(points, matrix):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def ras(points):
    return points * (-1, -1, 1)


def rasMatrix(matrix):
    """A matrix in LPS written for RAS, by hand: rows and columns 1 and 2 change sign."""
    changed = matrix.copy()
    changed[:2] *= -1
    changed[:, :2] *= -1
    result = vtkMatrix4x4()
    result.DeepCopy(changed.ravel().tolist())
    return result


def linearNode(scene, matrix, kind="vtkMRMLLinearTransformNode"):
    node = scene.AddNewNodeByClass(kind)
    node.SetMatrixTransformToParent(rasMatrix(matrix))
    return node


def toWorld(node, points):
    """`points`, (n, 3) RAS, of data that lies under transform node `node`, by MRML's own hand."""
    data = node.GetScene().AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    data.SetAndObserveTransformNodeID(node.GetID())
    for point in points:
        data.AddControlPoint(point.tolist())
    world = np.zeros((len(points), 3))
    for row, result in enumerate(world):
        data.GetNthControlPointPositionWorld(row, result)
    return world


def aVolume(frame=MR):
    lattice = Lattice.fromAxes(
        (4, 3, 5),
        (1 / 3, -200 / 7, 1000 / 3),
        Rotation.from_euler("xyz", (20, -35, 50), degrees=True).as_matrix(),
        (1.25, 2 / 3, 3.3),
    )
    values = np.arange(60, dtype=np.int16).reshape(lattice.shape)
    return Volume(values, lattice, frame)


# --- registration → nodes


@pytest.mark.parametrize("seed", range(8))
def test_mrml_and_numpy_move_points_alike(scene, seed):
    matrix = randomMatrix(seed, affine=seed % 2 == 1)
    kind = "AFFINE" if seed % 2 else "RIGID"
    items = [
        builders.registrationItem(builders.ctSeries(), builders.IDENTITY),
        builders.registrationItem(builders.mrSeries(), matrix.ravel(), matrixType=kind),
    ]
    node = nodeOf(registration(items=items), scene)
    expected = moved(POINTS, matrix)
    assert np.abs(ras(toWorld(node, ras(POINTS))) - expected).max() < 1e-6


def test_the_item_of_the_registered_frame_makes_no_node_wherever_it_stands(scene, capfd):
    items = [
        builders.registrationItem(builders.petSeries(), randomMatrix(1).ravel()),
        builders.registrationItem(builders.ctSeries(), builders.IDENTITY),
        builders.registrationItem(builders.mrSeries(), randomMatrix(2).ravel()),
    ]
    nodes = transformNodesFromRegistration(registration(items=items), scene)
    frames = [node.GetAttribute("IHERO.SourceFrame") for node in nodes]
    assert frames == [builders.PET_FRAME, MR]
    assert [node.GetName() for node in nodes] == ["MR_ON_CT 1", "MR_ON_CT 3"]
    assert np.allclose(ras(toWorld(nodes[1], ras(POINTS))), moved(POINTS, randomMatrix(2)))
    assert capfd.readouterr() == ("", "")


def test_the_node_tells_what_the_object_says(scene):
    node = nodeOf(registration(), scene)
    attributes = {name: node.GetAttribute(name) for name in node.GetAttributeNames()}
    assert attributes["IHERO.RegisteredFrame"] == CT
    assert attributes["IHERO.SourceFrame"] == MR
    assert attributes["IHERO.SOPInstanceUID"] == "2.25.77.4.50"
    assert attributes["IHERO.ContentLabel"] == "MR_ON_CT"
    assert attributes["IHERO.ContentDescription"] == "MR registered to the planning CT"


# --- nodes → registration


def rich():
    """A registration with everything that an item can say, text that escaping could break."""
    one = registration()
    fixed, moving = one.items
    fiducial = FiducialReference(InstanceReference("1.2.840.10008.5.1.4.1.1.66.2", "1.5"), "1.5.6")
    moving = replace(
        moving,
        comment='50% of "täglich"; a:b, <c> & d\\e',
        images=(InstanceReference("1.2.3", "1.2.4", (3, 17)), *moving.images),
        usedFiducials=(fiducial,),
    )
    return replace(one, items=(fixed, moving), description="Ärm; 100%: äöü → “x”")


def assertSame(back, one):
    for field in ("registeredFrame", "series", "patient", "reference"):
        assert getattr(back, field) == getattr(one, field)
    for field in ("label", "description", "contentDate", "producer"):
        assert getattr(back, field) == getattr(one, field)
    assert len(back.items) == len(one.items)
    for ours, theirs in zip(back.items, one.items, strict=True):
        for field in ("number", "sourceFrame", "images", "method", "comment", "usedFiducials"):
            assert getattr(ours, field) == getattr(theirs, field)
        assert ours.declaredTypes == theirs.declaredTypes
        np.testing.assert_allclose(ours.matrix, theirs.matrix, atol=1e-12)


def test_a_registration_comes_back_from_its_node_whole(scene):
    one = rich()
    assertSame(registrationFromTransformNode(nodeOf(one, scene)), one)


def test_what_comes_back_is_written_and_read_to_the_last_bit(scene):
    back = registrationFromTransformNode(nodeOf(registration(), scene))
    template = builders.ctSeries()[0]
    created = datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.UTC)
    again = registrationFromDataset(datasetFromRegistration(back, template, created=created))
    assert np.array_equal(again.items[1].matrix, back.items[1].matrix)
    assert again.items[1].images == back.items[1].images


def test_a_changed_matrix_comes_back_with_its_new_type(scene):
    node = nodeOf(registration(), scene)
    for matrix, kind in (
        (randomMatrix(4), "RIGID"),
        (randomMatrix(4) @ np.diag([1.1, 0.9, 1.2, 1]), "RIGID_SCALE"),
        (randomMatrix(4, affine=True), "AFFINE"),
    ):
        node.SetMatrixTransformToParent(rasMatrix(matrix))
        item = registrationFromTransformNode(node).items[1]
        assert item.declaredTypes == (kind,)
        np.testing.assert_allclose(item.matrix, matrix, rtol=0, atol=1e-9)


def test_a_rotation_with_rounding_errors_becomes_exactly_one(scene):
    exact = randomMatrix(6)
    node = nodeOf(registration(), scene)
    node.SetMatrixTransformToParent(rasMatrix(np.round(exact, 5)))
    matrix = registrationFromTransformNode(node).items[1].matrix
    assert np.abs(matrix[:3, :3].T @ matrix[:3, :3] - np.eye(3)).max() < 1e-12
    assert np.abs(matrix - exact).max() < 1e-5
    assert np.array_equal(asWritten(matrix), matrix)


def test_mirrors_and_singular_matrices_are_refused(scene):
    node = nodeOf(registration(), scene)
    node.SetMatrixTransformToParent(rasMatrix(np.diag([1.0, -1, 1, 1])))
    with pytest.raises(NotRigidError, match="mirror"):
        registrationFromTransformNode(node)
    node.SetMatrixTransformToParent(rasMatrix(np.diag([1.0, 1, 0, 1])))
    with pytest.raises(NotInvertibleError):
        registrationFromTransformNode(node)


def test_a_node_of_other_origin_names_what_it_lacks(scene):
    with pytest.raises(MalformedRegistrationError, match="give its frames and images"):
        registrationFromTransformNode(linearNode(scene, randomMatrix(3)))


# --- any transform node


@pytest.mark.parametrize("kind", ["vtkMRMLLinearTransformNode", "vtkMRMLTransformNode"])
def test_any_linear_node_gives_its_matrix_in_lps(scene, kind):
    matrix = randomMatrix(8, affine=True)
    transform = transformFromNode(linearNode(scene, matrix, kind), MR, CT)
    assert (transform.fromFrame, transform.toFrame) == (MR, CT)
    np.testing.assert_allclose(transform(POINTS), moved(POINTS, matrix), atol=1e-9)


def test_nodes_above_count_the_nearest_first(scene):
    matrices = [randomMatrix(seed, affine=True) for seed in (1, 2, 3)]
    child, parent, grandparent = (linearNode(scene, matrix) for matrix in matrices)
    child.SetAndObserveTransformNodeID(parent.GetID())
    parent.SetAndObserveTransformNodeID(grandparent.GetID())
    expected = moved(moved(moved(POINTS, matrices[0]), matrices[1]), matrices[2])
    np.testing.assert_allclose(transformFromNode(child, MR, CT)(POINTS), expected, atol=1e-8)


def test_a_matrix_given_from_the_parent_is_inverted(scene):
    matrix = randomMatrix(5)
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node.SetMatrixTransformFromParent(rasMatrix(matrix))
    transform = transformFromNode(node, MR, CT)
    np.testing.assert_allclose(moved(transform(POINTS), matrix), POINTS, atol=1e-9)


def test_a_fixed_image_that_was_moved_itself_is_what_the_transform_leads_to(scene):
    matrix, ofFixed = randomMatrix(1), randomMatrix(2)
    node, above = linearNode(scene, matrix), linearNode(scene, ofFixed)
    fixed = volumeNodeFromVolume(aVolume(CT), scene, "fixed")
    fixed.SetAndObserveTransformNodeID(above.GetID())
    node.SetNodeReferenceID(node.GetFixedNodeReferenceRole(), fixed.GetID())
    there = transformFromNode(node, MR, CT)(POINTS)
    np.testing.assert_allclose(moved(there, ofFixed), moved(POINTS, matrix), atol=1e-8)


def test_deformations_are_refused_on_the_node_and_above_it(scene):
    bent = scene.AddNewNodeByClass("vtkMRMLTransformNode")
    spline, here, there = vtkThinPlateSplineTransform(), vtkPoints(), vtkPoints()
    for point in ((0, 0, 0), (50, 0, 0), (0, 60, 0), (0, 0, 70), (40, 40, 40)):
        here.InsertNextPoint(point)
        there.InsertNextPoint([c + 3 * np.sin(c) for c in point])
    spline.SetSourceLandmarks(here)
    spline.SetTargetLandmarks(there)
    spline.SetBasisToR()
    bent.SetAndObserveTransformToParent(spline)
    with pytest.raises(DeformableContentError, match="expected a linear transform"):
        transformFromNode(bent, MR, CT)
    child = linearNode(scene, randomMatrix(1))
    child.SetAndObserveTransformNodeID(bent.GetID())
    with pytest.raises(DeformableContentError, match="expected a linear transform"):
        transformFromNode(child, MR, CT)


# --- data under the nodes


def test_voxels_of_a_volume_node_lie_where_the_lattice_says(scene):
    volume = aVolume()
    node = volumeNodeFromVolume(volume, scene, "MR")
    toRAS = vtkMatrix4x4()
    node.GetIJKToRASMatrix(toRAS)
    here = ras(np.array(toRAS.MultiplyPoint((3, 1, 4, 1))[:3]))
    np.testing.assert_allclose(here, volume.lattice.points((3, 1, 4)), atol=1e-9)
    assert node.GetImageData().GetScalarComponentAsDouble(3, 1, 4, 0) == volume.values[4, 1, 3]
    assert node.GetAttribute(FRAME) == MR


def test_the_scene_keeps_its_own_copy_of_a_volume(scene):
    volume = aVolume()
    node = volumeNodeFromVolume(volume, scene, "MR")
    volume.values[4, 1, 3] = -5
    assert node.GetImageData().GetScalarComponentAsDouble(3, 1, 4, 0) == 4 * 12 + 1 * 4 + 3


def test_surfaces_points_and_labels_lie_where_lps_says(scene):
    node = nodeOf(registration(), scene)
    center = np.array([-31.0, 240.0, 77.0])
    sphere = vtkSphereSource()
    sphere.SetCenter(center)
    sphere.SetRadius(8)
    sphere.Update()
    surface = segmentationNode([Segment("A", (255, 51, 0), sphere.GetOutput())], MR, scene, "S")
    volume = aVolume()
    labels = Volume(volume.values == 55, volume.lattice, MR)
    labelled = segmentationNode([Segment("B", (0, 0, 255), labels)], MR, scene, "L")
    points = pointsNode({"iso": center}, MR, scene, "P")
    for one in (surface, labelled, points):
        placeUnder(one, node)
    matrix = registration().items[1].matrix
    found = np.zeros(3)
    points.GetNthControlPointPositionWorld(0, found)
    np.testing.assert_allclose(ras(found), moved(center, matrix), atol=1e-9)
    assert points.GetNthControlPointLabel(0) == "iso"
    np.testing.assert_allclose(_middle(surface), moved(center, matrix), atol=1e-4)
    assert labelled.GetParentTransformNode() is node
    np.testing.assert_allclose(_labels(labelled), [volume.lattice.points((3, 1, 4))], atol=1e-9)
    segment = surface.GetSegmentation().GetNthSegment(0)
    assert segment.GetName() == "A"
    np.testing.assert_allclose(segment.GetColor(), (1, 0.2, 0))


def _middle(segmentation):
    """Center of the bounds of a segmentation in the world, LPS mm."""
    bounds = np.zeros(6)
    segmentation.GetRASBounds(bounds)
    return ras(bounds.reshape(3, 2).mean(axis=1))


def _labels(segmentation):
    """Centers of the voxels of the first segment in its own coordinates, (n, 3) LPS mm."""
    image, toRAS = slicer.vtkOrientedImageData(), vtkMatrix4x4()
    first = segmentation.GetSegmentation().GetNthSegmentID(0)
    segmentation.GetBinaryLabelmapRepresentation(first, image)
    image.GetImageToWorldMatrix(toRAS)
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    indices = np.stack(np.mgrid[i0 : i1 + 1, j0 : j1 + 1, k0 : k1 + 1], axis=-1).reshape(-1, 3)
    inside = [i for i in indices.tolist() if image.GetScalarComponentAsDouble(*i, 0) == 1]
    return [ras(np.array(toRAS.MultiplyPoint((*index, 1))[:3])) for index in inside]


def test_data_of_another_frame_is_not_put_under_a_transform(scene):
    node = nodeOf(registration(), scene)
    stranger = volumeNodeFromVolume(aVolume("1.2.99"), scene, "CT")
    with pytest.raises(FrameOfReferenceError, match=r"found 1\.2\.99"):
        placeUnder(stranger, node)
    nameless = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    with pytest.raises(FrameOfReferenceError, match="found None"):
        placeUnder(nameless, node)


def test_the_node_refers_to_its_fixed_and_moving_images(scene):
    node = nodeOf(registration(), scene)
    fixed = volumeNodeFromVolume(aVolume(CT), scene, "CT")
    moving = volumeNodeFromVolume(aVolume(MR), scene, "MR")
    setRegisteredNodes(node, fixed, moving)
    assert node.GetNodeReference("spatialRegistrationFixed") is fixed
    assert node.GetNodeReference("spatialRegistrationMoving") is moving
    for wrong in ((moving, moving), (fixed, fixed)):
        with pytest.raises(FrameOfReferenceError, match="expected data in Frame of Reference"):
            setRegisteredNodes(node, *wrong)


def test_a_dose_is_a_color_wash_that_starts_above_zero(scene):
    volume = aVolume()
    node = doseNode(Volume(volume.values.astype(np.float32), volume.lattice, MR), scene, "dose")
    display = node.GetDisplayNode()
    assert display.GetColorNode() is not None
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0, 59)
    assert display.GetApplyThreshold()
    assert 0 < display.GetLowerThreshold() < 1e-30


def seriesIn(folder, datasets):
    for number, one in enumerate(datasets):
        saveDataset(one, folder / f"{one.Modality}{number}.dcm")
    (series,) = seriesFromFiles(sorted(folder.glob(f"{datasets[0].Modality}*.dcm")))
    return series


def test_images_structures_and_registrations_stand_under_patient_and_study(scene, tmp_path):
    series = seriesIn(tmp_path, builders.ctSeries())
    image = volumeNodeFromSeries(series, scene)
    structures = structureSetFromDataset(builders.structureSet())
    nodes = nodesFromStructureSet(structures, series.lattice, scene)
    dose = doseNodeFromDose(doseFromDataset(builders.dose()), scene)
    transform = nodeOf(registration(), scene)
    hierarchy = hierarchyOf(scene)
    study = hierarchy.GetItemByUID(CONSTANTS.GetDICOMUIDName(), builders.STUDY)
    patient = hierarchy.GetItemParent(study)
    assert hierarchy.GetItemUID(patient, CONSTANTS.GetDICOMUIDName()) == "T-1"
    assert hierarchy.GetItemLevel(study) == CONSTANTS.GetDICOMLevelStudy()
    ofObject = registration().seriesInstanceUID
    assert hierarchy.GetItemByUID(CONSTANTS.GetDICOMUIDName(), ofObject) == (
        hierarchy.GetItemByDataNode(transform)
    )
    for node in (image, *nodes, dose, transform):
        assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == study
    item = hierarchy.GetItemByUID(CONSTANTS.GetDICOMUIDName(), series.seriesInstanceUID)
    assert hierarchy.GetItemDataNode(item) is image
    frame = CONSTANTS.GetDICOMFrameOfReferenceUIDAttributeName()
    assert hierarchy.GetItemAttribute(item, frame) == CT
    name = CONSTANTS.GetDICOMInstanceUIDName()
    assert hierarchy.GetItemByUIDList(name, "2.25.77.4.10.3") == item
    assert hierarchy.GetItemByUIDList(name, "2.25.77.4.50") == hierarchy.GetItemByDataNode(
        transform
    )


def test_a_structure_set_becomes_label_maps_and_points(scene, tmp_path):
    series = seriesIn(tmp_path, builders.ctSeries())
    structures = structureSetFromDataset(builders.structureSet())
    segmentation, points = nodesFromStructureSet(structures, series.lattice, scene)
    assert segmentation.GetSegmentation().GetNthSegment(0).GetName() == "Target"
    assert segmentation.GetAttribute(FRAME) == points.GetAttribute(FRAME) == CT
    k, j, i = np.nonzero(maskFromStructure(structures.structures[0], series.lattice))
    expected = series.lattice.points(np.stack([i, j, k], axis=-1))
    assert len(expected) > 2
    np.testing.assert_allclose(
        sorted(map(tuple, _labels(segmentation))), sorted(map(tuple, expected))
    )
    found = np.zeros(3)
    points.GetNthControlPointPosition(0, found)
    np.testing.assert_allclose(ras(found), structures.structures[1].points[0], atol=1e-9)


# --- scenes


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
    study = hierarchy.GetItemByUID(CONSTANTS.GetDICOMUIDName(), builders.STUDY)
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
import test_scene as t
scene = t.newScene()
node = t.nodeOf(t.rich(), scene)
moving = t.volumeNodeFromVolume(t.aVolume(), scene, "MR")
t.placeUnder(moving, node)
scene.Clear(True)
other = t.newScene()
t.placeUnder(t.pointsNode({{"a": t.POINTS[0]}}, t.MR, other, "P"), t.nodeOf(t.rich(), other))
del scene, other, node, moving
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert done.stderr == ""
