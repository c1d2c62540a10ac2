"""Redrawing a slice view of the module for deformations after a change of slice, of the blend or of
the cursor, against the same view before the module was opened.

600 × 600 pixels of two images of 512 × 512 × 200 voxels with the outlines of four structures; a
deformation by 128 × 128 × 100 vectors is between the images.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer

import builders
from application.mainWindows import mainWindow, settle
from application.runningApplication import loadModule, runningApplication
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.pictures.graphics import graphicsAvailable

from .drawSlices import CENTER, imageNodes, structures
from .timing import Row

ROOT = Path(__file__).resolve().parents[2]
GRID, STEP = (128, 128, 100), (3.0, 3.0, 2.6)
SIZE = 600  # pixels
LIMIT = 0.1  # s; said as the ratio to the bare view that it leaves
REPEATS = 9
KINDS = ("magnitude", "arrows", "grid", "jacobian")


def run() -> list[Row]:
    """Each way to show the overlay, then each drawing of the deformation over it."""
    if not graphicsAvailable():
        pytest.skip("nothing can be drawn here")
    with tempfile.TemporaryDirectory() as folder, runningApplication(Path(folder)):
        return _rows()


def _rows() -> list[Row]:
    for name in ("IHERORegistration", "IHERODeformation"):
        loadModule(ROOT / name / f"{name}.py")
    scene = slicer.mrmlScene
    base, overlay = imageNodes(scene, (builders.CT_FRAME, builders.MR_FRAME))
    (registration,) = transformNodesFromDeformation(_deformation(), scene)
    structures(scene, builders.CT_FRAME)
    view = _view(base, overlay)
    bare = _best(view, _scroll(view))
    slicer.util.selectModule("IHERODeformation")
    settle()
    chosen = slicer.modules.IHERODeformationWidget.chosen
    chosen.base, chosen.overlay, chosen.registration = base, overlay, registration
    settle()
    return [*_ofModes(view, bare), *_ofFields(view, bare)]


def _ofModes(view: Any, bare: float) -> list[Row]:
    from IHERORegistrationLib.widgets.displayPanel import DisplayPanel

    panel = slicer.modules.IHERODeformationWidget.panel(DisplayPanel)
    rows = []
    for mode in type(panel.state.shownAs):
        panel.state.shownAs = mode
        rows.append(_row(f"scroll, {mode.name.lower()}", view, _scroll(view), bare))
    panel.state.shownAs = type(panel.state.shownAs).BLEND
    values = itertools.cycle(range(0, 100, 7))

    def blend() -> None:
        panel.ui.blendSlider.value = next(values)

    rows.append(_row("change the blend", view, blend, bare))
    return [*rows, _row("move the cursor", view, _point(view), bare)]


def _ofFields(view: Any, bare: float) -> list[Row]:
    from IHERODeformationLib.widgets.fieldPanel import FieldPanel

    state = slicer.modules.IHERODeformationWidget.panel(FieldPanel).state
    state.fieldShown = True
    rows = []
    for kind in KINDS:
        state.fieldKind = kind
        rows.append(_row(f"scroll, field as {kind}", view, _scroll(view), bare))
    return [*rows, _row("move the cursor over the field", view, _point(view), bare)]


def _row(name: str, view: Any, act: Callable[[], None], bare: float) -> Row:
    settle()
    ours = _best(view, act)
    return Row(name, ours, bare, ours / bare, round(LIMIT / bare, 1))


def _best(view: Any, act: Callable[[], None]) -> float:
    """Least seconds for `act` and for what Qt does after it, with the picture.

    Raises
        RuntimeError: not every change was drawn.
    """
    window, drawn = view.sliceView().renderWindow(), []
    tag = window.AddObserver("EndEvent", lambda *_: drawn.append(1))
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        act()
        slicer.app.processEvents()
        times.append(time.perf_counter() - start)
    window.RemoveObserver(tag)
    if len(drawn) < REPEATS:
        raise RuntimeError(f"expected {REPEATS} pictures, {len(drawn)} were drawn")
    return min(times)


def _scroll(view: Any) -> Callable[[], None]:
    offsets = itertools.cycle(CENTER[2] + np.arange(-60, 60, 3.0))
    return lambda: view.mrmlSliceNode().SetSliceOffset(next(offsets))


def _point(view: Any) -> Callable[[], None]:
    crosshair = slicer.mrmlScene.GetSingletonNode("default", "vtkMRMLCrosshairNode")
    columns = itertools.cycle(range(200, 400, 9))
    return lambda: crosshair.SetCursorPositionXYZ((next(columns), 310, 0), view.mrmlSliceNode())


def _view(base: Any, overlay: Any) -> Any:
    """The one view of the main window, with both images as Slicer shows them by itself."""
    mainWindow()
    manager = slicer.app.layoutManager()
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    settle()
    view = manager.sliceWidget("Red")
    view.sliceView().setFixedSize(SIZE, SIZE)
    settle()
    composite = view.mrmlSliceCompositeNode()
    composite.SetBackgroundVolumeID(base.GetID())
    composite.SetForegroundVolumeID(overlay.GetID())
    composite.SetForegroundOpacity(0.5)
    view.sliceLogic().FitSliceToBackground()
    settle()
    return view


def _deformation() -> Any:
    """Waves of 6 mm around the middle of the images."""
    dataset = builders.deformableRegistration()
    grid = dataset.DeformableRegistrationSequence[1].DeformableRegistrationGridSequence[0]
    k, j, i = np.meshgrid(*(np.arange(n) for n in GRID[::-1]), indexing="ij")
    vectors = 6 * np.stack([np.sin(j / 19), np.cos(k / 17), np.sin(i / 21)], axis=-1)
    grid.ImagePositionPatient = builders.ds(CENTER - (np.array(GRID) - 1) * STEP / 2)
    grid.GridDimensions, grid.GridResolution = list(GRID), list(STEP)
    grid.VectorGridData = vectors.astype("<f4").tobytes()
    return deformableRegistrationFromDataset(dataset)
