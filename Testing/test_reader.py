"""Spatial Registration objects become values: by content, never by order, every repair noted."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.config import disable_value_validation

from builders import (
    ABSENT,
    CT_FRAME,
    IDENTITY,
    IDENTITY_CODE,
    MATRIX,
    MR_FRAME,
    PET_FRAME,
    code,
    ctSeries,
    deformableRegistration,
    ds,
    item,
    mrSeries,
    petSeries,
    registrationItem,
    spatialRegistration,
)
from IHERORegistrationLib.codes import IMAGE_CONTENT_ALIGNMENT
from IHERORegistrationLib.errors import (
    DeformableContentError,
    FrameOfReferenceError,
    MalformedObjectError,
    MalformedRegistrationError,
    NotInvertibleError,
)
from IHERORegistrationLib.reader import (
    registrationFromDataset,
    registrationFromFile,
    withFramesOfImages,
)
from IHERORegistrationLib.registration import allNotes, frameGraph
from IHERORegistrationLib.saving import saveDataset
from readBack import asRead
from testData import dataSet

# x → quarter turn about x then a shift; does not commute with the quarter turn about z of TURN_Z
TURN_X = (1, 0, 0, 7, 0, 0, -1, -11, 0, 1, 0, 13, 0, 0, 0, 1)
TURN_Z = (0, -1, 0, 10, 1, 0, 0, -20, 0, 0, 1, 5, 0, 0, 0, 1)
POINT = np.array([51.0, -62.0, 73.5])
TURN_X_OF_POINT = np.array([51 + 7, -73.5 - 11, -62 + 13])
TURN_Z_OF_POINT = np.array([62 + 10, 51 - 20, 73.5 + 5])


def noteNames(dataset: Dataset) -> list[str]:
    return [note.name for note in allNotes(registrationFromDataset(asRead(dataset)))]


def theMatrix(dataset: Dataset, itemNumber: int = 2) -> Dataset:
    group = dataset.RegistrationSequence[itemNumber - 1].MatrixRegistrationSequence[0]
    return group.MatrixSequence[0]


def test_a_conformant_object_is_read_without_a_note():
    registration = registrationFromDataset(asRead(spatialRegistration()))
    assert allNotes(registration) == ()
    assert registration.registeredFrame == CT_FRAME
    assert [one.sourceFrame for one in registration.items] == [CT_FRAME, MR_FRAME]
    assert [one.sourceFrame for one in registration.movingItems] == [MR_FRAME]
    moving = registration.movingItems[0]
    assert moving.method == IMAGE_CONTENT_ALIGNMENT
    assert len(moving.images) == 3
    assert [len(series.instances) for series in registration.series] == [4, 3]
    assert registration.patient.patientID == "T-1"


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("withIdentity", [False, True])
@pytest.mark.parametrize("third", [False, True])
def test_points_go_source_to_registered_for_every_order_and_count(reverse, withIdentity, third):
    items = [registrationItem(mrSeries(), TURN_X)]
    items += [registrationItem(petSeries(), TURN_Z)] if third else []
    items += [registrationItem(ctSeries(), IDENTITY, IDENTITY_CODE)] if withIdentity else []
    items = items[::-1] if reverse else items
    registration = registrationFromDataset(asRead(spatialRegistration(items=items)))
    graph = frameGraph([registration])
    np.testing.assert_allclose(
        graph.path(MR_FRAME, CT_FRAME)(POINT), TURN_X_OF_POINT, rtol=0, atol=1e-9
    )
    np.testing.assert_allclose(
        graph.path(CT_FRAME, MR_FRAME)(TURN_X_OF_POINT), POINT, rtol=0, atol=1e-9
    )
    if third:
        # MR → CT by the x turn, CT → PET by the inverse of the z turn, in closed form
        x, y, z = TURN_X_OF_POINT - (10, -20, 5)
        np.testing.assert_allclose(
            graph.path(MR_FRAME, PET_FRAME)(POINT), (y, -x, z), rtol=0, atol=1e-9
        )


def test_the_example_of_the_standards_digest_maps_as_printed():
    registration = registrationFromDataset(asRead(spatialRegistration(matrix=MATRIX)))
    mapped = registration.transforms[0](np.array([50.0, 60.0, 70.0]))
    np.testing.assert_allclose(mapped, (23.301270, 56.961524, 75), rtol=0, atol=1e-6)


def test_of_several_matrices_the_first_applies_first_and_a_note_shows_the_other_order():
    first, second = (
        item(
            FrameOfReferenceTransformationMatrix=ds(values),
            FrameOfReferenceTransformationMatrixType="RIGID",
        )
        for values in (TURN_X, TURN_Z)
    )
    one = registrationItem(mrSeries())
    one.MatrixRegistrationSequence[0].MatrixSequence = [first, second]
    registration = registrationFromDataset(asRead(spatialRegistration(items=[one])))
    x, y, z = TURN_X_OF_POINT
    np.testing.assert_allclose(
        registration.transforms[0](POINT), (-y + 10, x - 20, z + 5), rtol=0, atol=1e-9
    )
    assert "several matrices" in [note.name for note in allNotes(registration)]


def test_an_item_with_images_only_gets_its_frame_from_the_images():
    images = mrSeries()
    one = registrationItem(images, TURN_X, FrameOfReferenceUID=ABSENT)
    registration = registrationFromDataset(asRead(spatialRegistration(items=[one])))
    assert registration.unresolvedItems
    assert registration.transforms == ()
    resolved = withFramesOfImages(registration, {images[1].SOPInstanceUID: MR_FRAME})
    np.testing.assert_allclose(resolved.transforms[0](POINT), TURN_X_OF_POINT, rtol=0, atol=1e-9)


def test_images_are_trusted_where_the_item_names_another_frame():
    images = mrSeries()
    one = registrationItem(images, TURN_X, FrameOfReferenceUID=PET_FRAME)
    registration = registrationFromDataset(asRead(spatialRegistration(items=[one])))
    resolved = withFramesOfImages(registration, {images[0].SOPInstanceUID: MR_FRAME})
    assert resolved.transforms[0].fromFrame == MR_FRAME
    assert "images in another frame" in [note.name for note in allNotes(resolved)]


def test_images_are_trusted_where_the_only_item_names_the_registered_frame():
    images = mrSeries()
    one = registrationItem(images, TURN_X, FrameOfReferenceUID=CT_FRAME)
    dataset = asRead(spatialRegistration(items=[one]))
    frames = {images[0].SOPInstanceUID: MR_FRAME}
    registration = registrationFromDataset(dataset, frameOfInstance=frames)
    assert (registration.transforms[0].fromFrame, registration.registeredFrame) == (
        MR_FRAME,
        CT_FRAME,
    )
    np.testing.assert_allclose(registration.transforms[0](POINT), TURN_X_OF_POINT, atol=1e-9)
    names = [note.name for note in allNotes(registration)]
    assert "images in another frame" in names
    assert "no registered item" in names


def test_strict_reading_refuses_a_frame_that_the_images_contradict():
    images = mrSeries()
    one = registrationItem(images, TURN_X, FrameOfReferenceUID=PET_FRAME)
    dataset = asRead(spatialRegistration(items=[one]))
    frames = {images[0].SOPInstanceUID: MR_FRAME}
    with pytest.raises(MalformedObjectError, match="images in another frame"):
        registrationFromDataset(dataset, frameOfInstance=frames, strict=True)


def test_images_of_one_item_in_two_frames_are_refused():
    images = mrSeries()
    registration = registrationFromDataset(asRead(spatialRegistration()))
    frames = {images[0].SOPInstanceUID: MR_FRAME, images[1].SOPInstanceUID: PET_FRAME}
    with pytest.raises(FrameOfReferenceError, match=r"RegistrationSequence\[2\]"):
        withFramesOfImages(registration, frames)


def test_series_of_other_studies_are_listed():
    moving = mrSeries(StudyInstanceUID="2.25.77.9")
    registration = registrationFromDataset(asRead(spatialRegistration(moving=moving)))
    assert [one.studyInstanceUID for one in registration.series] == ["2.25.77.1", "2.25.77.9"]


# Dialects: each is recognized by name, read as described, and refused by strict reading.


def matrixWithoutSequence(dataset):
    group = dataset.RegistrationSequence[1].MatrixRegistrationSequence[0]
    matrix = group.MatrixSequence[0]
    del group.MatrixSequence
    group.FrameOfReferenceTransformationMatrix = matrix.FrameOfReferenceTransformationMatrix
    group.FrameOfReferenceTransformationMatrixType = "RIGID"


def methodTooHigh(dataset):
    one = dataset.RegistrationSequence[1]
    one.RegistrationTypeCodeSequence = [code("125024", "Image Content-based Alignment")]
    del one.MatrixRegistrationSequence[0].RegistrationTypeCodeSequence


def noTransferSyntax(dataset):
    dataset.file_meta.TransferSyntaxUID = ""


def emptyImages(dataset):
    dataset.RegistrationSequence[1].ReferencedImageSequence = []


def noType(dataset):
    del theMatrix(dataset).FrameOfReferenceTransformationMatrixType


def homogeneous(dataset):
    theMatrix(dataset).FrameOfReferenceTransformationMatrixType = "HOMOGENEOUS"


def longNumbers(dataset):
    with disable_value_validation():
        values = [f"{value:.17f}" for value in MATRIX]
        del theMatrix(dataset).FrameOfReferenceTransformationMatrix
        theMatrix(dataset).FrameOfReferenceTransformationMatrix = values


def imagesUnderSeries(dataset):
    series = dataset.ReferencedSeriesSequence[0]
    series.ReferencedImageSequence = series.ReferencedInstanceSequence
    del series.ReferencedInstanceSequence


def roundedLastRow(dataset):
    values = [*MATRIX[:12], 0, 0, 1e-8, 1]
    theMatrix(dataset).FrameOfReferenceTransformationMatrix = ds(values)


REPAIRS = {
    "matrix without its sequence": matrixWithoutSequence,
    "method one level too high": methodTooHigh,
    "empty image list": emptyImages,
    "no matrix type": noType,
    "unknown matrix type": homogeneous,
    "long decimal strings": longNumbers,
    "images directly under series": imagesUnderSeries,
    "rounded last row": roundedLastRow,
}


@pytest.mark.parametrize("name", REPAIRS)
def test_each_dialect_is_read_with_a_note_and_refused_when_strict(name):
    dataset = spatialRegistration()
    REPAIRS[name](dataset)
    registration = registrationFromDataset(asRead(dataset))
    assert [note.name for note in allNotes(registration) if note.repaired] == [name]
    expected = (23.301270189, 56.961524227, 75)
    mapped = registration.transforms[0](np.array([50.0, 60.0, 70.0]))
    np.testing.assert_allclose(mapped, expected, rtol=0, atol=1e-8)
    assert registration.movingItems[0].method == IMAGE_CONTENT_ALIGNMENT
    assert sum(len(series.instances) for series in registration.series) == 7
    with pytest.raises(MalformedObjectError, match=name):
        registrationFromDataset(asRead(dataset), strict=True)


def test_a_file_without_transfer_syntax_is_read_with_a_note(tmp_path: Path):
    dataset = spatialRegistration()
    path = saveDataset(dataset, tmp_path / "one.dcm")
    read = dcmread(path)
    del read.file_meta.TransferSyntaxUID
    registration = registrationFromDataset(read)
    assert "no transfer syntax" in [note.name for note in registration.notes]


# Remarks: nothing is repaired, and the reader is told.


def velocityOrder(dataset):
    dataset.RegistrationSequence = list(dataset.RegistrationSequence)[::-1]


def onlyMoving(dataset):
    dataset.RegistrationSequence = [dataset.RegistrationSequence[1]]


def visualTwice(dataset):
    for one in dataset.RegistrationSequence:
        one.MatrixRegistrationSequence[0].RegistrationTypeCodeSequence = [
            code("125025", "Visual Alignment")
        ]


def scaledButRigid(dataset):
    values = np.diag((1.02, 1.02, 1.02, 1)).ravel()
    theMatrix(dataset).FrameOfReferenceTransformationMatrix = ds(values)


def rigidButAffine(dataset):
    theMatrix(dataset).FrameOfReferenceTransformationMatrixType = "AFFINE"


def identityTwice(dataset):
    theMatrix(dataset).FrameOfReferenceTransformationMatrix = ds(IDENTITY)


def fromPlastimatch(dataset):
    dataset.Manufacturer = "Plastimatch"


def frameTwice(dataset):
    again = registrationItem(mrSeries(), TURN_X)
    dataset.RegistrationSequence = [*dataset.RegistrationSequence, again]


def retired(dataset):
    dataset.FrameOfReferenceRelationshipSequence = [item(RelatedFrameOfReferenceUID="1.2")]


REMARKS = {
    "registered item not first": velocityOrder,
    "no registered item": onlyMoving,
    "visual alignment everywhere": visualTwice,
    "not rigid": scaledButRigid,
    "looser type than needed": rigidButAffine,
    "moves nothing": identityTwice,
    "exporter known to invert": fromPlastimatch,
    "frame mapped twice": frameTwice,
    "retired frame relationship": retired,
}


@pytest.mark.parametrize("name", REMARKS)
def test_what_is_unusual_is_remarked_but_not_refused(name):
    dataset = spatialRegistration()
    REMARKS[name](dataset)
    assert name in noteNames(dataset)
    registrationFromDataset(asRead(dataset), strict=True)


def test_the_loss_of_a_matrix_wrongly_called_rigid_is_stated_in_mm():
    dataset = spatialRegistration()
    scaledButRigid(dataset)
    notes = allNotes(registrationFromDataset(asRead(dataset)))
    note = next(note for note in notes if note.name == "not rigid")
    assert "8.7 mm" in note.done  # 2 % of the half diagonal 250·√3 mm


def test_equal_items_for_one_frame_are_one_edge_and_different_ones_are_refused():
    once = spatialRegistration(
        items=[registrationItem(mrSeries(), TURN_X), registrationItem(mrSeries(), TURN_X)]
    )
    graph = frameGraph([registrationFromDataset(asRead(once))])
    np.testing.assert_allclose(graph.path(MR_FRAME, CT_FRAME)(POINT), TURN_X_OF_POINT)
    twice = spatialRegistration(
        items=[registrationItem(mrSeries(), TURN_X), registrationItem(mrSeries(), TURN_Z)]
    )
    with pytest.raises(FrameOfReferenceError, match="several registrations"):
        frameGraph([registrationFromDataset(asRead(twice))]).path(MR_FRAME, CT_FRAME)


# What is refused.


def test_a_frame_mapped_onto_itself_is_refused():
    dataset = spatialRegistration(items=[registrationItem(ctSeries(), TURN_X)])
    with pytest.raises(FrameOfReferenceError, match="onto itself"):
        registrationFromDataset(asRead(dataset))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((-1, 0, 0, 3, 0, 1, 0, 4, 0, 0, 1, 5, 0, 0, 0, 1), "mirror"),
        ((1, 0, 0, 3, 0, 1, 0, 4, 0, 1, 0, 5, 0, 0, 0, 1), "singular"),
    ],
)
def test_mirrors_and_singular_matrices_are_refused(values, kind):
    with pytest.raises(NotInvertibleError, match=kind):
        registrationFromDataset(asRead(spatialRegistration(matrix=values)))


def rawMatrix(text: bytes) -> Dataset:
    """A conformant object whose matrix is these bytes."""
    buffer = io.BytesIO()
    dataset = spatialRegistration(matrix=TURN_X)
    dataset.save_as(buffer, enforce_file_format=False)
    known = "\\".join(ds(TURN_X)).encode()
    known += b" " * (len(known) % 2)
    assert len(text) <= len(known)
    return dcmread(io.BytesIO(buffer.getvalue().replace(known, text.ljust(len(known)))), force=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"1\\0\\0\\7\\0\\0\\-1", "expected 16 values, found 7"),
        (b"1\\x\\0\\7\\0\\0\\-1", "expected numbers, found 'x'"),
        (b"nan\\0\\0\\7\\0\\0\\-1\\-11\\0\\1\\0\\13\\0\\0\\0\\1", "NaN"),
        (b"1\\0\\0\\inf\\0\\0\\-1\\-1\\0\\1\\0\\1\\0\\0\\0\\1", "NaN or Inf"),
        (b"1\\0\\0\\7\\0\\0\\-1\\-11\\0\\1\\0\\13\\0\\0\\1\\1", "last row"),
        (b"", "expected 16 values, found 0"),
        (b"Case^Test\\0\\0\\0", "expected numbers, found text at"),
        (b"1\\0\\0\\1e300\\0\\1\\0\\1\\0\\0\\1\\1\\0\\0\\0\\1", "up to 1e\\+09, found 1e\\+300"),
    ],
)
def test_a_matrix_that_is_none_is_refused_with_its_place(text, message):
    with pytest.raises(MalformedObjectError, match=message) as caught:
        registrationFromDataset(rawMatrix(text))
    assert "RegistrationSequence[2]/MatrixRegistrationSequence[1]/MatrixSequence[1]" in str(
        caught.value
    )


def test_matrices_whose_product_is_immense_are_refused():
    dataset = spatialRegistration()
    one = theMatrix(dataset)
    one.FrameOfReferenceTransformationMatrix = ds(np.diag([1e8, 1e8, 1e8, 1]).ravel())
    dataset.RegistrationSequence[1].MatrixRegistrationSequence[0].MatrixSequence = [one] * 3
    with pytest.raises(
        MalformedRegistrationError, match=r"found 1e\+24: RegistrationSequence\[2\]"
    ):
        registrationFromDataset(asRead(dataset))


@pytest.mark.parametrize("vr", ["FD", "US", "LO"])
def test_numbers_of_another_value_representation_are_refused(vr):
    dataset = rawMatrix(b"1\\0\\0\\7\\0\\0\\-1\\-11\\0\\1\\0\\13\\0\\0\\0\\1")
    holder = theMatrix(dataset)
    element = holder.get_item("FrameOfReferenceTransformationMatrix")
    holder[element.tag] = element._replace(VR=vr)
    with pytest.raises(MalformedObjectError, match=f"found value representation {vr} at"):
        registrationFromDataset(dataset)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("FrameOfReferenceUID", ABSENT),
        ("FrameOfReferenceUID", ""),
        ("FrameOfReferenceUID", "not a uid"),
        ("RegistrationSequence", ABSENT),
        ("RegistrationSequence", []),
        ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.2"),
        ("SOPClassUID", ABSENT),
    ],
)
def test_what_an_object_must_have_is_asked_for_by_name(keyword, value):
    with disable_value_validation():
        dataset = spatialRegistration(**{keyword: value})
    with pytest.raises(MalformedRegistrationError, match=keyword):
        registrationFromDataset(dataset)


def test_an_item_with_neither_frame_nor_images_is_refused():
    one = registrationItem(mrSeries(), FrameOfReferenceUID=ABSENT, ReferencedImageSequence=ABSENT)
    with pytest.raises(MalformedRegistrationError, match="neither"):
        registrationFromDataset(spatialRegistration(items=[one]))


def test_an_item_without_matrix_or_with_two_groups_is_refused():
    one = registrationItem(mrSeries(), MatrixRegistrationSequence=ABSENT)
    with pytest.raises(MalformedRegistrationError, match="expected a matrix"):
        registrationFromDataset(spatialRegistration(items=[one]))
    one = registrationItem(mrSeries())
    one.MatrixRegistrationSequence = [*one.MatrixRegistrationSequence] * 2
    with pytest.raises(MalformedRegistrationError, match="expected 1 item, found 2"):
        registrationFromDataset(spatialRegistration(items=[one]))


@pytest.mark.parametrize("sopClass", ["1.2.840.10008.5.1.4.1.1.66.1", None])
def test_deformable_content_is_named_under_either_class(sopClass):
    dataset = deformableRegistration()
    if sopClass:
        dataset.SOPClassUID = sopClass
    with pytest.raises(DeformableContentError, match="deformable"):
        registrationFromDataset(asRead(dataset))


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99"])
def test_other_transfer_syntaxes_are_read(tmp_path: Path, syntax):
    dataset = spatialRegistration(matrix=TURN_X)
    dataset.file_meta.TransferSyntaxUID = syntax
    path = saveDataset(dataset, tmp_path / "one.dcm")
    registration = registrationFromFile(path)
    np.testing.assert_allclose(registration.transforms[0](POINT), TURN_X_OF_POINT, atol=1e-9)


# Real and peer-made objects.


@pytest.mark.parametrize("writer", ["plastimatch-1.9.4", "pydicomrt-0.9.1", "regix-0.3.1"])
def test_three_writers_of_one_matrix_agree(writer):
    folder = dataSet("peer-made/acrin-brain-sro")
    truth = np.loadtxt(folder / "moving_to_fixed.txt")
    registration = registrationFromFile(folder / f"{writer}_sro.dcm")
    np.testing.assert_allclose(registration.transforms[0].matrix, truth, rtol=0, atol=5e-7)


@pytest.mark.parametrize("kind", ["rigid30z", "rigidscale", "affine"])
def test_rigid_scaled_and_affine_objects_hold_the_known_matrix(kind):
    folder = dataSet("peer-made/aria-phantom-known-reg")
    name = {"rigid30z": "rigid"}.get(kind, kind)
    truth = np.loadtxt(folder / f"{name}_cube_to_water.txt")
    registration = registrationFromFile(folder / f"regix-0.3.1_sro-{kind}.dcm")
    np.testing.assert_allclose(registration.transforms[0].matrix, truth, rtol=0, atol=1e-9)


def test_the_porcine_half_turn_is_read():
    folder = dataSet("peer-made/porcine-ct-mr-sro")
    truth = np.loadtxt(folder / "moving_to_fixed.txt")
    for name in ("pydicomrt-0.9.1_sro.dcm", "regix-0.3.1_sro.dcm"):
        matrix = registrationFromFile(folder / name).transforms[0].matrix
        np.testing.assert_allclose(matrix, truth, rtol=0, atol=1e-8)
        assert matrix[0, 0] < -0.99  # the half turn about y


def test_the_aria_object_joins_two_frames_and_moves_nothing():
    folder = dataSet("aria136-phantom-registered-explicit")
    registration = registrationFromFile(next(folder.glob("RE.*.dcm")))
    assert len(registration.movingItems) == 1
    assert registration.movesNothing
    assert sum(len(series.instances) for series in registration.series) == 112


def test_the_raystation_layout_is_a_translation():
    folder = dataSet("peer-made/raystation61-sro-reconstructed")
    registration = registrationFromFile(folder / "raystation61_sro_reconstructed.dcm")
    expected = np.eye(4)
    expected[:3, 3] = (-76.89132, -40.52152, -40.24639)
    np.testing.assert_array_equal(registration.transforms[0].matrix, expected)


def test_the_defective_object_is_refused_by_name():
    path = dataSet("onkodicom-defective-sro") / "spatial_reg.dcm"
    with pytest.raises(MalformedRegistrationError, match=r"\(0020,0052\)"):
        registrationFromFile(path)
