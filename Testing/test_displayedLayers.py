"""What slice views are told to show, and how far a step goes in them."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import slicer

from IHERORegistrationLib.dataNodes import volumeNodeFromVolume
from IHERORegistrationLib.displayedLayers import (
    ShownImages,
    endSteps,
    matchWindow,
    setColors,
    setLook,
    setStep,
    showIn,
    tableOf,
    viewStep,
)
from IHERORegistrationLib.displayLayouts import (
    FIRST_LAYOUT,
    NATIVE_GROUP,
    DisplayLayout,
    Role,
    layoutNumber,
    roleOf,
)
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.pictures.colorTables import ColorTable
from IHERORegistrationLib.pictures.modalityPresets import Look
from IHERORegistrationLib.registeredDisplay import Stepping
from IHERORegistrationLib.resampling import vtkMatrix

OURS = tuple(DisplayLayout)[1:]
BASE = Lattice.fromAxes((8, 9, 10), np.array([-7.0, 4, 31]), np.eye(3), np.array([1, 2, 2.5]))


def image(scene, name, lattice=BASE, values=None):
    values = np.zeros(lattice.shape, np.int16) if values is None else values
    return volumeNodeFromVolume(Volume(values, lattice, "1.2.3"), scene, name)


@pytest.fixture
def logic(scene):
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene)
    made = slicer.vtkMRMLSliceLogic()
    made.SetMRMLScene(scene)
    made.AddSliceNode("Red").SetOrientation("Axial")
    return made


def test_every_layout_is_added_once_and_none_of_others_is_replaced(scene):
    node = scene.AddNewNodeByClass("vtkMRMLLayoutNode")
    node.AddLayoutDescription(FIRST_LAYOUT, "<somebody elses/>")
    numbers = [layoutNumber(node, layout) for layout in OURS]
    assert numbers == [layoutNumber(node, layout) for layout in OURS]
    assert len({*numbers, FIRST_LAYOUT}) == 5
    assert node.GetLayoutDescription(FIRST_LAYOUT) == "<somebody elses/>"


@pytest.mark.parametrize("layout", OURS)
def test_views_of_a_layout_tell_by_their_names_what_they_show(scene, layout):
    node = scene.AddNewNodeByClass("vtkMRMLLayoutNode")
    root = ET.fromstring(node.GetLayoutDescription(layoutNumber(node, layout)))
    for view in root.iter("view"):
        role = roleOf(view.get("singletontag"))
        told = {one.get("name"): one.text for one in view.iter("property")}
        assert view.get("singletontag").startswith(f"IHERO{role}") or role is Role.DOSE
        assert told["viewgroup"] == str(NATIVE_GROUP if role is Role.NATIVE else 0)
        assert told["orientation"] in ("Axial", "Sagittal", "Coronal")


def test_a_view_shows_what_its_role_says(scene, logic):
    names = ("base", "overlay", "native", "dose")
    images = ShownImages(*(image(scene, name) for name in names))
    composite = logic.GetSliceCompositeNode()

    def shown(role):
        showIn(composite, role, images, 0.25, 0.4)
        found = (
            composite.GetBackgroundVolumeID(),
            composite.GetForegroundVolumeID(),
            composite.GetNthLayerVolumeID(3),
        )
        return [scene.GetNodeByID(one).GetName() if one else None for one in found]

    assert shown(Role.FUSED) == ["base", "overlay", None]
    assert shown(Role.DOSE) == ["base", "overlay", "dose"]
    assert composite.GetForegroundOpacity() == 0.25
    assert composite.GetNthLayerOpacity(3) == 0.4
    assert shown(Role.BASE) == ["base", None, None]
    assert shown(Role.OVERLAY) == ["overlay", None, None]
    assert shown(Role.NATIVE) == ["native", None, None]


def test_steps_follow_the_slices_of_a_turned_overlay(scene, logic):
    """The normal of the overlay's slices, 4 mm apart, leans by 30° to that of the view: along it
    they are 4 / cos 30° apart.
    """
    angle = np.deg2rad(30)
    axes = np.array(
        [[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]
    )
    lattice = Lattice.fromAxes((8, 9, 10), np.array([-7.0, 4, 31]), axes, np.array([1, 1.5, 4]))
    overlay = image(scene, "overlay", lattice)
    node = logic.GetSliceNode()
    assert viewStep(node, overlay).length == pytest.approx(4 / np.cos(angle))
    base = image(scene, "base")
    logic.GetSliceCompositeNode().SetBackgroundVolumeID(base.GetID())
    setStep(node, Stepping.OVERLAY, base, overlay)
    assert logic.GetLowestVolumeSliceSpacing()[2] == pytest.approx(4 / np.cos(angle))
    assert viewStep(node, overlay).shift == pytest.approx(0, abs=1e-9)


def test_steps_follow_a_transform_above_the_overlay(scene, logic):
    overlay = image(scene, "overlay")
    above = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    above.SetMatrixTransformToParent(vtkMatrix(np.diag([1.0, 1, 3, 1])))
    overlay.SetAndObserveTransformNodeID(above.GetID())
    assert viewStep(logic.GetSliceNode(), overlay).length == pytest.approx(7.5)


def test_steps_of_the_base_begin_at_a_slice_of_it_and_end_with_slicers_own(scene, logic):
    node, base = logic.GetSliceNode(), image(scene, "base")
    node.SetSliceOffset(39.4)
    setStep(node, Stepping.BASE, base, None)
    assert node.GetSliceOffset() == pytest.approx(31 + 3 * 2.5)
    assert node.GetPrescribedSliceSpacing()[2] == pytest.approx(2.5)
    setStep(node, Stepping.FINEST, base, None)
    assert node.GetPrescribedSliceSpacing()[2] == pytest.approx(1.0)
    with pytest.raises(ValueError, match="which"):
        setStep(node, Stepping.OVERLAY, base, None)
    endSteps(node)
    assert node.GetSliceSpacingMode() == node.AutomaticSliceSpacingMode


def test_looks_colors_and_windows_are_each_layers_own(scene):
    values = np.arange(np.prod(BASE.shape), dtype=np.int16).reshape(BASE.shape)
    base, overlay = image(scene, "base", values=values), image(scene, "overlay", values=values)
    setLook(base, Look.LUNG, overlay=False)
    setLook(overlay, Look.BONE, overlay=True)
    setColors(overlay, ColorTable.INFERNO)
    first, second = base.GetDisplayNode(), overlay.GetDisplayNode()
    assert (first.GetWindowLevelMin(), first.GetWindowLevelMax()) == (-1350, 150)
    assert (second.GetWindowLevelMin(), second.GetWindowLevelMax()) == (-500, 1300)
    assert (tableOf(first), tableOf(second)) == (ColorTable.GRAY, ColorTable.INFERNO)
    matchWindow(base, overlay)
    assert (second.GetWindowLevelMin(), second.GetWindowLevelMax()) == (-1350, 150)
    setLook(overlay, Look.AS_IT_IS, overlay=True)
    assert tableOf(second) is ColorTable.INFERNO
