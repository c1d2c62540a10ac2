"""What File → Save, Close and Open do to the scene of the application."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import slicer

from IHERORegistrationLib.headlessScene import saveScene


def saveOpenScene(path: Path) -> Path:
    """Save the scene as a bundle (.mrb)."""
    return saveScene(slicer.mrmlScene, path, force=True)


def closeScene() -> None:
    """Close the scene; the user has said yes."""
    slicer.mrmlScene.Clear(False)
    slicer.app.processEvents()


def openScene(path: Path) -> None:
    """Open a bundle (.mrb) in place of the scene, with the events that Slicer has for it.

    Raises
        ValueError: it holds no scene that can be read.
    """
    closeScene()
    addScene(path)


def addScene(path: Path) -> None:
    """Add what a bundle (.mrb) holds to the scene, as File → Add Data does.

    Raises
        ValueError: it holds no scene that can be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as bundle:
            bundle.extractall(folder)
        files = sorted(Path(folder).glob("*/*.mrml"))
        if len(files) != 1:
            raise ValueError(f"expected one scene in {path}, found {len(files)}")
        slicer.mrmlScene.SetURL(str(files[0]))
        if not slicer.mrmlScene.Import():
            raise ValueError(f"the scene in {path} cannot be read")
    slicer.app.processEvents()


def nodeIDs() -> list[str]:
    """Of all nodes of the scene, in its order."""
    scene = slicer.mrmlScene
    return [scene.GetNthNode(number).GetID() for number in range(scene.GetNumberOfNodes())]
