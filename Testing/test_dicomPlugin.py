"""Registrations of both kinds are examined and loaded in the DICOM browser.

The browser, its database and the application are stand-ins; scene and nodes are the real ones.
"""

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from pydicom.uid import DeflatedExplicitVRLittleEndian

import builders
from application import dialogs
from application.runningApplication import loadModule, runningApplication
from browsers import fileLists, folderWith
from IHERODeformationLib.heldDeformation import gridParts
from IHERORegistrationLib.headlessScene import saveScene
from IHERORegistrationLib.registration import SPATIAL_REGISTRATION

ROOT = Path(__file__).resolve().parents[1]
MODULES = {
    "IHERORegistration": "IHERORegistrationPlugin",
    "IHERODeformation": "IHERODeformationPlugin",
}
IMAGES = (
    *builders.ctSeries(SeriesDescription="Planning"),
    *builders.mrSeries(SeriesDescription="T1"),
)


def pluginOf(module):
    loadModule(ROOT / module / f"{module}.py")
    return slicer.modules.dicomPlugins[MODULES[module]]()


def examined(plugin):
    return plugin.examineForImport(fileLists())


def registrationNodes():
    """Those of slice views are hidden."""
    nodes = slicer.util.getNodesByClass("vtkMRMLTransformNode")
    return [node for node in nodes if not node.GetHideFromEditors()]


@pytest.fixture
def browser(tmp_path):
    """Function that opens the browser of a module on data sets: gives plugin and loadables."""
    running = []

    def open_(module, *datasets):
        (tmp_path / "dicom").mkdir()
        context = runningApplication(tmp_path, folderWith(tmp_path / "dicom", *datasets))
        context.__enter__()
        running.append(context)
        plugin = pluginOf(module)
        return plugin, examined(plugin)

    yield open_
    for context in running:
        context.__exit__(None, None, None)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_describes_itself_and_its_plugin_when_slicer_loads_it(tmp_path, module):
    with runningApplication(tmp_path):
        del slicer.modules.dicomPlugins  # the DICOM module may be loaded later
        parent = loadModule(ROOT / module / f"{module}.py").parent
        assert parent.title.startswith("IHE-RO ")
        assert parent.categories == ["Radiotherapy"]
        assert "IHE Radiation Oncology" in parent.acknowledgementText
        assert not parent.icon.isNull()
        assert MODULES[module] in slicer.modules.dicomPlugins


@pytest.mark.parametrize(
    ("module", "registration", "name"),
    [
        ("IHERORegistration", builders.spatialRegistration, "Registration"),
        ("IHERODeformation", builders.deformableRegistration, "Deformable registration"),
    ],
)
def test_a_registration_is_offered_in_plain_words(browser, module, registration, name):
    others = [builders.spatialRegistration(), builders.deformableRegistration()]
    _, loadables = browser(module, *IMAGES, *others)
    one, *_ = loadables
    assert one.name == f"{name}: MR “T1” → CT “Planning”"
    assert one.selected
    assert one.confidence > 0.9  # what SlicerRT claims
    assert one.warning == ""
    file = slicer.dicomDatabase.fileForInstance(registration().SOPInstanceUID)
    assert list(one.files) == [file]


def test_the_images_of_each_series_that_it_names_are_offered_whole_and_apart(browser):
    ct, mr = builders.ctSeries(), builders.mrSeries()
    registration = builders.spatialRegistration(ct[:2], mr)  # names two of four slices
    plugin, (one, other) = browser("IHERORegistration", *IMAGES, registration)
    assert list(one.referencedInstanceUIDs) == [image.SOPInstanceUID for image in ct]
    assert list(other.referencedInstanceUIDs) == [image.SOPInstanceUID for image in mr]
    assert other.name == f"Images only, of {one.name}: MR “T1”"
    assert not other.selected
    assert other.confidence < one.confidence  # Slicer does not select it
    assert plugin.load(other).GetName() == "MR T1"


def test_images_that_are_not_in_the_database_are_counted(browser):
    _, (one, *_) = browser("IHERORegistration", *IMAGES[:5], builders.spatialRegistration())
    assert one.warning == "2 of 7 referenced images are not in the database"


