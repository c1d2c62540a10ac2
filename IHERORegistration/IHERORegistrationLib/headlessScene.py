"""A MRML scene where the Slicer application does not run, and scenes in files.

Inside Slicer the application's own scene takes this one's place; everything else takes any scene.
"""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import slicer

from .errors import MalformedObjectError
from .saving import SavingError, saveWhole

# The logic of these modules registers node classes, so that scenes with them can be loaded, and
# adds the default nodes and conversion rules that the application would.
MODULE_LOGICS = (
    "vtkSlicerSubjectHierarchyModuleLogic",
    "vtkSlicerVolumesLogic",
    "vtkSlicerTransformLogic",
    "vtkSlicerMarkupsLogic",
    "vtkSlicerModelsLogic",
    "vtkSlicerSegmentationsModuleLogic",
)


def newScene() -> slicer.vtkMRMLScene:
    """An empty scene with color tables and a subject hierarchy, ready for every kind of node."""
    scene = slicer.vtkMRMLScene()
    application = slicer.vtkSlicerApplicationLogic()
    application.SetMRMLScene(scene)
    colors = application.GetColorLogic()
    colors.SetMRMLScene(scene)
    colors.AddDefaultColorNodes()
    colors.SetMRMLScene(None)  # else the color nodes go when this logic goes
    with conversionRulesOnce():
        for name in MODULE_LOGICS:
            logic = getattr(slicer, name)()
            logic.SetMRMLApplicationLogic(application)
            logic.SetMRMLScene(scene)
    return scene


@contextlib.contextmanager
def conversionRulesOnce() -> Iterator[None]:
    """For the time in which a scene gets its logic: that of segmentations registers its rules of
    conversion in the process anew with each scene, and every segmentation copies them all.
    """
    factory = slicer.vtkSegmentationConverterFactory.GetInstance()
    known = len(factory.GetConverterRules())
    yield
    for rule in factory.GetConverterRules()[known:] if known else ():
        factory.UnregisterConverterRule(rule)


def saveScene(scene: slicer.vtkMRMLScene, path: Path, *, force: bool = False) -> Path:
    """Write the scene with all its data as a bundle (.mrb), which Slicer opens. See `saveWhole`.

    Unlike a bare .mrml file it keeps matrices to the last bit.

    Raises
        SavingError: the scene cannot be packed.
    """
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / f"{path.stem}.mrb"
        if not scene.WriteToMRB(str(bundle)):
            raise SavingError(f"cannot pack the scene for {path}")
        return saveWhole(path, lambda file: file.write(bundle.read_bytes()), force=force)


def sceneFromFile(path: Path) -> slicer.vtkMRMLScene:
    """A new scene with what a bundle (.mrb) holds.

    Raises
        MalformedObjectError: the file is no scene bundle.
    """
    scene = newScene()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as bundle:  # Slicer's own unpacking leaves us in its folder
                bundle.extractall(folder)
        except zipfile.BadZipFile as error:
            raise MalformedObjectError(f"expected a scene bundle in {path}") from error
        found = sorted(Path(folder).glob("*/*.mrml"))
        if not found:
            raise MalformedObjectError(f"expected a scene in the bundle {path}")
        scene.SetURL(str(found[0]))
        if not scene.Import():
            raise MalformedObjectError(f"the scene in {path} cannot be read")
    return scene
