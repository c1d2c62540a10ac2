import io
import tarfile

import pytest

import builders
from testData import unpack


def archive(path, *members):
    """A .tar.gz of (name, kind of member, content)."""
    with tarfile.open(path, "w:gz") as tar:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(content), "/etc/passwd"
            tar.addfile(member, io.BytesIO(content))
    return path


def test_an_archive_is_unpacked_with_its_folders(tmp_path):
    packed = archive(
        tmp_path / "a.tar.gz",
        ("set", tarfile.DIRTYPE, b""),
        ("set/CT/1.dcm", tarfile.REGTYPE, b"one"),
    )
    unpack(packed, tmp_path / "out")
    assert (tmp_path / "out" / "set" / "CT" / "1.dcm").read_bytes() == b"one"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../outside", tarfile.REGTYPE),
        ("set/../../outside", tarfile.REGTYPE),
        ("/tmp/outside", tarfile.REGTYPE),
        ("set/link", tarfile.SYMTYPE),
        ("set/hard", tarfile.LNKTYPE),
        ("set/device", tarfile.CHRTYPE),
    ],
)
def test_an_archive_that_reaches_out_is_refused(tmp_path, name, kind):
    with pytest.raises(ValueError, match="not a plain file"):
        unpack(archive(tmp_path / "a.tar.gz", (name, kind, b"")), tmp_path / "out")


def test_the_validator_finds_nothing_in_a_sound_object_and_something_in_a_broken_one(dciodvfy):
    assert dciodvfy(builders.spatialRegistration()) == []
    broken = builders.spatialRegistration(FrameOfReferenceUID=builders.ABSENT)
    assert any("FrameOfReferenceUID" in line for line in dciodvfy(broken))


def test_what_the_validator_cannot_read_is_an_error(dciodvfy, tmp_path):
    (tmp_path / "text.dcm").write_text("not DICOM")
    assert dciodvfy(tmp_path / "text.dcm")


def test_the_reference_set_is_whole(nonhybridSet):
    counts = {folder.name: len(list(folder.glob("*"))) for folder in nonhybridSet.iterdir()}
    assert counts["CT"] == 250
    assert (counts["MR"], counts["PET"], counts["REG"]) == (200, 100, 2)
