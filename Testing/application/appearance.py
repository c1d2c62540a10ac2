"""How the application looks: light or dark colors, and the scale of the screen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6 import QtGui, QtWidgets

SECONDS = 300
TESTING = Path(__file__).resolve().parents[1]
ROLES = QtGui.QPalette.ColorRole
LIGHT = {
    ROLES.Window: "#efefef",
    ROLES.Base: "#ffffff",
    ROLES.AlternateBase: "#f7f7f7",
    ROLES.Button: "#efefef",
    ROLES.WindowText: "#000000",
    ROLES.Text: "#000000",
    ROLES.ButtonText: "#000000",
    ROLES.ToolTipBase: "#ffffdc",
    ROLES.ToolTipText: "#000000",
    ROLES.PlaceholderText: "#707070",
    ROLES.Mid: "#b8b8b8",
    ROLES.Link: "#0057ae",
    ROLES.Highlight: "#308cc6",
    ROLES.HighlightedText: "#ffffff",
}
DARK = {
    ROLES.Window: "#323232",
    ROLES.Base: "#252525",
    ROLES.AlternateBase: "#2d2d2d",
    ROLES.Button: "#3c3c3c",
    ROLES.WindowText: "#f0f0f0",
    ROLES.Text: "#f0f0f0",
    ROLES.ButtonText: "#f0f0f0",
    ROLES.ToolTipBase: "#3c3c3c",
    ROLES.ToolTipText: "#f0f0f0",
    ROLES.PlaceholderText: "#a0a0a0",
    ROLES.Mid: "#505050",
    ROLES.Link: "#6cb4ff",
    ROLES.Highlight: "#2a82da",
    ROLES.HighlightedText: "#ffffff",
}
DISABLED = {False: "#8c8c8c", True: "#828282"}  # text; by whether it is dark


def setColors(*, isDark: bool) -> None:
    """Give the running application dark or light colors, near to those of Slicer's two styles."""
    palette = QtGui.QPalette()
    for role, color in (DARK if isDark else LIGHT).items():
        palette.setColor(role, QtGui.QColor(color))
    for role in (ROLES.WindowText, ROLES.Text, ROLES.ButtonText):
        off = QtGui.QPalette.ColorGroup.Disabled
        palette.setColor(off, role, QtGui.QColor(DISABLED[isDark]))
    QtWidgets.QApplication.setStyle("Fusion")
    QtWidgets.QApplication.setPalette(palette)
    QtWidgets.QApplication.processEvents()  # widgets hear of it later


def atScale(scale: float, function: Callable, *arguments: str | Path) -> str:
    """Call a function of a module in Testing in another process, on a screen of that scale (1.5 is
    150 %), and return what it printed. Its arguments arrive as text.

    Raises
        RuntimeError: it failed; the message holds what it printed.
    """
    code = (
        "import importlib, sys; _, module, name, *rest = sys.argv;"
        "getattr(importlib.import_module(module), name)(*rest)"
    )
    paths = [path for path in sys.path if path]
    environment = {
        **os.environ,
        "QT_SCALE_FACTOR": str(scale),
        "PYTHONPATH": os.pathsep.join([str(TESTING), *paths]),
    }
    name = [function.__module__, function.__name__]
    done = subprocess.run(
        [sys.executable, "-c", code, *name, *map(str, arguments)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{function.__name__} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
