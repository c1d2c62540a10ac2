"""Fixtures that several test files share."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pydicom import Dataset

from builders import ctSeries, mrSeries
from IHERORegistrationLib.saving import saveDataset
from testData import dataSet, unpack

if TYPE_CHECKING:
    import slicer

    from IHERODeformationLib.phantoms.deformedPhantom import DeformedPhantom
    from IHERORegistrationLib.images import ImageSeries
    from IHERORegistrationLib.phantoms.phantom import Phantom
    from IHERORegistrationLib.widgets.moduleWidget import ModuleWidget


@pytest.fixture(scope="session")
def nonhybridSet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folder of the IHE-RO reference set: CT, MR, PET, REG, RTDOSE, RTPLAN, RTSTRUCT in it.

    Unpacked once per run (160 MB); do not write there.
    """
    archive = dataSet("ihe-ro-mmro2-nonhybrid") / "ihe-ro-mmro2-nonhybrid.tar.gz"
    folder = tmp_path_factory.mktemp("nonhybrid")
    unpack(archive, folder)
    yield folder / "ihe-ro-mmro2-nonhybrid"
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Phantom:
    """A small phantom with its truth: CT, oblique MR and PET in three frames and studies, RT
    objects on the CT. Made once per run; do not write into its folder.
    """
    from IHERORegistrationLib.phantoms.phantom import writePhantom  # VTK takes its time

    return writePhantom(tmp_path_factory.mktemp("phantom"))


@pytest.fixture(scope="session")
def primaryMR(tmp_path_factory: pytest.TempPathFactory) -> Phantom:
    """A small phantom of a patient planned on MR: CT and PET share the other frame."""
    from IHERORegistrationLib.phantoms.phantom import writePhantom
    from IHERORegistrationLib.phantoms.scans import Recipe, primaryMRScans

    return writePhantom(tmp_path_factory.mktemp("primaryMR"), Recipe(primaryMRScans()))


@pytest.fixture(scope="session")
def deformedPhantom(tmp_path_factory: pytest.TempPathFactory) -> DeformedPhantom:
    """A small patient who breathed between two CT, the registered one oblique, with the truth and
    his deformation in every encoding. Made once per run; do not write into its folder.
    """
    from IHERODeformationLib.phantoms.deformedPhantom import writeDeformedPhantom

    return writeDeformedPhantom(tmp_path_factory.mktemp("deformedPhantom"))


@pytest.fixture
def storedSeries(tmp_path: Path) -> Callable[[Sequence[Dataset]], ImageSeries]:
    """Function that stores images and reads them back as the one series they are."""
    from writtenSeries import seriesOf

    return lambda images: seriesOf(images, tmp_path / images[0].SeriesInstanceUID)


@pytest.fixture
def ct(storedSeries: Callable[[Sequence[Dataset]], ImageSeries]) -> ImageSeries:
    """The planning CT of builders, read from files."""
    return storedSeries(ctSeries())


@pytest.fixture
def mr(storedSeries: Callable[[Sequence[Dataset]], ImageSeries]) -> ImageSeries:
    """The oblique MR of builders, read from files."""
    return storedSeries(mrSeries())


@pytest.fixture(scope="session")
def patients(
    phantom: Phantom, deformedPhantom: DeformedPhantom
) -> dict[str, Phantom | DeformedPhantom]:
    """The made patient for each module of Slicer, by the module's name."""
    return {"IHERORegistration": phantom, "IHERODeformation": deformedPhantom}


@pytest.fixture(scope="session")
def deformedFiles(deformedPhantom: DeformedPhantom) -> SimpleNamespace:
    """What a screen loads of the deformed phantom, read once per run; see deformerScreen.py."""
    from deformerScreen import filesOf

    return filesOf(deformedPhantom)


@pytest.fixture
def module(
    tmp_path: Path, deformedPhantom: DeformedPhantom, deformedFiles: SimpleNamespace
) -> Iterator[ModuleWidget]:
    """The widget of IHERODeformation with its nodes; see deformerScreen.py."""
    from deformerScreen import deformerScreen

    with deformerScreen(tmp_path, deformedPhantom, deformedFiles) as screen:
        yield screen


@pytest.fixture
def scene() -> slicer.vtkMRMLScene:
    """An empty scene."""
    from IHERORegistrationLib.headlessScene import newScene  # VTK takes its time

    return newScene()


@pytest.fixture
def loaded(phantom: Phantom, scene: slicer.vtkMRMLScene) -> SimpleNamespace:
    """The nodes of the phantom, in `scene`; see loadedPhantom.py."""
    from loadedPhantom import loadedPhantom

    return loadedPhantom(phantom, scene)


@pytest.fixture(scope="module")
def database(phantom: Phantom) -> Any:
    """A DICOM database that holds the phantom, without the application around it."""
    from application.dicomDatabase import dicomDatabase

    return dicomDatabase(phantom.folder)


@pytest.fixture(scope="session")
def canDraw() -> None:
    """Skips the test where no picture can be drawn."""
    from IHERORegistrationLib.pictures.graphics import graphicsAvailable  # VTK takes its time

    if not graphicsAvailable():
        pytest.skip("nothing can be drawn here (Debian packages libegl1 libgl1-mesa-dri)")


@pytest.fixture
def qt(tmp_path: Path) -> Iterator[Any]:
    """Slicer's Python module of that name, while the stand-in of the application runs."""
    from application.runningApplication import runningApplication

    with runningApplication(tmp_path):
        import qt

        yield qt


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The file of a module of Slicer with a screen; see sampleModule.py."""
    from sampleModule import writeSampleModule

    return writeSampleModule(tmp_path)


@pytest.fixture
def dciodvfy(tmp_path: Path) -> Callable[[Dataset | Path], list[str]]:
    """Function that gives the errors David Clunie's dciodvfy finds in a data set or file.

    An empty list means conformant. A crash of the tool counts as an error. Warnings are left out.
    """
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dciodvfy is not installed (Debian package dicom3tools)")

    def errors(checked: Dataset | Path) -> list[str]:
        file = checked if isinstance(checked, Path) else tmp_path / "checked-by-dciodvfy.dcm"
        if isinstance(checked, Dataset):
            saveDataset(checked, file, force=True)
        done = subprocess.run(
            [tool, str(file)], capture_output=True, encoding="utf-8", errors="replace", check=False
        )
        if done.returncode < 0:
            return [f"dciodvfy was ended by signal {-done.returncode}"]
        lines = (done.stdout + done.stderr).splitlines()
        return [line for line in lines if line.startswith(("Error", "Abort"))]

    return errors


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """Function that starts the stand-in of the application with a phantom's folder in its DICOM
    database, which keeps what it gets in a folder of its own.
    """
    import slicer

    from application.runningApplication import runningApplication

    running = []

    def start(folder: Path) -> None:
        running.append(runningApplication(tmp_path, folder))
        running[0].__enter__()
        slicer.dicomDatabase._directory = str(tmp_path / "database")

    yield start
    running[0].__exit__(None, None, None)
