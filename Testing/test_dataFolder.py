"""What a folder holds, in whatever mess it lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydicom import Dataset

from builders import (
    CT_FRAME,
    MR_FRAME,
    PET_FRAME,
    ctSeries,
    deformableRegistration,
    dose,
    enhancedMR,
    mrSeries,
    petSeries,
    plan,
    spatialFiducials,
    spatialRegistration,
    structureSet,
)
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.errors import MalformedObjectError, ReferenceNotFoundError
from IHERORegistrationLib.saving import saveDataset
from readBack import noteNames
from testData import dataSet
from writtenSeries import written


@pytest.fixture
def patientFolder(tmp_path: Path) -> Path:
    """CT, MR, PET and one object of every other kind in nested folders, and files of no use."""
    ct = ctSeries(4)
    for name, series in (("ct", ct), ("deep/er/mr", mrSeries(3)), ("deep/pet", petSeries(2))):
        written(series, tmp_path / name)
    others: dict[str, Dataset] = {
        "rt/structures": structureSet(ct),
        "rt/dose": dose(ct),
        "rt/plan": plan(ct),
        "reg/rigid.dcm": spatialRegistration(),
        "reg/deformable.dcm": deformableRegistration(),
        "reg/fiducials.dcm": spatialFiducials(),
    }
    for name, dataset in others.items():
        saveDataset(dataset, tmp_path / name)
    (tmp_path / "README.txt").write_text("no DICOM")
    (tmp_path / "empty").touch()
    return tmp_path


def test_every_kind_of_object_is_found(patientFolder):
    folder = dataFolder(patientFolder)
    assert sorted((one.modality, one.lattice.size[2]) for one in folder.series) == [
        ("CT", 4),
        ("MR", 3),
        ("PT", 2),
    ]
    assert [path.name for path in folder.registrations] == ["deformable.dcm", "rigid.dcm"]
    assert [one.label for one in folder.structureSets] == [folder.oneStructureSet().label]
    assert len(folder.doses) == len(folder.plans) == len(folder.fiducials) == 1
    assert folder.oneDose().sopInstanceUID == folder.doses[0].sopInstanceUID
    assert (len(folder.objects), folder.otherFiles) == (15, 2)
    assert folder.notes == ()
    assert len(folder.patients) == 1


def test_every_instance_tells_its_frame(patientFolder):
    frames = dataFolder(patientFolder).frameOfInstance
    assert frames[mrSeries()[2].SOPInstanceUID] == MR_FRAME
    assert frames[dose().SOPInstanceUID] == CT_FRAME


def test_series_are_found_by_frame_and_by_UID(patientFolder):
    folder = dataFolder(patientFolder)
    assert [one.modality for one in folder.seriesInFrame(PET_FRAME)] == ["PT"]
    assert folder.oneSeries(frame=MR_FRAME).modality == "MR"
    assert folder.oneSeries(ctSeries()[0].SeriesInstanceUID).modality == "CT"
    assert folder.seriesInFrame("2.25.404") == ()


def test_several_candidates_are_listed(patientFolder):
    with pytest.raises(ReferenceNotFoundError, match=r"found 3, choose one: .*CT 2\.25\.77\.3\.10"):
        dataFolder(patientFolder).oneSeries()


def test_what_is_not_there_is_said_with_what_is(patientFolder):
    folder = dataFolder(patientFolder)
    with pytest.raises(ReferenceNotFoundError, match=r"2\.25\.1 in .* found none; there are .*MR"):
        folder.oneSeries("2.25.1")
    with pytest.raises(ReferenceNotFoundError, match=r"RT Dose 2\.25\.1 in .*there are 2\.25\.77"):
        folder.oneDose("2.25.1")
    with pytest.raises(ReferenceNotFoundError, match="RT Dose"):
        dataFolder(patientFolder / "ct").oneDose()


def test_two_series_in_one_folder_are_two(tmp_path):
    for one in ctSeries(3) + mrSeries(2):
        saveDataset(one, tmp_path / f"{one.SOPInstanceUID}.dcm")
    assert len(dataFolder(tmp_path).series) == 2


def test_a_single_file_is_a_folder_of_one(tmp_path):
    path = saveDataset(enhancedMR(4), tmp_path / "one")
    assert dataFolder(path).oneSeries().lattice.size == (6, 5, 4)


def test_a_file_without_preamble_is_read(tmp_path):
    path = saveDataset(ctSeries(1)[0], tmp_path / "bare")
    path.write_bytes(path.read_bytes()[132:])
    assert dataFolder(tmp_path).oneSeries().modality == "CT"


def test_unreadable_DICOM_is_noted_and_the_rest_is_read(tmp_path):
    files = written(ctSeries(3), tmp_path)
    (tmp_path / "cut").write_bytes(files[0].read_bytes()[:700])
    (tmp_path / "head").write_bytes(files[0].read_bytes()[:140])
    folder = dataFolder(tmp_path)
    assert noteNames(folder) == ["file unreadable", "file unreadable"]
    assert folder.oneSeries().lattice.size[2] == 3


def test_an_object_cut_within_its_header_is_unreadable(tmp_path):
    written(ctSeries(2), tmp_path)
    content = saveDataset(plan(), tmp_path / "plan").read_bytes()
    (tmp_path / "plan").write_bytes(content[: content.index(b"Case^Test") + 4])
    folder = dataFolder(tmp_path)
    assert "expected 10 bytes in (0010,0010), found 4" in folder.notes[0].found
    assert folder.plans == ()


def test_what_is_not_found_may_be_what_could_not_be_read(tmp_path):
    written(ctSeries(2), tmp_path)
    content = saveDataset(plan(), tmp_path / "plan").read_bytes()
    (tmp_path / "plan").write_bytes(content[:300])
    with pytest.raises(ReferenceNotFoundError, match=r"found none; unreadable are 1, the first: "):
        dataFolder(tmp_path).oneDose()


def test_copies_are_noted_once(tmp_path):
    for name in "abc":
        written(ctSeries(3), tmp_path / name)
    folder = dataFolder(tmp_path)
    assert noteNames(folder) == ["copies of instances"]
    assert len(folder.objects) == 3
    assert all("/a/" in path.as_posix() for path in folder.oneSeries().files)


def test_a_series_that_is_no_volume_is_noted_and_refused_when_asked_for(tmp_path):
    written(ctSeries(2, PixelSpacing=["0", "0"]), tmp_path / "ct")
    written(mrSeries(2), tmp_path / "mr")
    folder = dataFolder(tmp_path)
    assert noteNames(folder) == ["series unusable"]
    assert folder.oneSeries().modality == "MR"
    with pytest.raises(MalformedObjectError, match="positive size and spacing"):
        folder.oneSeries(ctSeries()[0].SeriesInstanceUID)


def test_a_series_in_two_frames_is_noted(tmp_path):
    made = ctSeries(4)
    made[3].FrameOfReferenceUID = MR_FRAME
    written(made, tmp_path)
    folder = dataFolder(tmp_path)
    assert noteNames(folder) == ["several frames in series"]
    assert folder.oneSeries(made[0].SeriesInstanceUID, CT_FRAME).lattice.size[2] == 3


def test_images_without_frame_are_in_no_frame(tmp_path):
    written(ctSeries(2, FrameOfReferenceUID=""), tmp_path)
    folder = dataFolder(tmp_path)
    assert len(folder.series) == 1
    assert folder.seriesInFrame("") == ()
    assert folder.frameOfInstance == {}


def test_patients_are_kept_apart(tmp_path):
    written(ctSeries(2), tmp_path / "one")
    written(mrSeries(2, PatientID="T-2"), tmp_path / "two")
    folder = dataFolder(tmp_path)
    assert sorted(one.patientID for one in folder.patients) == ["T-1", "T-2"]
    assert folder.oneSeries(frame=MR_FRAME).patient.patientID == "T-2"


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links here")
def test_links_that_lead_in_circles_are_followed_once(tmp_path):
    written(ctSeries(3), tmp_path / "ct")
    (tmp_path / "ct" / "up").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    folder = dataFolder(tmp_path)
    assert len(folder.objects) == 3
    assert folder.notes == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_stop_the_scan(tmp_path):
    written(ctSeries(2), tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert len(dataFolder(tmp_path).objects) == 2


def test_what_a_killed_program_left_is_noted_and_not_used(tmp_path):
    written(ctSeries(2), tmp_path / "ct")
    written(mrSeries(3), tmp_path / "ct" / ".unfinished-series")
    saveDataset(spatialRegistration(), tmp_path / ".unfinished-object")
    folder = dataFolder(tmp_path)
    assert [one.modality for one in folder.series] == ["CT"]
    assert folder.registrations == ()
    assert noteNames(folder) == ["unfinished file"] * 2
    assert str(tmp_path / "ct" / ".unfinished-series") in [n.location for n in folder.notes]


def test_a_folder_that_cannot_be_entered_is_noted(tmp_path, monkeypatch):
    written(ctSeries(2), tmp_path / "ct")
    closed = tmp_path / "closed"
    closed.mkdir()
    entries = os.scandir

    def scandir(path):
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(closed))
        return entries(path)

    monkeypatch.setattr(os, "scandir", scandir)
    folder = dataFolder(tmp_path)
    assert noteNames(folder) == ["folder unreadable"]
    assert folder.notes[0].location == str(closed)


def test_nothing_to_read_is_an_error_that_says_what_was_there(tmp_path):
    with pytest.raises(MalformedObjectError, match="no such file or folder"):
        dataFolder(tmp_path / "nowhere")
    with pytest.raises(MalformedObjectError, match="found 0 other files"):
        dataFolder(tmp_path)
    (tmp_path / "text").write_text("no DICOM")
    with pytest.raises(MalformedObjectError, match="found 1 other files"):
        dataFolder(tmp_path)


def test_a_defective_object_is_an_error_that_names_its_file(tmp_path):
    path = saveDataset(structureSet(), tmp_path / "cut-structures.dcm")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(MalformedObjectError, match="cut-structures"):
        dataFolder(tmp_path).oneStructureSet()


def test_a_real_patient_is_sorted_out():
    folder = dataFolder(dataSet("aria136-phantom-registered-explicit"))
    assert sorted(one.lattice.size for one in folder.series) == [(101, 101, 101), (512, 512, 11)]
    assert len(folder.structureSets) == 2
    assert len(folder.doses) == len(folder.plans) == 3
    assert len(folder.registrations) == 1
    assert folder.otherFiles == 1  # its README
    assert folder.notes == ()
