"""What belongs to another patient is not combined: one sentence, without his name, and nothing is
made.
"""

from __future__ import annotations

import contextlib

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application import dialogs
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.registrationText import textFromPatient
from IHERORegistrationLib.subjectHierarchy import PATIENT
from IHERORegistrationLib.viewMarks import Urgency
from namedPanels import panelOf
from userFaults import (
    DEFORMABLE,
    MODULES,
    RIGID,
    buttonsOf,
    choose,
    give,
    readyScreen,
    remains,
    settle,
    snapshot,
    takenFailures,
)

TOLD = textFromPatient(Patient("77-1", "Secretname^Other", "19010203", "F"))
CASES = {  # what is of somebody else, and where it would be combined
    RIGID: (
        ("overlay", "ApplyPanel", "placeButton"),
        ("overlay", "ApplyPanel", "hardenButton"),
        ("overlay", "ApplyPanel", "resampleButton"),
        ("overlay", "RegisterPanel", "automaticButton"),
        ("overlay", "RegisterPanel", "landmarksButton"),
        ("overlay", "RegisterPanel", "manualBeginButton"),
        ("registration", "ApplyPanel", "resampleButton"),
    ),
    DEFORMABLE: (
        ("overlay", "DeformedApplyPanel", "placeButton"),
        ("overlay", "DeformedApplyPanel", "resampleButton"),
        ("overlay", "DeformableRegisterPanel", "deformButton"),
        ("registration", "ImageDeformerPanel", "deformImageButton"),
        ("registration", "QualityPanel", "qualityDirectionButton"),
        ("registration", "QualityPanel", "qualityMeasureButton"),
        ("overlay", "QualityPanel", "qualityMeasureButton"),
        ("structures", "QualityPanel", "qualityMeasureButton"),
        ("registration", "ComparisonPanel", "comparisonMeasureButton"),
        ("second", "ComparisonPanel", "comparisonMeasureButton"),
        ("second", "ComparisonPanel", "comparisonOtherButton"),
        ("dose", "ComparisonPanel", "comparisonMeasureButton"),
        ("structures", "ComparisonPanel", "comparisonMeasureButton"),
    ),
}

REGISTERING = {"RegisterPanel", "DeformableRegisterPanel"}  # their buttons cannot be pressed
FRAME = "IHERO.FrameOfReferenceUID"


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_made_of_two_patients(name, tmp_path, patients, caplog):
    with readyScreen(tmp_path, name, patients[name]) as module:
        if name == DEFORMABLE:
            give(module, "QualityPanel", qualityBaseStructures="structures")
            nodes = {"comparisonStructures": "structures", "comparisonDose": "dose"}
            give(module, "ComparisonPanel", **nodes)
        for whose, panel, button in CASES[name]:
            with ofSomebodyElse(module, whose):
                before, rest = snapshot(), remains()
                found = buttonsOf(panelOf(module, panel))[button]
                if found.enabled:
                    found.click()
                    settle()
                    (told,) = dialogs.shown
                    assert "belongs to another patient" in told.text, button
                    assert "--" not in told.text, button  # nobody here gives options
                    assert not {"Secretname", "77-1"} & set(told.text.replace("^", " ").split())
                    dialogs.shown.clear()
                assert found.enabled is (panel not in REGISTERING), button
                assert takenFailures() == [], button
                assert snapshot() == before, button
                assert remains() == rest, button
    assert "Secretname" not in caplog.text


@pytest.mark.parametrize("name", MODULES)
def test_what_is_of_another_patient_than_its_images_is_exported_when_somebody_confirms_it(
    name, tmp_path, patients
):
    with readyScreen(tmp_path, name, patients[name]) as module:
        export = panelOf(module, "ExportPanel")
        box, button = export.ui.exportOtherPatientCheckBox, export.ui.exportButton
        for whose in ("registration", "structures", "dose"):
            export.state.exportedNode = getattr(module.nodes, whose)
            settle()
            if export.task.form.methods:
                export.state.exportMethod = export.task.form.methods[0]
            export.judge()
            before = snapshot()
            assert button.enabled, whose
            with ofSomebodyElse(module, whose):
                export.judge()
                assert "belongs to another patient" in export.proposal.refusal, whose
                assert "--" not in export.ui.exportWhyNotLabel.text
                assert box.isVisible()
                assert not button.enabled, whose
                box.click()
                export.judge()
                assert button.enabled, whose
            assert snapshot() == before
        assert (takenFailures(), dialogs.shown) == ([], [])


@pytest.mark.parametrize("name", MODULES)
def test_images_that_may_not_be_shown_together_have_a_red_note_in_every_view(
    name, tmp_path, patients
):
    with readyScreen(tmp_path, name, patients[name]) as module:
        display = panelOf(module, "DisplayPanel")
        for attribute, told, isShown in (
            (PATIENT, TOLD, False),
            (FRAME, "1.2.3.4", True),
        ):
            before = snapshot()
            with ofSomebodyElse(module, "overlay", attribute, told):
                notes = {one.name: one.note for one in display.views}
                assert set(notes) >= set(slicer.app.layoutManager().sliceViewNames())
                assert all(one.text and one.urgency is Urgency.STOP for one in notes.values())
                for view in slicer.app.layoutManager().sliceViewNames():
                    composite = (
                        slicer.app.layoutManager().sliceWidget(view).mrmlSliceCompositeNode()
                    )
                    assert (composite.GetForegroundVolumeID() is not None) is isShown, view
            assert snapshot() == before
        assert (takenFailures(), dialogs.shown) == ([], [])


@contextlib.contextmanager
def ofSomebodyElse(module, whose, attribute=PATIENT, told=TOLD):
    """What is chosen as that says so while the context runs."""
    node = getattr(module.nodes, whose)
    own = node.GetAttribute(attribute)
    node.SetAttribute(attribute, told)
    module.scheduleShow()
    settle()
    yield
    node.SetAttribute(attribute, own)
    choose(module)
    module.scheduleShow()
    settle()
