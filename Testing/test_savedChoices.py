"""What was chosen in the panels of registrations is in a saved scene, also of several."""

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.mainWindows import settle
from application.openedScenes import addScene, openScene, saveOpenScene
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


def test_several_scenes_have_their_own_choices_and_come_together(tmp_path, phantom):
    with runningApplication(tmp_path):
        from IHERORegistrationLib.widgets.displayPanel import DisplayPanel
        from IHERORegistrationLib.widgets.registrationsPanel import RegistrationsPanel

        module = loadModule(ROOT / "IHERORegistration" / "IHERORegistration.py").widget()
        module.enter()
        rows, display = module.panel(RegistrationsPanel), module.panel(DisplayPanel)
        saved = {}
        for name, blend in (("MR", 20.0), ("PET", 70.0)):
            nodes = loadedPhantom(phantom, slicer.mrmlScene)
            rows.choose(nodes.registrations[name])
            display.state.blend = blend
            settle()
            saved[name] = saveOpenScene(tmp_path / f"{name}.mrb")
            slicer.mrmlScene.Clear(False)
            settle()

        def told():
            settle()
            chosen = module.chosen.registration, module.chosen.base, module.chosen.overlay
            assert all(one.GetScene() is slicer.mrmlScene for one in chosen)
            names = [one.GetName().split("_")[0] for one in chosen]
            return names, display.state.blend, len(rows.rows)

        for name, expected in (
            ("PET", (["PET", "CT", "PT PET"], 70.0, 2)),
            ("MR", (["MR", "CT", "MR"], 20.0, 2)),
        ):
            openScene(saved[name])
            assert told() == expected
        addScene(saved["PET"])  # what it chose comes with it, and what was there stays
        assert told() == (["PET", "CT", "PT PET"], 70.0, 4)
        assert len(slicer.util.getNodesByClass("vtkMRMLScriptedModuleNode")) == 1
        module.exit()