def test_an_item_that_names_images_only_is_resolved_by_the_database(browser):
    ct, mr = builders.ctSeries(), builders.mrSeries()
    items = [
        builders.registrationItem(ct, builders.IDENTITY),
        builders.registrationItem(mr, FrameOfReferenceUID=builders.ABSENT),
    ]
    plugin, (one, *_) = browser(
        "IHERORegistration", *IMAGES, builders.spatialRegistration(items=items)
    )
    assert one.name == "Registration: MR “T1” → CT “Planning”"
    assert plugin.load(one).GetAttribute("IHERO.SourceFrame") == builders.MR_FRAME


def test_a_loaded_registration_moves_points_as_its_matrix_says(browser):
    plugin, (one, *_) = browser("IHERORegistration", *IMAGES, builders.spatialRegistration())
    node = plugin.load(one)
    assert node.GetScene() is slicer.mrmlScene
    x, y, z = node.GetTransformToParent().TransformPoint((-7, 11, 13))  # RAS of (7, -11, 13)
    cosine = 0.86602540378444
    expected = (7 * cosine + 5.5 + 10, 3.5 - 11 * cosine - 20, 18)
    np.testing.assert_allclose((-x, -y, z), expected, atol=1e-9)


def test_a_loaded_deformation_maps_registered_points_to_the_source(browser):
    plugin, (one, *_) = browser("IHERODeformation", *IMAGES, builders.deformableRegistration())
    node = plugin.load(one)
    # At node (2, 1, 1) of the grid: (-96, -118, -47) LPS, Δ = (1, -0.25, 0.5) + (0, 0, 1)
    x, y, z = node.GetTransformFromParent().TransformPoint((96, 118, -47))
    np.testing.assert_allclose((-x, -y, z), (-95, -118.25, -45.5), atol=1e-5)


def test_deformations_of_a_scene_that_is_opened_are_interpolated_linearly_again(browser, tmp_path):
    plugin, (one, *_) = browser("IHERODeformation", *IMAGES, builders.deformableRegistration())
    slicer.app.startupCompleted.emit()
    plugin.load(one)
    bundle = saveScene(slicer.mrmlScene, tmp_path / "scene.mrb")
    with zipfile.ZipFile(bundle) as packed:
        packed.extractall(tmp_path / "unpacked")
    (scene,) = (tmp_path / "unpacked").glob("*/*.mrml")
    slicer.mrmlScene.SetURL(str(scene))
    assert slicer.mrmlScene.Connect()
    (node,) = registrationNodes()
    modes = {part.GetInterpolationModeAsString() for part in gridParts(node)}
    assert modes == {"Linear"}  # the reader makes them cubic


@pytest.mark.parametrize(
    ("module", "registration"),
    [
        ("IHERORegistration", builders.spatialRegistration),
        ("IHERODeformation", builders.deformableRegistration),
    ],
)
def test_a_loaded_registration_lies_in_its_study_and_names_its_images(
    browser, module, registration
):
    plugin, (one, *_) = browser(module, *IMAGES, registration())
    node = plugin.load(one)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = hierarchy.GetItemByDataNode(node)
    study = hierarchy.GetItemParent(item)
    assert hierarchy.GetItemUID(study, "DICOM") == builders.STUDY
    assert hierarchy.GetItemUID(item, "DICOM") == registration().SeriesInstanceUID
    referenced = hierarchy.GetItemAttribute(item, "DICOM.ReferencedInstanceUIDs").split()
    assert set(referenced) == {image.SOPInstanceUID for image in IMAGES}


@pytest.mark.parametrize("module", MODULES)
def test_an_object_that_cannot_be_read_is_offered_with_the_reason_and_not_selected(browser, module):
    sequence = {
        "IHERORegistration": "RegistrationSequence",
        "IHERODeformation": "DeformableRegistrationSequence",
    }[module]
    broken = [builders.spatialRegistration(), builders.deformableRegistration()]
    for dataset in broken:
        if sequence in dataset:
            setattr(dataset, sequence, [])
    plugin, (one, *_) = browser(module, *IMAGES, *broken)
    assert not one.selected
    assert one.name.endswith("that cannot be read")
    assert sequence in one.warning
    assert not plugin.load(one)
    assert sequence in one.name  # with which Slicer says that it could not load it
    assert registrationNodes() == []


