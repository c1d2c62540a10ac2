"""What was chosen in the panels of registrations is in a saved scene."""

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.mainWindows import settle
from application.openedScenes import openScene, saveOpenScene
from application.runningApplication import loadModule, runningApplication
from loadedPhantom import loadedPhantom

ROOT = Path(__file__).resolve().parents[1]


def test_choices_come_back_with_the_scene(tmp_path, phantom):
    with runningApplication(tmp_path):
        from IHERORegistrationLib.widgets.applyPanel import ApplyPanel
        from IHERORegistrationLib.widgets.framesPanel import FramesPanel
        from IHERORegistrationLib.widgets.numbersPanel import NumbersPanel
        from IHERORegistrationLib.widgets.registrationsPanel import RegistrationsPanel

        loaded = loadedPhantom(phantom, slicer.mrmlScene)
        module = loadModule(ROOT / "IHERORegistration" / "IHERORegistration.py").widget()
        module.enter()
        rows, ways, applied, numbers = map(
            module.panel, (RegistrationsPanel, FramesPanel, ApplyPanel, NumbersPanel)
        )
        for button in (ways.ui.framesButton, numbers.ui.numbersButton):
            button.collapsed = False
        rows.choose(loaded.registrations["MR"])
        settle()
        applied.onPlace()
        applied.state.appliedUnchecked = loaded.images["MR"].GetID()
        applied.state.appliedInterpolation = "cubic"
        numbers.state.movingCenter = "same"
        numbers.state.fixedCenter = loaded.images["CT"].GetID()
        numbers.state.couchPosition = "HFP"
        ways.state.chosenWay = ways.ways[0].key
        settle()
        before = (rows.rows, ways.map, applied.rows)
        told = [table.rows for table in numbers.tables]  # all digits are more than files keep
        assert any(row.placed for row in rows.rows)
        saved = saveOpenScene(tmp_path / "saved.mrb")
        slicer.mrmlScene.Clear(False)
        settle()
        assert (rows.rows, applied.rows, numbers.tables) == ((), (), ())
        assert not applied.history.canUndo
        openScene(saved)
        settle()
        assert module.chosen.registration.GetName() == "MR_TO_CT"
        assert (rows.rows, ways.map, applied.rows) == before
        assert [table.rows for table in numbers.tables] == told
        assert applied.checkedRows() == []
        assert applied.ui.appliedInterpolationComboBox.currentText == "Cubic"
        assert numbers.ui.couchPositionComboBox.currentText == "HFP"
        assert ways.state.chosenWay == ways.ways[0].key
        module.exit()
