from __future__ import annotations

import copy
from datetime import datetime

import numpy as np
import pytest
import SimpleITK
from pydicom import Dataset, dcmread
from pydicom.uid import CTImageStorage, ImplicitVRLittleEndian

from IHERORegistrationLib.codes import Code
from IHERORegistrationLib.errors import (
    FrameOfReferenceError,
    LandmarkError,
    MalformedObjectError,
    NonconformantError,
)
from IHERORegistrationLib.fiducials import (
    Fiducial,
    FiducialGraphic,
    FiducialSet,
    ShapeType,
    SpatialFiducials,
    landmarkFitFromFiducials,
    pointFiducial,
)
from IHERORegistrationLib.fiducialsReader import fiducialsFromDataset, fiducialsFromFile
from IHERORegistrationLib.fiducialsWriter import datasetFromFiducials
from IHERORegistrationLib.references import InstanceReference, SeriesReference
from IHERORegistrationLib.saving import saveDataset
from testData import dataSet

CREATED = datetime(2026, 3, 4, 5, 6, 7)
IMAGE = InstanceReference(CTImageStorage, "1.2.3.4.1")
OTHER_IMAGE = InstanceReference(CTImageStorage, "1.2.3.4.2")


def _template() -> Dataset:
    template = Dataset()
    template.PatientID = "P1"
    template.PatientName = "Somebody^Else"
    template.StudyInstanceUID = "1.2.3"
    template.StudyDate = "20260101"
    template.FrameOfReferenceUID = "1.2.9"
    template.PositionReferenceIndicator = "XY"
    return template


def _fiducials() -> SpatialFiducials:
    graphic = FiducialGraphic(OTHER_IMAGE, np.array([[12.5, 7.25], [100, 3]]))
    inFrame = FiducialSet(
        "1.2.9",
        (IMAGE,),
        (
            pointFiducial("P", (1.5, -2.25, 1234.125), description="tip", uncertainty=0.75),
            Fiducial(
                "T",
                ShapeType.T_SHAPE,
                np.arange(9.0).reshape(3, 3) / 7,
                uid="1.2.77",
                identifierCode=Code("1", "99X", "one"),
                category=Code("2", "99X", "two"),
            ),
            Fiducial("S", ShapeType.SURFACE, np.arange(12.0).reshape(4, 3) - 5, uid="1.2.78"),
        ),
    )
    onImages = FiducialSet(
        None,
        (IMAGE, OTHER_IMAGE),
        (Fiducial("L", ShapeType.LINE, np.empty((0, 3)), uid="1.2.79", graphics=(graphic,)),),
    )
    series = SeriesReference("1.2.3", "1.2.3.4", (IMAGE, OTHER_IMAGE))
    return SpatialFiducials(
        (inFrame, onImages), label="MARKS", description="four marks", series=(series,)
    )


def _dataset() -> Dataset:
    return datasetFromFiducials(_fiducials(), _template(), created=CREATED)


def test_peer_made_fiducials_are_read_with_every_value():
    folder = dataSet("peer-made/lung-repeat-ct-fiducials")
    fiducials = fiducialsFromFile(folder / "dcmtk-dump2dcm_baseline_fid.dcm", strict=True)
    (group,) = fiducials.sets
    assert group.frame == "1.2.826.0.1.3680043.8.274.1.1.8323328.6215.1795312890.226487"
    assert [one.identifier for one in group.fiducials] == [f"L{n:02}" for n in range(1, 52)]
    second = group.fiducials[1]
    assert second.points.tolist() == [[-65.037, 21.764, -1344.5]]
    assert (second.uid, second.uncertainty) == ("1.2.826.0.1.3680043.10.1337.1.3.2", 1.5)
    assert (second.shape, second.description) == (ShapeType.POINT, "lung landmark 2")
    assert fiducials.label == "LANDMARKS"
    assert fiducials.patient.patientID == "LUNG_REPEAT"
    assert [image.sopInstanceUID for image in group.images] == [
        image.sopInstanceUID for series in fiducials.series for image in series
    ]


