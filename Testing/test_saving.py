import errno
import os
import stat

import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from IHERORegistrationLib.errors import FileExistsRefusal
from IHERORegistrationLib.saving import (
    SavingError,
    saveDataset,
    savedTogether,
    saveSeries,
    saveText,
    saveWhole,
)


def aDataset(patientID="P-17"):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.1"
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.PatientID = patientID
    return dataset


def isRoot():
    return hasattr(os, "geteuid") and os.geteuid() == 0


def test_a_text_is_there_with_its_folders(tmp_path):
    path = tmp_path / "a" / "b" / "report.html"
    assert saveText("5° zurück\n", path) == path
    assert path.read_bytes() == "5° zurück\n".encode()
    assert os.listdir(path.parent) == ["report.html"]


def test_a_data_set_becomes_a_dicom_file(tmp_path):
    saveDataset(aDataset(), tmp_path / "x.dcm")
    content = (tmp_path / "x.dcm").read_bytes()
    assert content[:132] == bytes(128) + b"DICM"
    assert dcmread(tmp_path / "x.dcm").PatientID == "P-17"


def test_an_existing_file_stays_unless_force_is_given(tmp_path):
    path = tmp_path / "x.dcm"
    saveDataset(aDataset("first"), path)
    with pytest.raises(FileExistsRefusal, match=r"x\.dcm exists"):
        saveDataset(aDataset("second"), path)
    assert dcmread(path).PatientID == "first"
    saveDataset(aDataset("second"), path, force=True)
    assert dcmread(path).PatientID == "second"
    assert os.listdir(tmp_path) == ["x.dcm"]


def test_a_link_that_leads_nowhere_is_in_the_way_too(tmp_path):
    path = tmp_path / "x.txt"
    path.symlink_to(tmp_path / "gone")
    with pytest.raises(FileExistsRefusal):
        saveText("new", path)
    assert path.is_symlink()


def test_a_disk_that_fills_up_leaves_the_old_file_and_nothing_half_written(tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")

    def fill(file):
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(SavingError, match=r"x\.bin: No space left on device"):
        saveWhole(path, fill, force=True)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x.bin"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_device_without_space_is_a_saving_error_of_the_operating_system(tmp_path):
    def write(file):
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, file.fileno())
        os.close(full)
        file.write(bytes(100))  # stays in the buffer: the error comes when the file is closed

    with pytest.raises(SavingError, match="No space left"):
        saveWhole(tmp_path / "x.bin", write)
    assert os.listdir(tmp_path) == []


def test_an_error_of_the_writer_passes_through_and_leaves_nothing(tmp_path):
    def write(file):
        file.write(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        saveWhole(tmp_path / "x.bin", write)
    assert os.listdir(tmp_path) == []


def test_a_folder_where_nobody_may_write_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    if isRoot():  # who may write everywhere anyway

        def refuse(*_args, **_keywords):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(SavingError, match="Permission denied"):
        saveText("x", folder / "x.txt")
    assert os.listdir(folder) == []


def test_a_file_where_a_folder_is_needed_is_refused(tmp_path):
    (tmp_path / "plain").write_text("")
    with pytest.raises(SavingError, match="cannot write"):
        saveText("x", tmp_path / "plain" / "x.txt")


def test_a_folder_of_that_name_is_not_replaced(tmp_path):
    (tmp_path / "x.dcm").mkdir()
    with pytest.raises(SavingError):
        saveDataset(aDataset(), tmp_path / "x.dcm", force=True)
    assert os.listdir(tmp_path) == ["x.dcm"]


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / "usual").write_text("")
    saveText("", tmp_path / "saved")
    assert (tmp_path / "saved").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_long_name_that_the_system_takes_is_taken(tmp_path):
    path = tmp_path / ("n" * 251 + ".txt")
    assert saveText("x", path).read_text() == "x"


def test_what_is_no_file_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    for name in ("pipe", "null"):
        with pytest.raises(SavingError, match="it is no file"):
            saveText("x", tmp_path / name, force=True)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert (tmp_path / "null").is_symlink()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_a_series_is_moved_whole_or_all_is_as_before(tmp_path, monkeypatch, stop, call):
    old = tmp_path / "0002.dcm"
    old.write_bytes(b"old")
    calls = []

    def replace(source, target, original=os.replace):
        if "0" in os.path.basename(target):
            calls.append(target)
            if len(calls) == 3 + call:  # the first three fill the folder beside it
                raise stop
        original(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt if stop is KeyboardInterrupt else SavingError):
        saveSeries([aDataset() for _ in range(3)], tmp_path, force=True)
    assert os.listdir(tmp_path) == ["0002.dcm"]
    assert old.read_bytes() == b"old"


def test_a_folder_among_the_files_of_a_series_stops_it_before_anything_is_written(tmp_path):
    (tmp_path / "0002.dcm").mkdir()
    with pytest.raises(SavingError, match=r"0002\.dcm: it is no file"):
        saveSeries([aDataset() for _ in range(3)], tmp_path, force=True)
    assert os.listdir(tmp_path) == ["0002.dcm"]


