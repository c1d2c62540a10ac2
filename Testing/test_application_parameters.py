"""Parameter nodes on the application's stand-in hold values and keep widgets alike."""

import enum
from pathlib import Path
from typing import Annotated

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.parameterNodeWrapper import Choice, Default, WithinRange, parameterNodeWrapper
from application.runningApplication import loadModule, runningApplication
from IHERORegistrationLib.headlessScene import saveScene, sceneFromFile
from sampleModule import writeSampleModule


@pytest.fixture
def qt(tmp_path):
    with runningApplication(tmp_path):
        import qt

        yield qt


@pytest.fixture
def sample(tmp_path):
    return writeSampleModule(tmp_path)


class Style(enum.Enum):
    BLEND = 1
    CHECKERBOARD = 2


@parameterNodeWrapper
class SampleParameters:
    text: slicer.vtkMRMLTextNode | None
    blend: Annotated[float, WithinRange(0.5, 4), Default(2.5)]
    isShown: bool = True
    style: Style
    step: Annotated[str, Choice(["base", "1 mm"]), Default("base")]
    folder: Path


def newParameters():
    return SampleParameters(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))


def test_parameters_have_their_defaults_and_survive_saving(qt, tmp_path):
    parameters = newParameters()
    assert (parameters.text, parameters.blend, parameters.isShown) == (None, 2.5, True)
    assert (parameters.style, parameters.step) == (Style.BLEND, "base")
    parameters.text = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "remark")
    parameters.style, parameters.isShown = Style.CHECKERBOARD, False
    parameters.blend, parameters.folder = 3, Path("out/put")
    scene = sceneFromFile(saveScene(slicer.mrmlScene, tmp_path / "scene.mrb"))
    again = SampleParameters(scene.GetFirstNodeByClass("vtkMRMLScriptedModuleNode"))
    assert again.text.GetName() == "remark"
    assert (again.blend, again.isShown, again.style) == (3.0, False, Style.CHECKERBOARD)
    assert again.folder == Path("out/put")


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("blend", 4.25, ValueError),
        ("blend", "2", TypeError),
        ("isShown", 1, TypeError),
        ("step", "2 mm", ValueError),
        ("style", "BLEND", TypeError),
    ],
)
def test_parameters_refuse_other_values(qt, name, value, error):
    with pytest.raises(error, match=str(value)):
        setattr(newParameters(), name, value)


def test_parameters_and_widgets_follow_each_other(tmp_path, sample):
    with runningApplication(tmp_path):
        ui = loadModule(sample).widget().ui
        parameters = newParameters()
        number = parameters.connectGui(ui)
        assert (ui.blendSlider.value, ui.blendSlider.maximum, ui.shownCheck.checked) == (
            2.5,
            4,
            True,
        )
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "remark")
        ui.nodeSelector.setCurrentNode(node)
        ui.shownCheck.checked = False
        ui.blendSlider.value = 1.25
        assert (parameters.text, parameters.isShown, parameters.blend) == (node, False, 1.25)
        parameters.blend, parameters.text = 3.75, None
        assert (ui.blendSlider.value, ui.nodeSelector.currentNode()) == (3.75, None)
        parameters.disconnectGui(number)
        ui.blendSlider.value = 1.0
        assert parameters.blend == 3.75