def test_peer_made_fiducials_of_two_frames_are_fitted_by_identifier():
    folder = dataSet("peer-made/lung-repeat-ct-fiducials")
    baseline, followup = (
        fiducialsFromFile(folder / f"dcmtk-dump2dcm_{name}_fid.dcm").sets[0]
        for name in ("baseline", "followup")
    )
    fit = landmarkFitFromFiducials(baseline, followup)
    assert (fit.transform.fromFrame, fit.transform.toFrame) == (baseline.frame, followup.frame)
    assert len(fit.residuals) == 51
    fromPoints, toPoints = (
        np.array([one.points[0] for one in group.fiducials]) for group in (baseline, followup)
    )
    peer = SimpleITK.LandmarkBasedTransformInitializer(
        SimpleITK.VersorRigid3DTransform(), fromPoints.ravel().tolist(), toPoints.ravel().tolist()
    )
    mapped = np.array([peer.TransformPoint(point) for point in fromPoints])
    np.testing.assert_allclose(fit.transform(fromPoints), mapped, atol=1e-6)
    # Breathing is no rigid motion, but no rigid registration by image content (9.2 mm) is better.
    assert 3 < fit.mean < 9.2


def test_a_written_object_is_read_back_with_every_value(tmp_path):
    path = saveDataset(_dataset(), tmp_path / "fid.dcm")
    fiducials, expected = fiducialsFromFile(path, strict=True), _fiducials()
    assert (fiducials.label, fiducials.description) == ("MARKS", "four marks")
    assert fiducials.series == expected.series
    assert fiducials.contentDate == "20260304"
    for group, wanted in zip(fiducials.sets, expected.sets, strict=True):
        assert (group.frame, group.images) == (wanted.frame, wanted.images)
        for one, other in zip(group.fiducials, wanted.fiducials, strict=True):
            assert (one.identifier, one.shape) == (other.identifier, other.shape)
            assert (one.description, one.uncertainty) == (other.description, other.uncertainty)
            assert (one.identifierCode, one.category) == (other.identifierCode, other.category)
            assert one.uid
            np.testing.assert_allclose(one.points, other.points, atol=1e-13)
            for graphic, drawn in zip(one.graphics, other.graphics, strict=True):
                assert graphic.image == drawn.image
                np.testing.assert_array_equal(graphic.pixels, drawn.pixels)


def test_a_written_object_conforms_and_names_no_frame_of_its_own(dciodvfy):
    dataset = _dataset()
    assert "FrameOfReferenceUID" not in dataset
    assert dciodvfy(dataset) == []


def test_every_fiducial_is_written_with_a_uid_of_its_own():
    nameless = FiducialSet(
        "1.2.9", (), tuple(Fiducial(n, ShapeType.POINT, np.ones((1, 3))) for n in "AB")
    )
    dataset = datasetFromFiducials(SpatialFiducials((nameless,)), _template(), created=CREATED)
    uids = [one.FiducialUID for one in dataset.FiducialSetSequence[0].FiducialSequence]
    assert len(set(uids)) == 2


def test_contour_data_too_long_for_explicit_vr_is_written_in_implicit_vr(tmp_path):
    points = np.linspace(-400, 400, 3 * 2000).reshape(-1, 3) + 1 / 3
    group = FiducialSet("1.2.9", (), (Fiducial("S", ShapeType.SURFACE, points),))
    dataset = datasetFromFiducials(SpatialFiducials((group,)), _template(), created=CREATED)
    path = saveDataset(dataset, tmp_path / "long.dcm")
    assert dcmread(path).file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    read = fiducialsFromFile(path, strict=True).sets[0].fiducials[0]
    np.testing.assert_allclose(read.points, points, atol=1e-11)


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (
            FiducialSet(None, (), (pointFiducial("A", (1, 2, 3)),)),
            "frame|Frame of Reference UID or",
        ),
        (FiducialSet("1.2.9", (), ()), "at least 1 fiducial"),
        (FiducialSet("1.2.9", (), (pointFiducial("A", (1, 2, 3)),) * 2), "A twice"),
        (FiducialSet("1.2.9", (), (Fiducial("A", ShapeType.L_SHAPE, np.ones((2, 3))),)), "L_SHAPE"),
        (FiducialSet(None, (IMAGE,), (pointFiducial("A", (1, 2, 3)),)), "no frame"),
    ],
)
def test_fiducials_that_break_the_standard_are_not_written(group, expected):
    with pytest.raises(NonconformantError, match=expected):
        datasetFromFiducials(SpatialFiducials((group,)), _template(), created=CREATED)


def test_an_object_without_sets_is_not_written():
    with pytest.raises(NonconformantError, match="0 set"):
        datasetFromFiducials(SpatialFiducials(()), _template(), created=CREATED)


def _first(dataset: Dataset) -> Dataset:
    return dataset.FiducialSetSequence[0].FiducialSequence[0]