def test_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(SavingError, match="too long"):
        saveText("x", tmp_path / ("n" * 256))


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="nothing is reserved here")
def test_a_full_disk_shows_before_anything_is_written(tmp_path, monkeypatch):
    def full(_descriptor, offset, length):
        assert (offset, length) == (0, 123)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(SavingError, match="No space left"):
        saveWhole(tmp_path / "x.bin", lambda file: pytest.fail("written"), size=123)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="nothing is reserved here")
def test_a_disk_that_reserves_nothing_is_written_all_the_same(tmp_path, monkeypatch):
    def unable(*_):
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(os, "posix_fallocate", unable)
    saveWhole(tmp_path / "x.bin", lambda file: file.write(b"whole"), size=5)
    assert (tmp_path / "x.bin").read_bytes() == b"whole"


def test_a_file_is_as_long_as_what_was_reserved_and_written(tmp_path):
    saveWhole(tmp_path / "x.bin", lambda file: file.write(b"whole"), size=5)
    assert (tmp_path / "x.bin").stat().st_size == 5


def test_a_new_folder_of_a_series_appears_in_one_step(tmp_path, monkeypatch):
    folder = tmp_path / "a" / "series"
    seen = []
    rename = os.rename

    def watched(before, after):
        seen.append(sorted(os.listdir(before)))
        assert not folder.exists()
        rename(before, after)

    monkeypatch.setattr(os, "rename", watched)
    saveSeries([aDataset(), aDataset(), aDataset()], folder)
    assert seen == [["0001.dcm", "0002.dcm", "0003.dcm"]]
    assert sorted(os.listdir(folder)) == seen[0]
    assert os.listdir(folder.parent) == ["series"]
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode)


def write(folder, last=None):
    """A report as three files, one in a folder of its own; and a `last` file."""
    for name in ("pictures/a.png", "report.csv", "report.html"):
        saveText("new", folder / name)
    if last is not None:
        saveWhole(folder / "x.bin", last)


def filesIn(folder):
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*"))


@pytest.mark.parametrize("isNew", [True, False])
def test_files_that_belong_together_come_with_their_folders(tmp_path, isNew):
    folder = tmp_path / "out"
    if not isNew:
        folder.mkdir()
        (folder / "mine.txt").write_text("mine")
    with savedTogether(folder) as unfinished:
        write(unfinished)
        assert not {"pictures", "report.csv"} & set(filesIn(tmp_path / "out"))
    mine = [] if isNew else ["mine.txt"]
    assert filesIn(folder) == [*mine, "pictures", "pictures/a.png", "report.csv", "report.html"]
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("isNew", [True, False])
def test_files_that_belong_together_leave_nothing_when_one_cannot_be_written(tmp_path, isNew):
    folder = tmp_path / "out"
    if not isNew:
        folder.mkdir()
        (folder / "report.csv").write_text("old")
    before = filesIn(tmp_path)
    with (
        pytest.raises(SavingError, match=rf"cannot write {folder / 'x.bin'}: No space"),
        savedTogether(folder, force=True) as unfinished,
    ):
        write(unfinished, full)
    assert filesIn(tmp_path) == before
    assert isNew or (folder / "report.csv").read_text() == "old"


def full(file):
    file.write(b"half")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_in_the_way_of_those_that_belong_together_keeps_all_of_them_away(tmp_path):
    (tmp_path / "report.html").write_text("old")
    with (
        pytest.raises(FileExistsRefusal, match=r"report\.html exists"),
        savedTogether(tmp_path) as unfinished,
    ):
        write(unfinished)
    assert filesIn(tmp_path) == ["report.html"]
    with savedTogether(tmp_path, force=True) as unfinished:
        write(unfinished)
    assert (tmp_path / "report.html").read_text() == "new"


def test_a_file_in_the_place_of_a_folder_keeps_all_of_them_away(tmp_path):
    (tmp_path / "pictures").write_text("old")
    with pytest.raises(SavingError), savedTogether(tmp_path, force=True) as unfinished:
        write(unfinished)
    assert filesIn(tmp_path) == ["pictures"]


@pytest.mark.parametrize("call", range(4))
def test_moving_that_stops_midway_leaves_all_as_before(tmp_path, monkeypatch, call):
    (tmp_path / "report.csv").write_text("old")

    def replace(source, target, original=os.replace):
        calls.append(target)
        if len(calls) == 3 + call + 1:  # the first three fill the folder beside it
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(source, target)

    calls: list = []
    monkeypatch.setattr(os, "replace", replace)
    with (
        pytest.raises(SavingError, match="No space left"),
        savedTogether(tmp_path, force=True) as unfinished,
    ):
        write(unfinished)
    assert filesIn(tmp_path) == ["report.csv"]
    assert (tmp_path / "report.csv").read_text() == "old"
