"""The module Sample Data offers made patients; they come into the database and the scene without
a network.

The samples themselves are the demonstration's phantoms; here the same code loads the small ones.
"""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application import dialogs
from application.mainWindows import mainWindow
from application.runningApplication import loadModule, runningApplication
from application.sampleData import SampleDataLogic, pressSample

ROOT = Path(__file__).resolve().parents[1]
RIGID, DEFORMABLE = "IHERORigidPhantom", "IHERODeformablePhantom"


@pytest.fixture
def slicerWith(tmp_path):
    """Function that starts the application with both modules, with an empty database or none."""
    running = []

    def start(*, database, testing=True):
        folder = tmp_path / "dicom" if database else None
        context = runningApplication(tmp_path, folder, testing=testing)
        context.__enter__()
        running.append(context)
        cache = slicer.vtkCacheManager()
        cache.SetRemoteCacheDirectory(str(tmp_path / "cache"))
        slicer.mrmlScene.SetCacheManager(cache)
        for name in ("IHERORegistration", "IHERODeformation"):
            loadModule(ROOT / name / f"{name}.py")
        slicer.app.startupCompleted.emit()

    (tmp_path / "dicom").mkdir()
    yield start
    for context in running:
        context.__exit__(None, None, None)


def small(made):
    """Let the samples be made by copying what lies in a folder, at once."""
    from IHERODeformationLib.widgets import sampleData as deformable
    from IHERORegistrationLib.widgets import sampleData as rigid

    calls = []

    def write(folder, watch):
        calls.append(folder)
        watch.tell("copying", 0.5)
        shutil.copytree(made, folder, dirs_exist_ok=True)

    one = {RIGID: rigid.RIGID, DEFORMABLE: deformable.DEFORMABLE}
    return {name: dataclasses.replace(one[name], write=write) for name in one}, calls


def names(className):
    nodes = slicer.util.getNodesByClass(className)
    return sorted(node.GetName() for node in nodes if not node.GetHideFromEditors())


def test_samples_are_offered_with_a_picture_when_slicer_has_started(slicerWith):
    slicerWith(database=False)
    (sources,) = SampleDataLogic.sampleDataSourcesByCategory().values()
    assert [one.sampleName for one in sources] == [RIGID, DEFORMABLE]
    for one in sources:
        start = Path(one.thumbnailFileName).read_bytes()[:8]
        assert start == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("database", [True, False])
def test_a_rigid_sample_is_loaded_whole(slicerWith, phantom, database):
    slicerWith(database=database)
    samples, calls = small(phantom.folder)
    from IHERORegistrationLib.widgets.sampleData import loadSample

    loadSample(samples[RIGID])
    transforms = names("vtkMRMLTransformNode")
    assert transforms == ["MR_TO_CT", "PET_TO_CT"]
    assert len(names("vtkMRMLSegmentationNode")) == 1
    assert len(names("vtkMRMLMarkupsFiducialNode")) >= 3
    doses = [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        if node.GetAttribute("DicomRtImport.DoseVolume")
    ]
    assert len(doses) == 1
    if database:
        known = slicer.dicomDatabase.instancesForSeries(phantom.primary.reference.seriesInstanceUID)
        assert len(known) == phantom.primary.lattice.size[2]
    else:
        assert len(names("vtkMRMLScalarVolumeNode")) == 4
    assert len(calls) == 1
    loadSample(samples[RIGID])
    assert len(calls) == 1  # it lies in the cache


def test_a_deformable_sample_is_loaded_whole(slicerWith, deformedPhantom, tmp_path):
    made = tmp_path / "made"
    shutil.copytree(deformedPhantom.folder, made, ignore=shutil.ignore_patterns("REG"))
    shutil.copytree(deformedPhantom.folder / "REG", made / "REG", ignore=_allBut("drro.dcm"))
    slicerWith(database=False)
    samples, _ = small(made)
    from IHERORegistrationLib.widgets.sampleData import loadSample

    loadSample(samples[DEFORMABLE])
    (node,) = (
        one
        for one in slicer.util.getNodesByClass("vtkMRMLTransformNode")
        if not one.GetHideFromEditors()
    )
    here = deformedPhantom.landmarks(deformedPhantom.registered.frame)
    there = deformedPhantom.landmarks(deformedPhantom.source.frame)
    for name, point in here.items():
        mapped = node.GetTransformFromParent().TransformPoint(point * [-1, -1, 1])
        np.testing.assert_allclose(mapped, there[name] * [-1, -1, 1], atol=1)


def _allBut(kept):
    return lambda folder, found: [name for name in found if name != kept]


def test_a_sample_that_is_cancelled_leaves_nothing(slicerWith, phantom, tmp_path):
    slicerWith(database=False)
    samples, _ = small(phantom.folder)
    from IHERORegistrationLib.errors import RegistrationCancelledError
    from IHERORegistrationLib.phantoms.phantom import writePhantom
    from IHERORegistrationLib.widgets.sampleData import loadSample

    before = slicer.mrmlScene.GetNumberOfNodes()
    one = dataclasses.replace(
        samples[RIGID], write=lambda folder, watch: writePhantom(folder, watch=watch)
    )
    dialogs.cancelWork()
    with pytest.raises(RegistrationCancelledError):
        loadSample(one)
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert list((tmp_path / "cache").glob("IHERO*")) == []


def test_a_cache_that_cannot_be_written_to_is_told_in_one_dialog(slicerWith, tmp_path):
    slicerWith(database=False, testing=False)
    mainWindow()
    (tmp_path / "cache" / f"{RIGID}.unfinished").write_text("a file where a folder should be")
    pressSample(RIGID)
    (told,) = dialogs.shown
    assert told.kind == "Critical"
    assert "cannot write to" in told.text
