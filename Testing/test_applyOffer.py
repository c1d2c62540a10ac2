"""What is offered to be shown in another frame when a registration has been loaded."""

import numpy as np
import pytest

pytest.importorskip("slicer")

import builders
from IHERORegistrationLib.applyOffer import apply, applyOffer
from IHERORegistrationLib.dataNodes import pointsNode, segmentationNode, volumeNodeFromVolume
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.scene import transformNodesFromRegistration
from IHERORegistrationLib.subjectHierarchy import placeInStudy
from loadedPhantom import loadedDeformedPhantom, loadedPhantom

CT, MR, PET = builders.CT_FRAME, builders.MR_FRAME, builders.PET_FRAME
SERIES = {CT: builders.ctSeries, MR: builders.mrSeries, PET: builders.petSeries}


def image(scene, name, frame, patientID="T-1"):
    matrix = np.diag([2.0, 3, 4, 1])
    matrix[:3, 3] = 11, -7, 5
    volume = Volume(np.zeros((4, 3, 5), np.int16), Lattice((5, 3, 4), matrix), frame)
    node = volumeNodeFromVolume(volume, scene, name)
    placeInStudy(node, Patient(patientID, "", "", ""), "1.2.3")
    return node


def registered(scene, source, target, name):
    items = [
        builders.registrationItem(SERIES[target](), builders.IDENTITY),
        builders.registrationItem(SERIES[source]()),
    ]
    dataset = builders.spatialRegistration(
        SERIES[target](), SERIES[source](), items=items, ContentLabel=name
    )
    (node,) = transformNodesFromRegistration(registrationFromDataset(dataset), scene)
    return node


def sentences(offer):
    return [one.sentence for one in offer.placements]


def parentOf(node):
    parent = node.GetParentTransformNode()
    return parent.GetName() if parent is not None else None


def test_everything_in_the_source_frame_is_offered_where_both_images_are_there(scene):
    ct, mr = image(scene, "CT", CT), image(scene, "MR", MR)
    points = pointsNode({"a": np.array([1.0, 2, 3])}, MR, scene, "Points")
    structures = segmentationNode([], MR, scene, "Structures")
    transform = registered(scene, MR, CT, "MR_ON_CT")
    offer = applyOffer(scene, [transform])
    assert sentences(offer) == ["MR, Structures and Points on CT, through MR_ON_CT"]
    assert offer.refusals == ()
    assert [parentOf(one) for one in (ct, mr, points, structures)] == [None] * 4
    apply(offer)
    assert [parentOf(one) for one in (ct, mr, points, structures)] == [None] + ["MR_ON_CT"] * 3


def test_what_cannot_be_done_leaves_the_scene_as_it_was(scene):
    image(scene, "CT", CT)
    first, second = image(scene, "MR", MR), image(scene, "MR 2", MR)
    offer = applyOffer(scene, [registered(scene, MR, CT, "MR_ON_CT")])
    second.SetAttribute("IHERO.FrameOfReferenceUID", PET)  # meanwhile
    with pytest.raises(FrameOfReferenceError):
        apply(offer)
    assert [parentOf(one) for one in (first, second)] == [None, None]
    assert not scene.IsBatchProcessing()


def test_without_one_of_the_images_there_is_nothing_to_offer_and_nothing_to_say(scene):
    image(scene, "MR", MR)
    pointsNode({"a": np.zeros(3)}, CT, scene, "Points")
    offer = applyOffer(scene, [registered(scene, MR, CT, "MR_ON_CT")])
    assert (offer.placements, offer.refusals) == ((), ())


def test_images_that_slicer_loaded_are_known_by_the_database(scene):
    ct, mr = image(scene, "CT", CT), image(scene, "MR", MR)
    database = {}
    for node, uid, frame in ((ct, "1.2.1", CT), (mr, "1.2.2", MR)):
        node.RemoveAttribute("IHERO.FrameOfReferenceUID")  # which Slicer's reader does not keep
        node.SetAttribute("DICOM.instanceUIDs", uid)
        database[uid] = frame
    transform = registered(scene, MR, CT, "MR_ON_CT")
    assert applyOffer(scene, [transform]).placements == ()
    apply(applyOffer(scene, [transform], database))
    assert (parentOf(ct), parentOf(mr)) == (None, "MR_ON_CT")


def test_a_field_within_one_frame_is_not_offered(scene):
    image(scene, "CT", CT)
    node = registered(scene, MR, CT, "CORRECTION")
    node.SetAttribute("IHERO.SourceFrame", CT)
    offer = applyOffer(scene, [node])
    assert (offer.placements, offer.refusals) == ((), ())