def _edited(edit) -> Dataset:
    dataset = copy.deepcopy(_dataset())
    edit(dataset)
    return dataset


WHERE = r"FiducialSetSequence\[1\]"
MALFORMED = {
    "another class": (lambda d: setattr(d, "SOPClassUID", CTImageStorage), "SOP class"),
    "no sets": (lambda d: d.__delattr__("FiducialSetSequence"), "FiducialSetSequence"),
    "neither frame nor images": (
        lambda d: [
            d.FiducialSetSequence[0].pop(tag) for tag in ("FrameOfReferenceUID", 0x00081140)
        ],
        f"found neither: {WHERE}",
    ),
    "no fiducials": (
        lambda d: setattr(d.FiducialSetSequence[0], "FiducialSequence", []),
        f"{WHERE}/FiducialSequence",
    ),
    "no identifier": (
        lambda d: setattr(_first(d), "FiducialIdentifier", ""),
        rf"found none: {WHERE}/FiducialSequence\[1\]",
    ),
    "unknown shape": (lambda d: setattr(_first(d), "ShapeType", "BLOB"), "found 'BLOB'"),
    "two points for one": (
        lambda d: setattr(_first(d), "ContourData", [1, 2, 3, 4, 5, 6]),
        r"expected 1 point\(s\), found 2",
    ),
    "half a point": (lambda d: setattr(_first(d), "ContourData", [1, 2]), r"found 0\.6667"),
    "another count": (
        lambda d: setattr(_first(d), "NumberOfContourPoints", 4),
        "expected 4 point",
    ),
    "no points": (lambda d: _first(d).__delattr__("ContourData"), "as declared, found 0"),
    "no image of graphic data": (
        lambda d: setattr(
            d.FiducialSetSequence[1].FiducialSequence[0].GraphicCoordinatesDataSequence[0],
            "ReferencedImageSequence",
            [],
        ),
        r"found 0 image\(s\)",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_an_object_of_which_no_value_can_be_made_is_refused_with_its_place(name):
    edit, expected = MALFORMED[name]
    with pytest.raises(MalformedObjectError, match=expected):
        fiducialsFromDataset(_edited(edit))


def test_text_where_a_coordinate_belongs_is_refused(tmp_path):
    dataset = _dataset()
    _first(dataset).ContourData = [11111.5, 2, 3]
    path = saveDataset(dataset, tmp_path / "text.dcm")
    path.write_bytes(path.read_bytes().replace(b"11111.5", b"Unknown"))
    with pytest.raises(MalformedObjectError, match="expected numbers, found text"):
        fiducialsFromFile(path)


REPAIRED = {
    "repeated fiducial identifier": lambda d: setattr(
        d.FiducialSetSequence[0].FiducialSequence[1], "FiducialIdentifier", "P"
    ),
    "points not counted": lambda d: _first(d).__delattr__("NumberOfContourPoints"),
    "points without a frame": lambda d: d.FiducialSetSequence[0].__delattr__("FrameOfReferenceUID"),
    "no points in the frame": lambda d: setattr(
        d.FiducialSetSequence[1], "FrameOfReferenceUID", "1.2.9"
    ),
}


@pytest.mark.parametrize("name", REPAIRED)
def test_a_departure_is_a_note_and_strict_reading_refuses_it(name):
    dataset = _edited(REPAIRED[name])
    assert {note.name for note in fiducialsFromDataset(dataset).notes} == {name}
    with pytest.raises(MalformedObjectError, match=name):
        fiducialsFromDataset(dataset, strict=True)


def test_a_code_identifies_a_fiducial_without_identifier():
    dataset = _edited(
        lambda d: setattr(d.FiducialSetSequence[0].FiducialSequence[1], "FiducialIdentifier", "")
    )
    assert fiducialsFromDataset(dataset).sets[0].fiducials[1].identifier == "1"


def test_sets_that_name_only_images_are_not_fitted():
    group = _fiducials().sets[0]
    onImages = FiducialSet(None, group.images, group.fiducials)
    with pytest.raises(FrameOfReferenceError, match="only images"):
        landmarkFitFromFiducials(group, onImages)


def test_sets_with_a_repeated_identifier_are_not_fitted():
    point = pointFiducial("A", (1, 2, 3))
    group = FiducialSet("1.2.9", (), (point, point))
    with pytest.raises(LandmarkError, match="A twice"):
        landmarkFitFromFiducials(group, group)
