"""The Display section alone in its module, with the small phantom: CT as base, MR as overlay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import slicer

from application.mainWindows import mainWindow, settle
from application.runningApplication import loadModule, runningApplication
from IHERORegistrationLib.phantoms.phantom import Phantom
from IHERORegistrationLib.registeredDisplay import Stepping
from loadedPhantom import loadedPhantom

MODULE = Path(__file__).resolve().parents[1] / "IHERORegistration" / "IHERORegistration.py"


@contextmanager
def displayScreen(folder: Path, phantom: Phantom) -> Iterator[tuple[Any, SimpleNamespace]]:
    """The window and the nodes of `loadedPhantom`; `folder` keeps the settings."""
    with runningApplication(folder), pytest.MonkeyPatch.context() as patch:
        from IHERORegistrationLib.widgets import panels
        from IHERORegistrationLib.widgets.displayPanel import DisplayPanel

        nodes = loadedPhantom(phantom, slicer.mrmlScene)
        patch.setattr(panels, "PANELS", (DisplayPanel,))
        window = mainWindow(loadModule(MODULE), (1100, 800))
        showFirst(nodes)
        yield window, nodes


def showFirst(nodes: SimpleNamespace) -> None:
    """What the section shows at first: MR on CT through their registration, half of each."""
    chosen, state = panel().module.chosen, panel().state
    chosen.base, chosen.overlay = nodes.images["CT"], nodes.images["MR"]
    chosen.registration = nodes.registrations["MR"]
    state.shownAs, state.blend, state.scrollStep = type(state.shownAs).BLEND, 50.0, Stepping.BASE
    state.isRegistrationShown, state.isCursorLinked, state.shownDose = True, True, None
    slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    settle()


def panel() -> Any:
    from IHERORegistrationLib.widgets.displayPanel import DisplayPanel

    return slicer.modules.IHERORegistrationWidget.panel(DisplayPanel)


def composite(name: str) -> Any:
    """What the slice view of that name shows."""
    return slicer.app.layoutManager().sliceWidget(name).mrmlSliceCompositeNode()


def volume(nodeID: str | None) -> Any:
    return slicer.mrmlScene.GetNodeByID(nodeID) if nodeID else None
