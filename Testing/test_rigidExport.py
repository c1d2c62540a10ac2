"""A linear transform node becomes a Spatial Registration of the images that it connects."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.dataNodes import volumeNodeFromSeries
from IHERORegistrationLib.errors import MalformedObjectError, ReferenceNotFoundError
from IHERORegistrationLib.exportedNode import NamedSeries
from IHERORegistrationLib.exportProposal import (
    ExportChoices,
    exportProposal,
    labelFromName,
    labelProblem,
)
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.registeredEnds import registeredEnds
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.registrationReview import Decision, keepReview
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.rigidExport import rigidExport
from IHERORegistrationLib.scene import placeUnder, transformNodesFromRegistration
from IHERORegistrationLib.seriesReading import seriesFromFiles

CHOICES = ExportChoices("MR TO CT", "by hand", "visual", profile="MMRO-III")


def shown(phantom, name, scene):
    (series,) = seriesFromFiles(sorted((phantom.folder / name).glob("*.dcm")))
    return volumeNodeFromSeries(series, scene)


@pytest.fixture
def images(phantom, scene):
    """CT and MR."""
    return [shown(phantom, one.scan.name, scene) for one in phantom.series[:2]]


def turned(scene):
    """30° about z and a shift, LPS, given as a user gives it: to parent, RAS."""
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "by hand")
    cosine, sine = np.cos(np.pi / 6), 0.5
    inRAS = [[cosine, -sine, 0, -4], [sine, cosine, 0, 7], [0, 0, 1, 11], [0, 0, 0, 1]]
    node.SetMatrixTransformToParent(vtkMatrix(np.array(inRAS)))
    return node


def task(node, database):
    ends = registeredEnds(node)
    (fixed,), (moving,) = ends.fixed, ends.moving
    return rigidExport(node, named(fixed, database), named(moving, database))


def named(node, database):
    return NamedSeries(DatabaseSeries(database).series(node), node.GetName())


def test_the_object_maps_points_as_the_scene_does_and_names_the_loaded_images(
    phantom, database, scene, images, tmp_path
):
    node = turned(scene)
    images[1].SetAndObserveTransformNodeID(node.GetID())
    found = task(node, database)
    made = found.made(CHOICES, Watch())
    (path,) = found.save(made, tmp_path)
    read = registrationFromFile(path)
    # RAS (100, 0, 0) → (100 cos 30° − 4, 57, 11); LPS changes the signs of x and y
    point = read.items[1].matrix @ (-100, 0, 0, 1)
    np.testing.assert_allclose(point[:3], (-86.60254037844387 + 4, -57, 11), atol=1e-9)
    ct, mr = phantom.series[:2]
    assert read.registeredFrame == ct.frame
    assert read.items[1].sourceFrame == mr.frame
    named = {one.sopInstanceUID for one in read.items[1].images}
    assert named == set(images[1].GetAttribute("DICOM.instanceUIDs").split())
    assert found.sentence == "Maps MR (moving) → onto CT (fixed)"


def test_every_profile_and_the_validator_accept_the_object(database, scene, images, dciodvfy):
    node = turned(scene)
    images[1].SetAndObserveTransformNodeID(node.GetID())
    found = task(node, database)
    for profile in found.form.profiles:
        made = found.made(replace(CHOICES, profile=profile), Watch())
        assert [str(one) for one in made.findings] == []
    assert dciodvfy(made.datasets[0]) == []


def test_what_was_read_is_written_again_with_its_words(phantom, database, scene, images):
    (node,) = transformNodesFromRegistration(
        registrationFromFile(phantom.registrations[0].path), scene
    )
    found = task(node, database)
    before = registrationFromFile(phantom.registrations[0].path)
    assert found.proposed.label == before.label
    assert found.proposed.method
    made = found.made(found.proposed, Watch()).datasets[0]
    assert made.SOPInstanceUID != before.sopInstanceUID
    point = np.array([[12.0, -34.0, 56.0]])
    item = made.RegistrationSequence[1].MatrixRegistrationSequence[0].MatrixSequence[0]
    matrix = np.array(item.FrameOfReferenceTransformationMatrix, float).reshape(4, 4)
    expected = phantom.registrations[0].transform(point)
    np.testing.assert_allclose(point @ matrix[:3, :3].T + matrix[:3, 3], expected, atol=1e-6)


def test_who_writes_what_somebody_rejected_is_told_so(database, scene, images):
    node = turned(scene)
    images[1].SetAndObserveTransformNodeID(node.GetID())
    keepReview(node, 4, "", Decision.APPROVED, datetime(2026, 11, 22, 10, 30))
    assert "not acceptable" not in " ".join(task(node, database).remarks)
    keepReview(node, 4, "", Decision.REJECTED, datetime(2026, 11, 22, 10, 30))
    told = task(node, database).remarks[0]
    assert told == "Its review says: 4: not acceptable, rejected (2026-11-22 10:30)."


def test_a_new_label_says_what_was_decided(database, scene, images):
    node = turned(scene)
    images[1].SetAndObserveTransformNodeID(node.GetID())
    name = labelFromName(node.GetName())
    for decision, mark in (
        (Decision.NONE, "_UNAPPROVED"),
        (Decision.REJECTED, "_REJECTED"),
        (Decision.APPROVED, ""),
    ):
        keepReview(node, 1, "", decision, datetime(2026, 11, 22, 10, 30))
        label = task(node, database).proposed.label
        assert label.endswith(mark)
        assert labelProblem(label) == ""
        assert label[:5] == name[:5].rstrip("_ ") or label == name


def test_without_a_hint_both_ends_are_asked_for(scene, images):
    ends = registeredEnds(turned(scene))
    assert set(ends.fixed) == set(ends.moving) == set(images)


def test_an_image_under_the_node_is_the_moving_one(scene, images):
    node = turned(scene)
    above = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    above.SetAndObserveTransformNodeID(node.GetID())
    images[0].SetAndObserveTransformNodeID(above.GetID())
    assert registeredEnds(node).moving == (images[0],)
    assert registeredEnds(node).fixed == (images[1],)


def test_a_registration_that_was_read_knows_its_ends(phantom, scene, images):
    pet = shown(phantom, phantom.series[2].scan.name, scene)
    for written, moving in zip(phantom.registrations, (images[1], pet), strict=True):
        (node,) = transformNodesFromRegistration(registrationFromFile(written.path), scene)
        placeUnder(moving, node)
        ends = registeredEnds(node)
        assert (ends.fixed, ends.moving) == ((images[0],), (moving,))


def test_an_image_of_a_named_frame_is_not_replaced_by_another(phantom, scene, images):
    """Three images are there, but not the one that the registration moves."""
    shown(phantom, phantom.series[2].scan.name, scene)
    (node,) = transformNodesFromRegistration(
        registrationFromFile(phantom.registrations[0].path), scene
    )
    scene.RemoveNode(images[1])
    ends = registeredEnds(node)
    assert (ends.fixed, ends.moving) == ((images[0],), ())


def test_images_that_are_gone_or_never_were_dicom_are_told(phantom, database, scene, images):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "drawn")
    with pytest.raises(ReferenceNotFoundError, match="drawn does not come from DICOM"):
        DatabaseSeries(database).series(node)
    images[0].SetAttribute("DICOM.instanceUIDs", "1.2.3 1.2.4")
    with pytest.raises(ReferenceNotFoundError, match="2 of 2 files"):
        DatabaseSeries(database).series(images[0])
    with pytest.raises(ReferenceNotFoundError, match="no DICOM database is open"):
        DatabaseSeries(None).series(images[1])


def test_what_is_missing_is_asked_for_before_anything_is_made(database, scene, images):
    node = turned(scene)
    images[1].SetAndObserveTransformNodeID(node.GetID())
    found = task(node, database)
    assert found.proposed.method == ""
    asked = exportProposal(found, found.proposed)
    assert asked.missing == ("Say how it was made",)
    assert not asked.isPossible
    assert exportProposal(found, CHOICES).isPossible


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        ("", "Give it a label"),
        ("mr to ct", "not c m o r t"),
        ("MR→CT", "not →"),
        ("A" * 17, "17 characters; 16"),
        ("MR_TO CT 2", None),
    ],
)
def test_the_label_is_judged_as_it_is_typed(database, scene, images, label, problem):
    node = turned(scene)
    images[1].SetAndObserveTransformNodeID(node.GetID())
    asked = exportProposal(task(node, database), replace(CHOICES, label=label))
    assert problem is None if not asked.missing else problem in asked.missing[0]


def test_another_patient_stops_until_somebody_confirms(database, scene, images):
    node = turned(scene)
    images[1].SetAndObserveTransformNodeID(node.GetID())
    found = task(node, database)
    other = replace(found.moving.series.patient, patientID="SOMEBODY ELSE")
    series = replace(found.moving.series, patient=other)
    stranger = replace(found, moving=replace(found.moving, series=series))
    asked = exportProposal(stranger, CHOICES)
    assert asked.isOtherPatient
    assert "another patient" in asked.refusal
    assert "--" not in asked.refusal


def test_both_images_in_one_frame_are_refused_with_the_reason(database, scene, images):
    node = turned(scene)
    images[1].SetAndObserveTransformNodeID(node.GetID())
    found = task(node, database)
    asked = exportProposal(replace(found, moving=found.fixed), CHOICES)
    assert "they share coordinates" in asked.refusal


def test_a_dose_is_no_image_series(phantom, database, scene):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "dose")
    node.SetAttribute("DICOM.instanceUIDs", database.instanceForFile(str(phantom.dose)))
    with pytest.raises(MalformedObjectError, match="expected a CT, MR or PET image"):
        DatabaseSeries(database).series(node)
    assert DatabaseSeries(database).dose(node).units == "GY"
