"""Slicer's own export dialog offers our objects, tells their findings and writes them."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.runningApplication import loadModule, runningApplication
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERORegistrationLib.appliedNodes import resampledNode
from IHERORegistrationLib.dose import doseFromFile
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.seriesReading import seriesFromFiles
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from IHERORegistrationLib.subjectHierarchy import hierarchyOf
from IHERORegistrationLib.writtenObject import writtenObject
from loadedPhantom import loadedDeformedPhantom, loadedPhantom

ROOT = Path(__file__).resolve().parents[1]
KEYS = ("IHERORegistrationExport", "IHERODeformationExport")


@pytest.fixture
def dialog(tmp_path):
    """Function that starts the application with a phantom in its database."""
    running = []

    def start(folder):
        running.append(runningApplication(tmp_path, folder))
        running[0].__enter__()
        for name in ("IHERORegistration", "IHERODeformation"):
            loadModule(ROOT / name / f"{name}.py")

    yield start
    running[0].__exit__(None, None, None)


def item(node):
    return hierarchyOf(slicer.mrmlScene).GetItemByDataNode(node)


def offered(node):
    """What the dialog lists for a node, as it asks: each plugin in turn."""
    plugins = [kind() for kind in slicer.modules.dicomPlugins.values()]
    return [one for plugin in plugins for one in plugin.examineForExport(item(node))]


def exported(exportables, folder):
    """The answer of the plugin, called as the dialog calls it."""
    folder.mkdir(exist_ok=True)
    for one in exportables:
        one.directory = str(folder)
    return slicer.modules.dicomPlugins[exportables[0].pluginClass]().export(exportables)


def test_a_registration_is_offered_above_all_others_and_written(dialog, phantom, tmp_path):
    dialog(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    (one,) = offered(loaded.registrations["MR"])
    assert one.pluginClass in slicer.modules.dicomPlugins
    assert one.name == "Spatial Registration: Maps MR (moving) → onto CT (fixed)"
    assert one.confidence > 1.0  # SlicerRT's
    assert one.tag("FixedImage") == "CT"
    assert "MMRO-III" in one.tooltip
    assert exported([one], tmp_path / "out") == ""
    (file,) = (tmp_path / "out").iterdir()
    read = registrationFromFile(file)
    truth = next(
        w for w in phantom.registrations if w.transform.fromFrame == read.items[1].sourceFrame
    )
    point = np.array([[3.0, -4.0, 50.0]])
    matrix = read.items[1].matrix
    np.testing.assert_allclose(
        point @ matrix[:3, :3].T + matrix[:3, 3], truth.transform(point), atol=1e-6
    )
    assert writtenObject(loaded.registrations["MR"]) == read.sopInstanceUID


def test_no_two_plugins_are_equally_sure(dialog, phantom):
    """The dialog would show only one of them."""
    dialog(phantom.folder)
    plugins = [slicer.modules.dicomPlugins[key] for key in KEYS]
    others = [1.0, 0.5, 0.3]  # SlicerRT and Slicer itself
    numbers = [n for one in plugins for n in (one.confidence, one.doubt)]
    assert len({*numbers, *others}) == len(numbers) + len(others)


def test_structures_and_dose_are_written_by_one_call_each(dialog, phantom, tmp_path):
    dialog(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    (structures,) = offered(loaded.structures[0])
    structures.setTag("Method", "automatic")
    (dose,) = offered(loaded.dose)
    assert dose.tag("Modality") == "RTDOSE"
    assert exported([structures, dose], tmp_path / "out") == ""
    rtdose, rtstruct = sorted((tmp_path / "out").iterdir())
    assert structureSetFromFile(rtstruct).structures
    assert doseFromFile(rtdose).units == "GY"


def test_a_deformation_is_written_by_the_other_module(dialog, deformedPhantom, tmp_path):
    dialog(deformedPhantom.folder)
    loaded = loadedDeformedPhantom(deformedPhantom, slicer.mrmlScene)
    (one,) = offered(loaded.registration)
    assert one.pluginClass == "IHERODeformationExport"
    assert one.name.startswith("Deformable Spatial Registration: Deforms ")
    assert exported([one], tmp_path / "out") == ""
    (file,) = (tmp_path / "out").iterdir()
    here, there = (
        deformableRegistrationFromFile(path).oneDeformation()
        for path in (deformedPhantom.deformation().path, file)
    )
    points = here.grid.lattice.points(np.random.default_rng(0).uniform(3, 30, (50, 3)))
    np.testing.assert_allclose(there(points), here(points), atol=1e-5)


def test_unclear_images_are_asked_for_by_tags(dialog, phantom, tmp_path):
    dialog(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "by hand")
    hierarchyOf(slicer.mrmlScene).CreateItem(item(loaded.images["CT"]), node)
    (one,) = offered(node)
    assert one.confidence < 0.5
    assert one.tag("FixedImage") == ""
    assert "FixedImage: say which of these is meant: CT, MR, " in one.tooltip
    assert "say which" in exported([one], tmp_path / "out")
    for tag, value in {
        "FixedImage": "CT",
        "MovingImage": "MR",
        "ContentLabel": "BY HAND",
        "SeriesDescription": "by hand",
        "Profile": "MMRO-III",
    }.items():
        one.setTag(tag, value)
    assert "Say how it was made" in exported([one], tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    one.setTag("Method", "visual")
    assert exported([one], tmp_path / "out") == ""
    assert registrationFromFile(next((tmp_path / "out").iterdir())).label == "BY HAND"


def test_findings_and_refusals_come_before_anything_is_written(dialog, phantom, tmp_path):
    dialog(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    (one,) = offered(loaded.registrations["MR"])
    one.setTag("PatientID", "SOMEBODY ELSE")
    assert "PatientID differs" in exported([one], tmp_path / "out")
    (good,), (bad,) = (offered(loaded.registrations[name]) for name in ("MR", "PET"))
    bad.setTag("ContentLabel", "not a code")
    assert "Only A to Z" in exported([good, bad], tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_resampled_image_is_written_as_images_in_a_folder_of_their_own(dialog, phantom, tmp_path):
    dialog(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    ct, mr = loaded.images["CT"], loaded.images["MR"]
    made = resampledNode(mr, loaded.registrations["MR"], ct, Interpolation.LINEAR).node
    (one,) = offered(made)
    assert one.name == (
        f"MR images: Stores {made.GetName()} as images on the slices of {ct.GetName()}"
    )
    assert exported([one], tmp_path / "out") == ""
    (folder,) = (tmp_path / "out").iterdir()
    (series,) = seriesFromFiles(sorted(folder.iterdir()))
    assert series.frame == phantom.primary.frame
    assert series.modality == "MR"


def test_what_was_written_is_taken_back_when_the_next_cannot_be(dialog, phantom, tmp_path):
    dialog(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    (good,), (bad,) = (offered(loaded.registrations[name]) for name in ("MR", "PET"))
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    good.directory, bad.directory = str(tmp_path / "out"), str(blocked)
    plugin = slicer.modules.dicomPlugins[good.pluginClass]()
    assert "cannot write" in plugin.export([good, bad])
    assert list((tmp_path / "out").iterdir()) == []


def test_other_nodes_are_left_to_others(dialog, phantom):
    dialog(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    assert offered(loaded.images["CT"]) == []
    assert [
        one for kind in slicer.modules.dicomPlugins.values() for one in kind().examineForExport(0)
    ] == []


def test_a_closed_database_and_a_removed_node_are_told(dialog, phantom, tmp_path):
    dialog(phantom.folder)
    loaded = loadedPhantom(phantom, slicer.mrmlScene)
    (one,) = offered(loaded.registrations["MR"])
    slicer.dicomDatabase = None
    assert "no DICOM database is open" in exported([one], tmp_path / "out")
    (doubtful,) = offered(loaded.registrations["MR"])
    assert "no DICOM database is open" in doubtful.tooltip
    slicer.mrmlScene.RemoveNode(loaded.registrations["MR"])
    assert "removed from the scene" in exported([one], tmp_path / "out")
