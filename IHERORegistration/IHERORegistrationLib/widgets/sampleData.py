"""Sample data in Slicer's module Sample Data: made patients, made here, when they are asked for.

No network is needed. The files are kept where Slicer keeps downloaded samples; the same sample has
the same UIDs every time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import slicer
import slicer.util
from DICOMLib import DICOMUtils
from pydicom.uid import (
    DeformableSpatialRegistrationStorage,
    RTDoseStorage,
    RTStructureSetStorage,
    SpatialFiducialsStorage,
    SpatialRegistrationStorage,
)
from slicer.i18n import tr as _

from ..dataFolder import DataFolder, dataFolder
from ..errors import IHEROError
from ..folderNodes import Reader, nodesFromFolder
from ..imageClasses import IMAGE_SOP_CLASSES
from ..reader import registrationFromFile
from ..registrationRecord import Watch
from ..scene import transformNodesFromRegistration
from .applyQuestion import askWhenLoaded
from .longWork import longWork
from .panel import shownErrors

LOADED = IMAGE_SOP_CLASSES | {  # plans have no reader here
    RTStructureSetStorage,
    RTDoseStorage,
    SpatialFiducialsStorage,
    SpatialRegistrationStorage,
    DeformableSpatialRegistrationStorage,
}
MADE = 0.7  # of the time it takes


class SampleError(IHEROError):
    """The sample cannot be put where it belongs."""


@dataclass(frozen=True)
class Sample:
    """`name` is what scripts call it, `write` makes its files in a folder, `read` the nodes of a
    registration in it. `thumbnail` is a picture.
    """

    name: str
    write: Callable[[Path, Watch], object]
    read: Reader
    thumbnail: Path


def registerSample(sample: Sample) -> None:
    """Show a sample in the module Sample Data, where the application has it: to be called when
    Slicer has started.
    """
    try:
        import SampleData  # a module of Slicer, there when it has started
    except ImportError:
        return
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="IHE-RO",
        sampleName=sample.name,
        thumbnailFileName=str(sample.thumbnail),
        uris=f"made:{sample.name}",  # nothing is downloaded, but there must be one
        fileNames=sample.name,
        customDownloader=lambda source: onSampleClicked(sample),
    )


def onSampleClicked(sample: Sample) -> None:
    """What its button in the module Sample Data does."""
    with shownErrors(_("The sample data could not be loaded.")):
        loadSample(sample)


def loadSample(sample: Sample) -> None:
    """The sample in the scene: through the DICOM database if one is open, so that the browser has
    it too, else directly.

    Raises
        SampleError: the database does not take the files.
        RegistrationCancelledError: the user ended it; the scene is as it was.
    """
    with longWork(_("Sample data: {name}").format(name=sample.name)) as watch:
        folder = dataFolder(_madeFolder(sample, watch))
        database = slicer.dicomDatabase
        if database is not None and database.isOpen:
            watch.tell(_("Adding it to the DICOM database"), MADE)
            _loadThroughDatabase(folder, watch)
        else:
            _loadDirectly(sample, folder, watch)


def _madeFolder(sample: Sample, watch: Watch) -> Path:
    """Where the sample lies; it is made if it is not there as a whole."""
    cache = Path(slicer.mrmlScene.GetCacheManager().GetRemoteCacheDirectory())
    folder = cache / sample.name
    if folder.is_dir():
        return folder
    unfinished = cache / f"{sample.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(parents=True)
        sample.write(unfinished, _part(watch, 0, MADE))
        unfinished.rename(folder)
    except OSError as error:
        raise SampleError(f"cannot write to {cache}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _loadThroughDatabase(folder: DataFolder, watch: Watch) -> None:
    if not DICOMUtils.importDicom(str(folder.path), slicer.dicomDatabase, True):
        raise SampleError(f"the DICOM database does not take the files in {folder.path}")
    watch.tell(_("Loading it"), (1 + MADE) / 2)
    series = [one.seriesInstanceUID for one in folder.objects if one.sopClassUID in LOADED]
    DICOMUtils.loadSeriesByUID(list(dict.fromkeys(series)))


def _loadDirectly(sample: Sample, folder: DataFolder, watch: Watch) -> None:
    nodes = nodesFromFolder(folder, slicer.mrmlScene, sample.read, _part(watch, MADE, 1))
    if nodes.images:
        slicer.util.setSliceViewerLayers(background=nodes.images[0], fit=True)
    askWhenLoaded(nodes.registrations)


def _part(watch: Watch, start: float, end: float) -> Watch:
    """Watches a part of the work that lies between these fractions."""
    return Watch(
        lambda stage, fraction, similarity: watch.progress(
            stage, start + (end - start) * fraction, similarity
        ),
        watch.isCancelled,
    )


def _writeRigid(folder: Path, watch: Watch) -> object:
    from ..phantoms.phantom import writePhantom  # not before it is needed, for a quick start
    from ..phantoms.scans import Recipe, Size, separateScans

    return writePhantom(folder, Recipe(separateScans(), size=Size.DEMO), watch=watch)


def _readRigid(path: Path, frameOfInstance: Any, scene: Any) -> tuple[object, Any]:
    registration = registrationFromFile(path, frameOfInstance=frameOfInstance)
    return registration, transformNodesFromRegistration(registration, scene)


ICONS = Path(__file__).parents[2] / "Resources" / "Icons"
RIGID = Sample("IHERORigidPhantom", _writeRigid, _readRigid, ICONS / "IHERORigidPhantom.png")
