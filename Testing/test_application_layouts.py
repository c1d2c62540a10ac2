"""The stand-in of the application arranges views as the layouts of Slicer and of modules say."""

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.mainWindows import mainWindow
from application.pythonQt import failures
from application.runningApplication import runningApplication

NUMBER = 611
LAYOUT = """
<layout type="horizontal" split="true">
 <item splitSize="300">
  <view class="vtkMRMLSliceNode" singletontag="Base">
   <property name="orientation" action="default">Coronal</property>
   <property name="viewlabel" action="default">B</property>
   <property name="viewcolor" action="default">#F34A33</property>
  </view>
 </item>
 <item splitSize="100">
  <layout type="vertical">
   <item><view class="vtkMRMLSliceNode" singletontag="Overlay">
    <property name="orientation" action="default">Axial</property>
   </view></item>
   <item><view class="vtkMRMLViewNode" singletontag="Beams"/></item>
  </layout>
 </item>
</layout>
"""


@pytest.fixture
def manager(tmp_path):
    with runningApplication(tmp_path):
        yield slicer.app.layoutManager()


@pytest.fixture
def custom(manager):
    """The manager, with a layout of a module's own."""
    manager.layoutLogic().GetLayoutNode().AddLayoutDescription(NUMBER, LAYOUT)
    manager.setLayout(NUMBER)
    return manager


def boxOf(manager, name):
    """Left, top, width and height of a view in the window."""
    widget = manager.sliceWidget(name)
    corner = widget.mapTo(slicer.util.mainWindow(), widget.rect.topLeft())
    return corner.x(), corner.y(), widget.width, widget.height


@pytest.mark.parametrize(
    ("layout", "visible"),
    [
        ("SlicerLayoutConventionalView", {"Red", "Green", "Yellow"}),
        ("SlicerLayoutFourUpView", {"Red", "Green", "Yellow"}),
        ("SlicerLayoutOneUpYellowSliceView", {"Yellow"}),
        ("SlicerLayoutSideBySideView", {"Red", "Yellow"}),
        (
            "SlicerLayoutThreeOverThreeView",
            {"Red", "Green", "Yellow", "Red+", "Green+", "Yellow+"},
        ),
        ("SlicerLayoutTwoOverTwoView", {"Red", "Green", "Yellow", "Slice4"}),
        ("SlicerLayoutOneUp3DView", set()),
    ],
)
def test_a_layout_shows_its_views(manager, layout, visible):
    mainWindow(size=(900, 700))
    manager.setLayout(getattr(slicer.vtkMRMLLayoutNode, layout))
    slicer.app.processEvents()
    shown = {name for name in manager.sliceViewNames() if manager.sliceWidget(name).isVisible()}
    assert shown == visible
    assert len({boxOf(manager, name) for name in shown}) == len(shown)


def test_views_of_a_layout_of_a_module_have_nodes_and_logic(custom):
    assert custom.sliceViewNames() == ("Red", "Green", "Yellow", "Base", "Overlay")
    base, overlay = custom.sliceWidget("Base"), custom.sliceWidget("Overlay")
    assert base.mrmlSliceNode().GetID() == "vtkMRMLSliceNodeBase"
    assert base.mrmlSliceNode().GetOrientation() == "Coronal"
    assert base.mrmlSliceNode().GetLayoutLabel() == "B"
    assert overlay.mrmlSliceNode().GetOrientation() == "Axial"
    ids = {one.mrmlSliceCompositeNode().GetID() for one in (base, overlay)}
    assert ids == {"vtkMRMLSliceCompositeNodeBase", "vtkMRMLSliceCompositeNodeOverlay"}
    logic = slicer.app.applicationLogic().GetSliceLogicByLayoutName("Overlay")
    assert logic is overlay.sliceLogic()
    assert custom.mrmlSliceLogics().GetNumberOfItems() == 5
    assert custom.threeDWidget("Beams").mrmlViewNode().GetID() == "vtkMRMLViewNodeBeams"


def test_views_of_a_layout_of_a_module_are_where_it_says(custom):
    mainWindow(size=(1200, 800), panelWidth=300)
    base, overlay = boxOf(custom, "Base"), boxOf(custom, "Overlay")
    assert base[2] / overlay[2] == pytest.approx(3, rel=0.1)  # 300 to 100
    assert base[3] / overlay[3] == pytest.approx(2, rel=0.1)  # the 3D view is below
    assert base[0] + base[2] <= overlay[0]
    assert base[1] == overlay[1]
    assert not custom.sliceWidget("Red").isVisible()


def test_going_back_to_a_layout_keeps_views_and_what_they_show(custom):
    mainWindow(size=(900, 700))
    base = custom.sliceWidget("Base")
    base.sliceLogic().SetSliceOffset(12)
    seen = []
    custom.connect("layoutChanged(int)", seen.append)
    for number in (slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView, NUMBER):
        custom.layout = number
        slicer.app.processEvents()
    assert seen == [slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView, NUMBER]
    assert custom.layout == NUMBER
    assert custom.sliceWidget("Base") is base
    assert base.isVisible()
    assert base.sliceLogic().GetSliceOffset() == 12


def test_views_stay_when_the_scene_is_closed(custom):
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    composite = custom.sliceWidget("Base").mrmlSliceCompositeNode()
    composite.SetBackgroundVolumeID(volume.GetID())
    slicer.mrmlScene.Clear(False)
    assert custom.sliceWidget("Base").mrmlSliceCompositeNode() is composite
    assert composite.GetBackgroundVolumeID() is None
    assert slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeBase") is not None


def test_layouts_with_a_number_of_views_to_choose_are_refused(manager):
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutTabbedSliceView)
    (error,) = {str(one) for one in failures}
    failures.clear()
    assert "number of views" in error
