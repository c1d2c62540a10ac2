"""Off-screen windows, opened only after a child process has shown that drawing works here.

Without a working OpenGL library VTK ends the process with a segmentation fault instead of raising,
so the first pixel is risked elsewhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import vtkmodules.vtkRenderingContextOpenGL2
import vtkmodules.vtkRenderingFreeType
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 (the three register what draws)
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkRenderingCore import vtkRenderWindow, vtkWindowToImageFilter

from ..errors import NoGraphicsError

WINDOW_VARIABLE = "VTK_DEFAULT_OPENGL_WINDOW"  # VTK reads it whenever it makes a window
SECONDS_TO_DRAW = 60

_ONE_PIXEL = """
import vtkmodules.vtkRenderingOpenGL2
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkWindowToImageFilter
window, renderer, pixels = vtkRenderWindow(), vtkRenderer(), vtkWindowToImageFilter()
window.SetOffScreenRendering(1)
window.SetMultiSamples(0)
window.SetSize(1, 1)
renderer.SetBackground(0, 1, 0)
window.AddRenderer(renderer)
window.Render()
pixels.SetInput(window)
pixels.ReadFrontBufferOff()
pixels.Update()
green = pixels.GetOutput().GetScalarComponentAsDouble(0, 0, 0, 1)
raise SystemExit(0 if green == 255 else 3)
"""


def graphicsAvailable() -> bool:
    """Whether pictures can be drawn. The first question takes about half a second."""
    return _workingWindow() is not None


def requireGraphics() -> None:
    """Let VTK open the kind of window that works here from now on.

    Raises
        NoGraphicsError: none does; the message names what is missing.
    """
    window = _workingWindow()
    if window is None:
        raise NoGraphicsError(
            "expected a working OpenGL library to draw pictures with, found none; on Debian and "
            "Ubuntu: apt-get install libegl1 libgl1-mesa-dri"
        )
    if window:
        os.environ[WINDOW_VARIABLE] = window


def offscreenWindow(width: int, height: int) -> vtkRenderWindow:
    """An empty window of that many pixels which never shows on a screen.

    Raises
        NoGraphicsError: nothing can be drawn here.
    """
    requireGraphics()
    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetDPI(72)  # a font size is then a number of pixels
    window.SetSize(width, height)
    return window


def drawnPixels(window: vtkRenderWindow) -> np.ndarray:
    """What `window` draws, uint8 of shape (rows, columns, 3), the top row first."""
    window.Render()
    reader = vtkWindowToImageFilter()
    reader.SetInput(window)
    reader.SetInputBufferTypeToRGB()
    reader.ReadFrontBufferOff()
    reader.Update()
    image = reader.GetOutput()
    columns, rows, _ = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(rows, columns, 3)[::-1].copy()


@cache
def _workingWindow() -> str | None:
    """The class of window that draws here; "" if VTK's own choice does, None if none does."""
    isEmbedded = "PythonQt" in sys.modules  # then the executable may be called PythonSlicer
    if isEmbedded or "python" not in Path(sys.executable).name.lower():
        return ""  # within an application, which draws its own views and must not be started again
    return next((name for name in _windowClasses() if _draws(name)), None)


def _windowClasses() -> tuple[str, ...]:
    """What to try, in order. A display may be named and yet be gone, so EGL comes before it."""
    if os.environ.get(WINDOW_VARIABLE) or not sys.platform.startswith("linux"):
        return ("",)
    if os.environ.get("DISPLAY"):
        return ("vtkEGLRenderWindow", "vtkXOpenGLRenderWindow")
    return ("vtkEGLRenderWindow",)


def _draws(windowClass: str) -> bool:
    environment = dict(os.environ, **({WINDOW_VARIABLE: windowClass} if windowClass else {}))
    try:
        done = subprocess.run(
            [sys.executable, "-c", _ONE_PIXEL],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS_TO_DRAW,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
