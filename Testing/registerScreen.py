"""The panel that registers images, opened as a user does, and hands to press its buttons."""

import contextlib
from pathlib import Path

import numpy as np
import slicer
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from application.mainWindows import settle
from application.runningApplication import loadModule, runningApplication
from balls import CENTER, FIXED, MOVING, imageNode, lattice, turned, volume
from IHERORegistrationLib.geometry import AffineTransform, mapped
from IHERORegistrationLib.scene import arrayFromMatrix

MODULE = Path(__file__).resolve().parents[1] / "IHERORegistration" / "IHERORegistration.py"
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
TRUTH = AffineTransform(turned(5, (1, -2, 0.5), (12, -9, 6)), FIXED, MOVING)
POINTS = CENTER + np.random.default_rng(2).uniform(-35, 35, (5, 3))
FIXED_LATTICE = lattice((26, 25, 22), (4.1, 4.3, 4.6), CENTER)
FIXED_IMAGE = volume(FIXED_LATTICE, FIXED)
MOVING_IMAGE = volume(
    lattice((28, 26, 24), (4.0, 4.4, 4.2), TRUTH(CENTER) + 3), MOVING, TRUTH.inverse()
)


@contextlib.contextmanager
def openedPanel(settings, monkeypatch, *, testing=True):
    """The opened panel, with both images chosen; there is no other but ApplyPanel."""
    with runningApplication(settings, testing=testing):
        from IHERORegistrationLib.widgets import panels
        from IHERORegistrationLib.widgets.applyPanel import ApplyPanel
        from IHERORegistrationLib.widgets.registerPanel import RegisterPanel

        monkeypatch.setattr(panels, "PANELS", (ApplyPanel, RegisterPanel))

        fixed = imageNode(slicer.mrmlScene, FIXED_IMAGE, "CT")
        moving = imageNode(slicer.mrmlScene, MOVING_IMAGE, "MR", "MR")
        module = loadModule(MODULE).widget()
        module.enter()
        module.chosen.base, module.chosen.overlay = fixed, moving
        panel = module.panel(RegisterPanel)
        panel.ui.registerButton.collapsed = False
        settle()
        yield panel


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle()


def show(panel, number):
    panel.bar.setCurrentIndex(number)
    settle()


def pick(box, meaning):
    index = box.findData(meaning)
    box.setCurrentIndex(index)
    box.activated.emit(index)
    settle()


def matrixOf(node):
    """ToWorld, in LPS."""
    matrix = vtkMatrix4x4()
    node.GetMatrixTransformToWorld(matrix)
    return LPS_TO_RAS @ arrayFromMatrix(matrix) @ LPS_TO_RAS


def missed(matrix):
    """By how many mm, at the corners of the fixed image, at most."""
    corners = FIXED_LATTICE.corners
    return np.linalg.norm(mapped(matrix, TRUTH(corners)) - corners, axis=1).max()


def shownTransforms():
    """Those that are not of Slicer's own views."""
    nodes = slicer.util.getNodesByClass("vtkMRMLTransformNode")
    return [one for one in nodes if not one.GetHideFromEditors()]


def place(node, points):
    for point in points:
        node.AddControlPointWorld(*(LPS_TO_RAS[:3, :3] @ point))
    settle()


def withLandmarks(panel, shifts=0.0):
    panel.ui.alternateCheck.checked = False
    press(panel.ui.placeFixedButton)
    place(panel.state.fixedLandmarks, POINTS)
    press(panel.ui.placeMovingButton)
    place(panel.state.movingLandmarks, TRUTH(POINTS) + shifts)
    press(panel.ui.placeMovingButton)


def sliders(panel):
    tab = panel.tabs[2]
    return [one.value for one in (*tab.shifts, *tab.turns)]