def test_images_of_another_patient_are_refused_without_their_names(scene):
    image(scene, "CT", CT)
    image(scene, "MR", MR, patientID="T-2")
    offer = applyOffer(scene, [registered(scene, MR, CT, "MR_ON_CT")])
    assert offer.placements == ()
    assert offer.refusals == (
        "Not offered: MR_ON_CT, as MR is of another patient than the registration (they differ in "
        "PatientID).",
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_of_two_registrations_between_the_same_frames_none_is_offered(scene, reverse):
    image(scene, "CT", CT)
    image(scene, "MR", MR)
    first = registered(scene, MR, CT, "A")
    second = registered(scene, *((CT, MR) if reverse else (MR, CT)), "B")
    offer = applyOffer(scene, [second])  # the other one was there before
    assert offer.placements == ()
    (told,) = offer.refusals
    assert told.startswith("Not offered: B, as there are 2 registrations between")
    (told,) = applyOffer(scene, [first, second]).refusals
    assert told.startswith("Not offered: A and B, as there are 2 registrations between")


def test_what_lies_under_a_transform_already_stays_there(scene):
    image(scene, "CT", CT)
    mr = image(scene, "MR", MR)
    mr.SetAndObserveTransformNodeID(
        scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "By hand").GetID()
    )
    offer = applyOffer(scene, [registered(scene, MR, CT, "MR_ON_CT")])
    assert offer.placements == ()
    assert offer.refusals == ("Not offered: MR_ON_CT, as MR lies under By hand already.",)


@pytest.mark.parametrize("isAppliedBefore", [False, True])
def test_a_chain_ends_in_one_frame(scene, isAppliedBefore):
    _, mr, pet = image(scene, "CT", CT), image(scene, "MR", MR), image(scene, "PET", PET)
    first, second = registered(scene, MR, CT, "MR_ON_CT"), registered(scene, PET, MR, "PET_ON_MR")
    if isAppliedBefore:
        apply(applyOffer(scene, [first]))
        apply(applyOffer(scene, [second]))
    else:
        offer = applyOffer(scene, [second, first])
        assert sentences(offer) == ["PET on MR, through PET_ON_MR", "MR on CT, through MR_ON_CT"]
        apply(offer)
    assert [parentOf(one) for one in (pet, second, mr, first)] == [
        "PET_ON_MR",
        "MR_ON_CT",
        "MR_ON_CT",
        None,
    ]


def test_images_that_could_go_to_two_places_are_not_offered(scene):
    for name, frame in (("CT", CT), ("MR", MR), ("PET", PET)):
        image(scene, name, frame)
    offer = applyOffer(scene, [registered(scene, PET, CT, "A"), registered(scene, PET, MR, "B")])
    assert offer.placements == ()
    assert offer.refusals == ("PET can be shown on CT or MR: choose one.",)


def test_registrations_in_a_circle_are_not_offered(scene):
    for name, frame in (("CT", CT), ("MR", MR), ("PET", PET)):
        image(scene, name, frame)
    ends = ((CT, MR, "A"), (MR, PET, "B"), (PET, CT, "C"))
    offer = applyOffer(scene, [registered(scene, *one) for one in ends])
    assert offer.placements == ()
    assert offer.refusals == (
        "Registrations lead in a circle: CT, MR, PET. Choose which are used.",
    )


def test_images_of_one_frame_under_different_transforms_are_no_base(scene):
    image(scene, "CT", CT)
    second = image(scene, "CT 2", CT)
    image(scene, "MR", MR)
    second.SetAndObserveTransformNodeID(
        scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "By hand").GetID()
    )
    offer = applyOffer(scene, [registered(scene, MR, CT, "MR_ON_CT")])
    assert offer.refusals == (
        "Not offered: MR_ON_CT, as CT and CT 2 lie under different transforms.",
    )


def test_the_phantoms_images_come_to_lie_on_its_ct(phantom, scene):
    loaded = loadedPhantom(phantom, scene)
    offer = applyOffer(scene, loaded.registrations.values())
    assert len(offer.placements) == 2
    apply(offer)
    there = phantom.landmarks(phantom.named("MR").frame)
    here = phantom.landmarks(phantom.primary.frame)
    moving = loaded.images["MR"].GetParentTransformNode().GetTransformToParent()
    for name, point in there.items():
        moved = moving.TransformPoint(point * [-1, -1, 1])
        np.testing.assert_allclose(moved, here[name] * [-1, -1, 1], atol=1e-3)


def test_deformable_registrations_are_offered_as_well(deformedPhantom, scene):
    loaded = loadedDeformedPhantom(deformedPhantom, scene)
    (one,) = applyOffer(scene, [loaded.registration]).placements
    assert one.nodes == (loaded.images[deformedPhantom.source.scan.name],)
