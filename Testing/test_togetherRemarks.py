"""Two image sets shown together give reasons for doubt, in words."""

from __future__ import annotations

from builders import CT_FRAME, ctSeries, petSeries
from IHERORegistrationLib.togetherRemarks import togetherRemarks
from writtenSeries import seriesOf


def test_images_of_one_day_and_position_give_no_doubt(tmp_path):
    base = seriesOf(ctSeries(), tmp_path / "a")
    other = seriesOf(petSeries(FrameOfReferenceUID=CT_FRAME), tmp_path / "b")
    assert togetherRemarks(base, other) == ()


def test_one_frame_on_two_days_is_told(tmp_path):
    base = seriesOf(ctSeries(), tmp_path / "a")
    later = petSeries(FrameOfReferenceUID=CT_FRAME, AcquisitionDate="20240309")
    (doubt,) = togetherRemarks(base, seriesOf(later, tmp_path / "b"))
    assert "2024-03-09, not on 2024-01-02" in doubt


def test_different_frames_may_be_of_different_days(tmp_path):
    base = seriesOf(ctSeries(), tmp_path / "a")
    other = seriesOf(petSeries(AcquisitionDate="20240309"), tmp_path / "b")
    assert togetherRemarks(base, other) == ()


def test_prone_against_supine_is_told(tmp_path):
    base = seriesOf(ctSeries(), tmp_path / "a")
    prone = ctSeries(PatientPosition="FFP", SeriesInstanceUID="2.25.77.99")
    (doubt,) = togetherRemarks(base, seriesOf(prone, tmp_path / "b"))
    assert "prone against supine" in doubt
