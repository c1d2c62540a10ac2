"""Parameter nodes on the application's stand-in hold values and keep widgets alike."""

import enum
from pathlib import Path
from typing import Annotated, Union

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.parameterNodeWrapper import Choice, Default, WithinRange, parameterNodeWrapper
from application.runningApplication import loadModule, runningApplication
from IHERORegistrationLib.headlessScene import saveScene, sceneFromFile


class Style(enum.Enum):
    BLEND = 1
    CHECKERBOARD = 2


@parameterNodeWrapper
class SampleParameters:
    text: slicer.vtkMRMLTextNode
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
        widgets = {one.property("SlicerParameterName"): one for one in vars(ui).values()}
        widgets.pop(None)
        number = parameters.connectParametersToGui(widgets)
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


def test_wrappers_of_one_node_hear_of_each_other_when_it_is_modified(qt):
    one = newParameters()
    other = SampleParameters(one.parameterNode)
    modified = one.parameterNode.StartModify()
    one.blend = 3.0
    assert (one.blend, other.blend) == (3.0, 2.5)
    one.parameterNode.EndModify(modified)
    assert other.blend == 3.0


@parameterNodeWrapper
class OddParameters:
    unlimited: float
    anyText: Union[slicer.vtkMRMLTextNode, slicer.vtkMRMLTableNode, None]  # noqa: UP007
    abstract: slicer.vtkMRMLNode


def oddParameters():
    return OddParameters(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))


def test_a_slider_needs_limits_and_a_spin_box_loses_its_own(qt):
    import ctk

    parameters = oddParameters()
    with pytest.raises(RuntimeError, match="limits"):
        parameters.connectParametersToGui({"unlimited": ctk.ctkSliderWidget()})
    box = qt.QDoubleSpinBox()
    parameters.connectParametersToGui({"unlimited": box})
    assert box.minimum < -1e300


def test_a_box_of_nodes_offers_the_classes_of_its_parameter(qt):
    parameters, box = oddParameters(), slicer.qMRMLNodeComboBox()
    box.nodeTypes = ["vtkMRMLModelNode"]
    parameters.connectParametersToGui({"anyText": box})
    assert list(box.nodeTypes) == ["vtkMRMLTextNode", "vtkMRMLTableNode"]
    with pytest.raises(TypeError, match="abstract"):
        parameters.connectParametersToGui({"abstract": box})


def test_a_parameter_may_be_a_node_of_several_classes(qt):
    parameters = oddParameters()
    for kind in ("vtkMRMLTableNode", "vtkMRMLTextNode"):
        parameters.anyText = node = slicer.mrmlScene.AddNewNodeByClass(kind)
        assert OddParameters(parameters.parameterNode).anyText is node
    with pytest.raises(TypeError, match="vtkMRMLModelNode"):
        parameters.anyText = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    parameters.anyText = None
    assert OddParameters(parameters.parameterNode).anyText is None


def test_only_widgets_of_the_very_class_are_bound(qt):
    with pytest.raises(RuntimeError, match="QToolButton"):
        newParameters().connectParametersToGui({"isShown": qt.QToolButton()})
