"""Lines of equal dose lie where a cone of dose has that value, wherever its transform puts it."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import slicer

from balls import turned
from IHERORegistrationLib.dataNodes import doseNode, volumeNodeFromVolume
from IHERORegistrationLib.displayedLayers import DOSE_LAYER
from IHERORegistrationLib.isodoses import Isodoses, doseLegend, isodoseLevels
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.resampling import vtkMatrix
from sliceView import sliceView

pytestmark = pytest.mark.usefixtures("canDraw")
COLUMNS, ROWS = 400, 300
BELOW = (0.1, 0.3, 0.5, 0.7, 0.9, 0.95)  # the shares that are lower than the highest dose
HIGHEST, SLOPE = 60.0, 0.8  # Gy in the middle, Gy per mm from there
AXES = turned(20, (1, 2, -0.5), (0, 0, 0))[:3, :3]
LATTICE = Lattice.fromAxes((90, 81, 70), np.array([-140.0, 60, 900]), AXES, np.array([2, 2.2, 2.5]))
MOVED = turned(17, (0.4, -1, 2), (12, -31, 8))  # RAS
FLIP = np.diag([-1.0, -1.0, 1.0])


@pytest.fixture
def cone(scene):
    made = sliceView(scene, "Red", COLUMNS, ROWS)
    k, j, i = np.indices(LATTICE.shape)
    away = np.linalg.norm(LATTICE.points(np.stack([i, j, k], axis=-1)) - LATTICE.center, axis=-1)
    values = np.clip(HIGHEST - SLOPE * away, 0, None).astype(np.float32)
    dose = doseNode(Volume(values, LATTICE, "1.2.3"), scene, "dose")
    black = np.full(LATTICE.shape, -1000, np.int16)
    base = volumeNodeFromVolume(Volume(black, LATTICE, "1.2.3"), scene, "base")
    base.GetDisplayNode().AutoWindowLevelOff()
    base.GetDisplayNode().SetWindowLevelMinMax(0, 100)
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    transform.SetMatrixTransformToParent(vtkMatrix(MOVED))
    dose.SetAndObserveTransformNodeID(transform.GetID())
    made.composite.SetBackgroundVolumeID(base.GetID())
    made.composite.SetNthLayerVolumeID(DOSE_LAYER, dose.GetID())
    made.composite.SetNthLayerOpacity(DOSE_LAYER, 0.0)
    middle = MOVED[:3, :3] @ (FLIP @ LATTICE.center) + MOVED[:3, 3]
    made.node.JumpSliceByCentering(*middle)
    made.node.SetFieldOfView(160, 120, 1)  # 0.4 mm pixels
    return SimpleNamespace(view=made, dose=dose, middle=middle)


@pytest.fixture
def isodoses(cone):
    made = Isodoses(cone.view.logic, cone.view.renderer)
    yield made
    made.remove()


def drawnDistances(cone):
    """From the middle of the dose to each pixel in which something is drawn, mm; and its angle."""
    rows, columns = np.nonzero(cone.view.pixels().max(axis=-1) > 40)
    toRAS = np.array(
        [[cone.view.node.GetXYToRAS().GetElement(r, c) for c in range(4)] for r in range(3)]
    )
    pixels = np.stack([columns, ROWS - 1 - rows, 0 * rows, 0 * rows + 1], axis=-1)
    away = pixels @ toRAS.T - cone.middle
    return np.linalg.norm(away, axis=-1), np.arctan2(away[:, 1], away[:, 0])


def shiftOf(found, angles, radius):
    """How far the ring of that radius lies beside the middle, mm."""
    isRing = np.abs(found - radius) < 1.0
    places = (found * [np.cos(angles), np.sin(angles)])[:, isRing]
    return np.linalg.norm(places.mean(axis=1))


def test_levels_are_shares_of_the_highest_dose_whatever_the_window(cone):
    highest = slicer.util.arrayFromVolume(cone.dose).max()
    cone.dose.GetDisplayNode().SetWindowLevelMinMax(20, 30)
    levels = isodoseLevels(cone.dose)
    assert levels == pytest.approx({share: share * highest for share in BELOW})


def test_shares_of_a_prescription_are_drawn_up_to_the_highest_dose(cone):
    """The highest voxel of the cone has 58.7 Gy."""
    assert isodoseLevels(cone.dose, 54.0) == pytest.approx(
        {0.1: 5.4, 0.3: 16.2, 0.5: 27, 0.7: 37.8, 0.9: 48.6, 0.95: 51.3, 1.0: 54, 1.07: 57.78}
    )
    assert 1.07 not in isodoseLevels(cone.dose, 55.0)
    assert list(isodoseLevels(cone.dose, 100.0).values()) == pytest.approx([10, 30, 50])


def test_lines_lie_where_the_dose_has_their_values(cone, isodoses):
    assert not len(drawnDistances(cone)[0])
    isodoses.isShown = True
    found, angles = drawnDistances(cone)
    radii = [(HIGHEST - level) / SLOPE for level in isodoseLevels(cone.dose).values()]
    within = [radius for radius in radii if radius < 55]  # all around in the view
    nearest = np.abs(found[:, None] - radii).min(axis=1)
    assert nearest.max() < 1.0  # voxels of 2 mm and more, pixels of 0.4 mm
    for radius in within:
        there = angles[np.abs(found - radius) < 0.8]
        assert len(np.unique(np.round(there, 1))) > 55, radius  # of 63
        assert shiftOf(found, angles, radius) < 0.1, radius
    isodoses.isShown = False
    assert not len(drawnDistances(cone)[0])


def test_lines_follow_the_dose_that_is_called_100_percent(cone, isodoses):
    isodoses.isShown, isodoses.reference = True, 50.0
    found, _ = drawnDistances(cone)
    assert (np.abs(found - (HIGHEST - 50) / SLOPE) < 0.5).sum() > 150  # 12.5 mm away
    assert (np.abs(found - (HIGHEST - 53.5) / SLOPE) < 0.5).sum() > 90
    assert not (found < (HIGHEST - 53.5) / SLOPE - 1).any()


def test_lines_have_the_colors_of_the_wash(cone, isodoses):
    isodoses.isShown = True
    found, _ = drawnDistances(cone)
    picture = cone.view.pixels()
    colors = picture[picture.max(axis=-1) > 40].astype(int)
    levels = list(isodoseLevels(cone.dose).values())
    low, high = (
        np.abs(found - (HIGHEST - level) / SLOPE) < 0.3 for level in (levels[1], levels[4])
    )
    assert (colors[low][:, 2] > colors[low][:, 0]).mean() > 0.9
    assert (colors[high][:, 0] > colors[high][:, 2]).mean() > 0.9


def test_a_volume_without_dose_has_no_lines(cone, isodoses):
    slicer.util.updateVolumeFromArray(cone.dose, np.zeros(LATTICE.shape, np.float32))
    isodoses.isShown = True
    assert isodoseLevels(cone.dose) == {}
    assert not len(drawnDistances(cone)[0])
    cone.dose.SetAndObserveImageData(None)
    assert isodoseLevels(cone.dose) == {}
    assert not len(drawnDistances(cone)[0])


def test_the_legend_has_the_colors_and_the_doses_of_the_wash(cone):
    display = cone.dose.GetDisplayNode()
    display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeBlue")  # from black to blue
    display.SetWindowLevelMinMax(10, 50)
    told = doseLegend(cone.dose, "Dose, Gy")
    assert told.startswith("Dose, Gy<table")
    assert re.findall(r">([^<&]+)</td>", told) == ["10", "20", "30", "40", "≥ 50"]
    blues = [int(one, 16) for one in re.findall(r'bgcolor="#0000(..)"', told)]
    assert blues[0] == 0
    assert blues[-1] > 240
    assert blues == sorted(blues)
    unseen = cone.dose.GetScene().AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    assert doseLegend(unseen, "Dose, Gy") == ""
