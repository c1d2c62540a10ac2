"""Badges tell the state of a registration in words; color only adds to them."""

import pytest

from IHERORegistrationLib.listedRegistration import (
    DEFORMABLE,
    Badge,
    ListedRegistration,
    Tone,
    Verdict,
    badges,
)
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.profiles.mmro import MMRO_III
from IHERORegistrationLib.registrationText import notesFromText, textFromNotes
from IHERORegistrationLib.rules import Finding, Severity
from IHERORegistrationLib.scene import FRAME, REGISTERED_FRAME, SOURCE_FRAME
from IHERORegistrationLib.sceneRegistrations import sceneRegistrations
from IHERORegistrationLib.subjectHierarchy import placeInStudy

FRAMES = ("1.2.3", "1.2.4")
REPAIR = Note("wrong SOP class", "SOPClassUID", "1.2.3", "taken for a Spatial Registration")
REMARK = Note("two matrices", "RegistrationSequence[2]", "2", "the first applies first", False)


def row(**changes):
    given = {"key": "1", "name": "R", "kind": "Rigid", "moving": "MR", "fixed": "CT"}
    return ListedRegistration(**(given | changes))


def shown(one, verdict=None):
    return {badge.text: badge for badge in badges(one, verdict)}


def finding(severity):
    return Finding(MMRO_III.rules[0], severity, "Modality", "expected REG")


def test_the_sentence_names_what_moves_and_what_stays():
    assert row().sentence == "Maps MR (moving) → onto CT (fixed)"
    assert row(moving="").sentence == "Maps unknown images (moving) → onto CT (fixed)"
    assert "which images it connects is not known" in row(moving="", fixed="").sentence
    assert row(problem="expected 16 values").sentence == "expected 16 values"


def test_an_object_is_called_conformant_only_once_it_was_judged():
    assert [badge.text for badge in badges(row())] == ["Rigid", "direction untested", "not applied"]
    assert "not judged" in shown(row(sopInstanceUID="1.2.3"))
    good = shown(row(), Verdict(("DICOM", "MMRO-III"), ()))["MMRO-III conformant"]
    assert good.tone is Tone.GOOD
    assert "DICOM and MMRO-III as consumer, the object alone" in good.meaning


@pytest.mark.parametrize(
    ("severities", "text", "tone"),
    [
        ((Severity.WARNING,), "1 finding", Tone.DOUBT),
        ((Severity.INFO, Severity.ERROR, Severity.WARNING), "3 findings", Tone.BAD),
    ],
)
def test_findings_are_counted_and_an_error_is_graver(severities, text, tone):
    verdict = Verdict(("DICOM",), tuple(map(finding, severities)), "the vectors")
    badge = shown(row(), verdict)[text]
    assert badge.tone is tone
    assert "without the vectors" in badge.meaning


def test_repairs_are_marked_and_mere_remarks_are_not():
    assert "repaired" not in shown(row(notes=(REMARK,)))
    badge = shown(row(notes=(REMARK, REPAIR)))["repaired"]
    assert badge.tone is Tone.DOUBT
    assert "wrong SOP class" in badge.meaning
    assert "two matrices" not in badge.meaning


def test_the_maker_other_readers_and_other_readings_are_told():
    found = shown(row(producer="Maker X", otherReader=True, readAs="vectors in voxels"))
    assert found["Maker X"] == Badge("Maker X", Tone.PLAIN, "The maker of the object")
    assert found["other reader"].tone is Tone.DOUBT
    assert "vectors in voxels" in found["other reading"].meaning


def test_what_is_applied_names_what_is_shown_through_it():
    assert shown(row(placed=("MR", "GTV")))["applied"].meaning == "Shown through it: MR, GTV"
    assert "not applied" not in shown(row(isInScene=False))


def test_what_cannot_be_read_says_why():
    (badge,) = badges(row(problem="expected 16 values, found 12", kind="Unreadable"))
    assert badge == Badge("Unreadable", Tone.BAD, "expected 16 values, found 12")


def test_notes_survive_on_a_node_as_text():
    assert notesFromText(textFromNotes((REPAIR, REMARK))) == (REPAIR, REMARK)


def test_a_deformation_deforms():
    assert row(kind=DEFORMABLE).sentence == "Deforms MR (moving) → onto CT (fixed)"


@pytest.mark.parametrize(
    ("studies", "words"),
    [
        (("Brain (20260503)", "Brain (20260611)"), ("Brain (20260503)", "Brain (20260611)")),
        (("", "Brain (20260611)"), ("frame 1.2.3", "frame 1.2.4")),
        (("Brain", "Brain"), ("frame 1.2.3", "frame 1.2.4")),
    ],
)
def test_images_of_one_name_are_told_apart(scene, studies, words):
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "REG")
    for number, (study, frame, name) in enumerate(
        zip(studies, FRAMES, ("T1", "T1_1"), strict=True)
    ):
        image = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
        image.SetAttribute(FRAME, frame)
        placeInStudy(image, Patient("A", "1", "", ""), f"2.2.{number}", study)
    node.SetAttribute(SOURCE_FRAME, FRAMES[0])
    node.SetAttribute(REGISTERED_FRAME, FRAMES[1])
    (found,) = sceneRegistrations(scene)
    assert found.moving == f"T1, {words[0]}"
    assert found.fixed == f"T1_1, {words[1]}"
