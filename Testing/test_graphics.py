import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from vtkmodules.vtkRenderingCore import vtkRenderer

from IHERORegistrationLib.errors import NoGraphicsError
from IHERORegistrationLib.pictures import graphics

MODULE = Path(graphics.__file__).parents[2]
REPORT = """
from IHERORegistrationLib.errors import NoGraphicsError
from IHERORegistrationLib.pictures.graphics import graphicsAvailable, offscreenWindow
print(graphicsAvailable())
try:
    offscreenWindow(8, 8)
except NoGraphicsError as error:
    print(error)
print("and goes on")
"""


@pytest.fixture
def forgetful(monkeypatch):
    """The answer found by other tests is forgotten, and the one found here too."""
    monkeypatch.delenv(graphics.WINDOW_VARIABLE, raising=False)
    graphics._workingWindow.cache_clear()
    yield monkeypatch
    graphics._workingWindow.cache_clear()


def withoutDrivers(variables):
    """A process that finds no OpenGL driver; drawing in it without asking ends it."""
    environment = {**os.environ, **variables, "PYTHONPATH": str(MODULE)}
    for name in ("DISPLAY", graphics.WINDOW_VARIABLE):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-c", REPORT],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="hides the drivers of Linux")
@pytest.mark.parametrize("variable", ["__EGL_VENDOR_LIBRARY_DIRS", "LIBGL_DRIVERS_PATH"])
def test_a_process_without_opengl_drivers_survives_and_names_the_packages(variable):
    done = withoutDrivers({variable: "/nowhere"})
    assert done.returncode == 0
    available, message, end = done.stdout.splitlines()
    assert available == "False"
    assert "libegl1 libgl1-mesa-dri" in message
    assert end == "and goes on"
    assert done.stderr == ""


@pytest.mark.parametrize(
    "probe",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "raise SystemExit(3)",
        "import time; time.sleep(60)",
    ],
    ids=["crashes", "draws the wrong color", "hangs"],
)
def test_a_child_that_does_not_draw_means_no_graphics(forgetful, probe):
    forgetful.setattr(graphics, "_ONE_PIXEL", probe)
    forgetful.setattr(graphics, "SECONDS_TO_DRAW", 0.5)
    assert not graphics.graphicsAvailable()
    with pytest.raises(NoGraphicsError, match="libegl1 libgl1-mesa-dri"):
        graphics.requireGraphics()
    assert graphics.WINDOW_VARIABLE not in os.environ


def test_a_python_that_cannot_be_started_means_no_graphics(forgetful, tmp_path):
    forgetful.setattr(graphics.sys, "executable", str(tmp_path / "python"))
    assert not graphics.graphicsAvailable()


def test_one_child_is_asked_for_all_pictures(forgetful):
    asked = []
    forgetful.setattr(graphics, "_draws", lambda name: asked.append(name) or True)
    graphics.requireGraphics()
    graphics.requireGraphics()
    assert graphics.graphicsAvailable()
    assert len(asked) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about windows of Linux")
def test_a_display_that_is_gone_does_not_matter_where_egl_draws(forgetful):
    forgetful.setenv("DISPLAY", ":77")
    asked = []
    forgetful.setattr(graphics, "_draws", lambda name: asked.append(name) or "EGL" in name)
    graphics.requireGraphics()
    assert asked == ["vtkEGLRenderWindow"]
    assert os.environ[graphics.WINDOW_VARIABLE] == "vtkEGLRenderWindow"


def test_the_users_own_choice_of_window_is_kept(forgetful):
    forgetful.setenv(graphics.WINDOW_VARIABLE, "vtkOSOpenGLRenderWindow")
    forgetful.setattr(graphics, "_draws", lambda name: name == "")
    graphics.requireGraphics()
    assert os.environ[graphics.WINDOW_VARIABLE] == "vtkOSOpenGLRenderWindow"


def test_drawn_pixels_have_their_top_row_first(canDraw):
    window = graphics.offscreenWindow(30, 20)
    for color, viewport in (((1, 0, 0), (0, 0.75, 1, 1)), ((0, 0, 1), (0, 0, 1, 0.75))):
        renderer = vtkRenderer()
        renderer.SetBackground(*color)
        renderer.SetViewport(*viewport)
        window.AddRenderer(renderer)
    pixels = graphics.drawnPixels(window)
    assert pixels.shape == (20, 30, 3)
    assert pixels.dtype == np.uint8
    assert (pixels[:5] == (255, 0, 0)).all()
    assert (pixels[5:] == (0, 0, 255)).all()
