"""Databases, scenes, sample data and self-tests on the application's stand-in."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer
from pydicom.data import get_testdata_file

import builders
from application.dicomDatabase import dicomDatabase
from application.openedScenes import closeScene, openScene, saveOpenScene
from application.runningApplication import loadModule, runningApplication
from application.sampleData import pressSample
from application.selfTests import runSelfTest
from IHERORegistrationLib.saving import saveDataset
from sampleModule import MODULE, writeSampleModule

SELF_TEST = """

class SampleTest(ScriptedLoadableModuleTest):
    def runTest(self):
        self.delayDisplay("renames")
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "old")
        SampleLogic().rename(node, "new")
        self.assertEqual(node.GetName(), "{name}")
"""


@pytest.fixture
def registration(tmp_path):
    """A file and its data set."""
    dataset = builders.spatialRegistration(PatientName="Doe^Jane", SeriesDescription="MR to CT")
    path = tmp_path / "dicom" / "registration.dcm"
    path.parent.mkdir()
    saveDataset(dataset, path)
    return path, dataset


@pytest.fixture
def application(tmp_path, registration):
    with runningApplication(tmp_path, tmp_path / "dicom"):
        yield slicer


def test_the_database_knows_files_as_pydicom_reads_them(application, registration):
    path, dataset = registration
    (path.parent / "CT.dcm").write_bytes(Path(get_testdata_file("CT_small.dcm")).read_bytes())
    (path.parent / "remark.txt").write_text("no DICOM")
    database = dicomDatabase(path.parent)
    assert database.filesForSeries(dataset.SeriesInstanceUID) == (str(path),)
    assert database.fileForInstance(dataset.SOPInstanceUID) == str(path)
    assert database.seriesForFile(str(path)) == dataset.SeriesInstanceUID
    assert database.fileValue(str(path), "0008,0060") == "REG"
    assert database.fileValue(str(path), "0070,0308") == ""  # a sequence
    assert database.instanceValue("1.2", "0008,0060") == ""
    ct = str(path.parent / "CT.dcm")
    assert database.fileValue(ct, "0018,0050") == "5.000000"
    assert database.fileValue(ct, "0028,0030") == "0.661468\\0.661468"
    patients = {database.fileValue(one, "0010,0020") for one in (str(path), ct)}
    assert set(database.patients()) == patients
    assert (database.seriesCount(), database.imagesCount()) == (2, 2)
    assert database.descriptionForSeries(dataset.SeriesInstanceUID) == "MR to CT"


def test_the_database_tells_of_files_that_come_and_go(application, tmp_path):
    database, seen = slicer.dicomDatabase, []
    new = builders.spatialRegistration(PatientID="other", PatientName="Roe^Ann")
    new.StudyInstanceUID, new.SeriesInstanceUID, new.SOPInstanceUID = "1.2.3", "1.2.4", "1.2.5"
    saveDataset(new, tmp_path / "new.dcm")
    for signal in ("studyAdded(QString)", "seriesAdded(QString)", "instanceAdded(QString)"):
        database.connect(signal, seen.append)
    database.insert(str(tmp_path / "new.dcm"), True)
    assert seen == ["1.2.3", "1.2.4", "1.2.5"]
    database.connect("databaseChanged()", lambda: seen.append("changed"))
    database.updateDisplayedFields()  # only this tells the browser of what was inserted
    assert seen.pop() == "changed"
    kept = Path(database.fileForInstance("1.2.5"))
    assert kept.read_bytes() == (tmp_path / "new.dcm").read_bytes()
    assert kept != tmp_path / "new.dcm"
    assert database.nameForPatient("other") == "Roe^Ann"
    removed = []
    database.connect("seriesRemoved(QString)", removed.append)
    database.removeSeries("1.2.4")
    assert removed == ["1.2.4"]
    assert "other" not in database.patients()


def test_a_closed_database_knows_nothing(application, registration):
    _, dataset = registration
    database, seen = slicer.dicomDatabase, []
    database.connect("closed()", lambda: seen.append("closed"))
    database.closeDatabase()
    assert (database.isOpen, database.patients(), seen) == (False, (), ["closed"])
    assert database.fileForInstance(dataset.SOPInstanceUID) == ""


def pluginOf(name, confidence):
    """A class of plugins that offers every series and makes a text node of it."""
    from DICOMLib import DICOMPlugin

    class Plugin(DICOMPlugin):
        def examineForImport(self, fileLists):
            return [self.offer(files) for files in fileLists]

        def offer(self, files):
            one = slicer.qSlicerDICOMLoadable()
            one.files, one.name, one.confidence = files, name, confidence
            return one

        def load(self, loadable):
            if loadable.confidence == 0.75:
                raise ArithmeticError("broken")
            return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", name)

    return Plugin


def test_series_are_loaded_by_the_surest_plugin(application, registration, caplog):
    from DICOMLib import DICOMUtils

    _, dataset = registration
    for name, confidence in (("weak", 0.25), ("sure", 0.5)):
        slicer.modules.dicomPlugins[name] = pluginOf(name, confidence)
    ids = DICOMUtils.loadSeriesByUID([dataset.SeriesInstanceUID])
    assert [slicer.mrmlScene.GetNodeByID(one).GetName() for one in ids] == ["sure"]
    slicer.modules.dicomPlugins["broken"] = pluginOf("broken", 0.75)
    messages = []
    assert DICOMUtils.loadSeriesByUID([dataset.SeriesInstanceUID], messages) == []
    assert messages == ["Could not load: broken as a Generic DICOM"]
    assert "DICOM plugin failed to load 'broken'" in caplog.text
    slicer.dicomDatabase.closeDatabase()
    with pytest.raises(OSError, match="cannot be accessed"):
        DICOMUtils.loadSeriesByUID([dataset.SeriesInstanceUID])


def test_files_are_imported_into_a_database_for_the_time(application, registration):
    import DICOMLib.DICOMUtils as DICOMUtils

    path, dataset = registration
    before, held = slicer.dicomDatabase, slicer.dicomDatabase.patients()
    with DICOMUtils.TemporaryDICOMDatabase() as database:
        assert slicer.dicomDatabase is database is before  # another folder, in the same object
        assert database.patients() == ()
        DICOMUtils.importDicom(path.parent, database)
        assert database.patients() == (dataset.PatientID,)
    assert slicer.dicomDatabase is before
    assert before.patients() == held


def test_a_scene_is_saved_closed_and_opened_again(application, tmp_path):
    seen, scene = [], slicer.mrmlScene
    for name in ("StartClose", "EndClose", "StartImport", "EndImport"):
        scene.AddObserver(getattr(scene, f"{name}Event"), lambda *_, n=name: seen.append(n))
    volume = slicer.util.addVolumeFromArray(np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    slicer.util.setSliceViewerLayers(background=volume)
    path = saveOpenScene(tmp_path / "scene.mrb")
    closeScene()
    assert slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode") is None
    openScene(path)
    assert slicer.mrmlScene is scene
    found = scene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(found).ravel(), np.arange(60))
    red = slicer.app.layoutManager().sliceWidget("Red")
    assert red.mrmlSliceCompositeNode().GetBackgroundVolumeID() == found.GetID()
    assert seen == 2 * ["StartClose", "EndClose"] + ["StartImport", "EndImport"]


def test_nodes_of_data_have_an_item_in_the_subject_hierarchy_while_they_are_there(application):
    scene = slicer.mrmlScene
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    hidden = scene.CreateNodeByClass("vtkMRMLLinearTransformNode")
    hidden.UnRegister(None)
    hidden.SetHideFromEditors(True)
    scene.AddNode(hidden)
    item = hierarchy.GetItemByDataNode(volume)
    assert hierarchy.GetItemParent(item) == hierarchy.GetSceneItemID()
    assert hierarchy.GetItemByDataNode(hidden) == hierarchy.GetInvalidItemID()
    count = hierarchy.GetNumberOfItems()
    scene.RemoveNode(volume)
    assert hierarchy.GetNumberOfItems() == count - 1


def test_the_application_forgets_who_was_connected_to_it(tmp_path):
    seen = []
    for name in ("first", "second"):
        with runningApplication(tmp_path):
            slicer.app.connect("startupCompleted()", lambda n=name: seen.append(n))
            slicer.app.startupCompleted.emit()
            assert Path(slicer.app.temporaryPath).is_dir()
    assert seen == ["first", "second"]


def test_sample_data_are_made_by_the_function_that_a_module_offers(application):
    import SampleData

    def made(source):
        return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", source.sampleName)

    for _ in range(2):  # a module that is reloaded
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category="IHE-RO", sampleName="A patient", customDownloader=made
        )
    assert len(SampleData.SampleDataLogic.sampleDataSourcesByCategory("IHE-RO")) == 1
    assert pressSample("A patient").GetName() == "A patient"
    with pytest.raises(LookupError, match="no sample data MRHead"):
        pressSample("MRHead")


def test_the_self_test_of_a_module_is_run(application, tmp_path):
    path = writeSampleModule(tmp_path)
    header = MODULE.replace(
        "    ScriptedLoadableModuleLogic,\n",
        "    ScriptedLoadableModuleLogic,\n    ScriptedLoadableModuleTest,\n",
    )
    path.write_text(header + SELF_TEST.replace("{name}", "new"))
    runSelfTest(loadModule(path))
    path.write_text(header + SELF_TEST.replace("{name}", "newer"))
    with pytest.raises(AssertionError, match="newer"):
        runSelfTest(loadModule(path))