def test_a_registration_of_one_frame_makes_no_node_and_says_so(browser):
    items = [builders.registrationItem(builders.ctSeries(), builders.IDENTITY)]
    plugin, (one, *_) = browser(
        "IHERORegistration", *IMAGES, builders.spatialRegistration(items=items)
    )
    assert one.name == "Registration: nothing → CT “Planning”"
    assert not plugin.load(one)
    assert "another Frame of Reference" in one.name


def keysOffering():
    """The plugins that offer something selected, and its name."""
    found = {}
    for key, plugin in slicer.modules.dicomPlugins.items():
        for one in examined(plugin()):
            if one.selected:
                found[key] = one.name
    return found


def test_a_deformation_under_the_class_of_rigid_registrations_is_read_as_what_it_is(browser):
    wrong = builders.deformableRegistration(SOPClassUID=SPATIAL_REGISTRATION)
    browser("IHERORegistration", *IMAGES, wrong)
    (refused,) = examined(slicer.modules.dicomPlugins["IHERORegistrationPlugin"]())
    assert "that cannot be read" in refused.name  # without the other module
    plugin = pluginOf("IHERODeformation")
    assert keysOffering() == {
        "IHERODeformationPlugin": "Deformable registration: MR “T1” → CT “Planning”"
    }
    one, *_ = examined(plugin)
    assert "Repaired: " in one.warning
    assert len(gridParts(plugin.load(one))) == 1


def test_of_a_compressed_registration_the_reader_of_deformations_finds_that_it_is_rigid(browser):
    deflated = builders.spatialRegistration()
    deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    plugin, (one, *_) = browser("IHERODeformation", *IMAGES, deflated)
    assert one.name == "Registration: MR “T1” → CT “Planning”"
    assert plugin.load(one).IsA("vtkMRMLLinearTransformNode")


@pytest.mark.parametrize(("answer", "isLoaded"), [("Yes", True), ("No", False)])
def test_a_field_within_one_frame_is_loaded_only_if_the_user_means_it(tmp_path, answer, isLoaded):
    ct = builders.ctSeries()
    within = builders.deformableRegistration(ct, ct)
    (tmp_path / "dicom").mkdir()
    folder = folderWith(tmp_path / "dicom", *ct, within)
    with runningApplication(tmp_path, folder, testing=False):
        plugin = pluginOf("IHERODeformation")
        one, *_ = examined(plugin)
        dialogs.answers.append(answer)
        assert bool(plugin.load(one)) is isLoaded
        (asked,) = dialogs.shown
        assert "maps a Frame of Reference onto itself" in asked.text
        assert len(registrationNodes()) == isLoaded


def test_what_slicer_says_of_a_registration_that_cannot_be_loaded_tells_why(browser):
    items = [builders.registrationItem(builders.ctSeries(), builders.IDENTITY)]
    registration = builders.spatialRegistration(items=items)
    browser("IHERORegistration", *IMAGES, registration)
    messages = []
    DICOMUtils = sys.modules["DICOMLib"].DICOMUtils
    loaded = DICOMUtils.loadSeriesByUID([registration.SeriesInstanceUID], messages)
    assert loaded == []
    (message,) = messages
    assert message.startswith("Could not load: Registration: nothing → CT “Planning” (expected")
    assert message.endswith("as a Registration")


def test_slicer_selects_the_registration_and_not_the_images_that_are_offered_with_it(browser):
    registration = builders.spatialRegistration()
    browser("IHERORegistration", *IMAGES, registration)
    DICOMUtils = sys.modules["DICOMLib"].DICOMUtils
    DICOMUtils.loadSeriesByUID([registration.SeriesInstanceUID])
    assert [node.GetName() for node in registrationNodes()] == ["MR_ON_CT"]
    assert slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") == []


def test_fiducials_that_a_registration_used_are_not_missing_images(tmp_path, phantom):
    with runningApplication(tmp_path, phantom.folder):
        plugin = pluginOf("IHERORegistration")
        offered = [one for one in examined(plugin) if one.confidence > 0]
        assert [one.warning for one in offered] == [""] * len(phantom.registrations)
