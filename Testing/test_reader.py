"""Spatial Registration objects become values: by content, never by order, every repair noted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from builders import (
    ABSENT,
    CT_FRAME,
    IDENTITY,
    IDENTITY_CODE,
    MATRIX,
    MR_FRAME,
    PET_FRAME,
    QUARTER_X,
    ctSeries,
    ds,
    item,
    mrSeries,
    petSeries,
    registrationItem,
    spatialRegistration,
)
from IHERORegistrationLib.codes import IMAGE_CONTENT_ALIGNMENT
from IHERORegistrationLib.errors import FrameOfReferenceError, MalformedObjectError
from IHERORegistrationLib.reader import (
    registrationFromDataset,
    registrationFromFile,
    withFramesOfImages,
)
from IHERORegistrationLib.registration import allNotes, frameGraph
from IHERORegistrationLib.saving import saveDataset
from readBack import asRead

QUARTER_Z = (0, -1, 0, 10, 1, 0, 0, -20, 0, 0, 1, 5, 0, 0, 0, 1)
POINT = np.array([51.0, -62.0, 73.5])
QUARTER_X_OF_POINT = np.array([51 + 7, -73.5 - 11, -62 + 13])
QUARTER_Z_OF_POINT = np.array([62 + 10, 51 - 20, 73.5 + 5])


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
    items = [registrationItem(mrSeries(), QUARTER_X)]
    items += [registrationItem(petSeries(), QUARTER_Z)] if third else []
    items += [registrationItem(ctSeries(), IDENTITY, IDENTITY_CODE)] if withIdentity else []
    items = items[::-1] if reverse else items
    registration = registrationFromDataset(asRead(spatialRegistration(items=items)))
    graph = frameGraph([registration])
    np.testing.assert_allclose(
        graph.path(MR_FRAME, CT_FRAME)(POINT), QUARTER_X_OF_POINT, rtol=0, atol=1e-9
    )
    np.testing.assert_allclose(
        graph.path(CT_FRAME, MR_FRAME)(QUARTER_X_OF_POINT), POINT, rtol=0, atol=1e-9
    )
    if third:
        # MR → CT by the x turn, CT → PET by the inverse of the z turn, in closed form
        x, y, z = QUARTER_X_OF_POINT - (10, -20, 5)
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
        for values in (QUARTER_X, QUARTER_Z)
    )
    one = registrationItem(mrSeries())
    one.MatrixRegistrationSequence[0].MatrixSequence = [first, second]
    registration = registrationFromDataset(asRead(spatialRegistration(items=[one])))
    x, y, z = QUARTER_X_OF_POINT
    np.testing.assert_allclose(
        registration.transforms[0](POINT), (-y + 10, x - 20, z + 5), rtol=0, atol=1e-9
    )
    assert "several matrices" in [note.name for note in allNotes(registration)]


def test_an_item_with_images_only_gets_its_frame_from_the_images():
    images = mrSeries()
    one = registrationItem(images, QUARTER_X, FrameOfReferenceUID=ABSENT)
    registration = registrationFromDataset(asRead(spatialRegistration(items=[one])))
    assert registration.unresolvedItems
    assert registration.transforms == ()
    resolved = withFramesOfImages(registration, {images[1].SOPInstanceUID: MR_FRAME})
    np.testing.assert_allclose(resolved.transforms[0](POINT), QUARTER_X_OF_POINT, rtol=0, atol=1e-9)


def test_images_are_trusted_where_the_item_names_another_frame():
    images = mrSeries()
    one = registrationItem(images, QUARTER_X, FrameOfReferenceUID=PET_FRAME)
    registration = registrationFromDataset(asRead(spatialRegistration(items=[one])))
    resolved = withFramesOfImages(registration, {images[0].SOPInstanceUID: MR_FRAME})
    assert resolved.transforms[0].fromFrame == MR_FRAME
    assert "images in another frame" in [note.name for note in allNotes(resolved)]


def test_images_are_trusted_where_the_only_item_names_the_registered_frame():
    images = mrSeries()
    one = registrationItem(images, QUARTER_X, FrameOfReferenceUID=CT_FRAME)
    dataset = asRead(spatialRegistration(items=[one]))
    frames = {images[0].SOPInstanceUID: MR_FRAME}
    registration = registrationFromDataset(dataset, frameOfInstance=frames)
    assert (registration.transforms[0].fromFrame, registration.registeredFrame) == (
        MR_FRAME,
        CT_FRAME,
    )
    np.testing.assert_allclose(registration.transforms[0](POINT), QUARTER_X_OF_POINT, atol=1e-9)
    names = [note.name for note in allNotes(registration)]
    assert "images in another frame" in names
    assert "no registered item" in names


def test_strict_reading_refuses_a_frame_that_the_images_contradict():
    images = mrSeries()
    one = registrationItem(images, QUARTER_X, FrameOfReferenceUID=PET_FRAME)
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


def test_equal_items_for_one_frame_are_one_edge_and_different_ones_are_refused():
    once = spatialRegistration(
        items=[registrationItem(mrSeries(), QUARTER_X), registrationItem(mrSeries(), QUARTER_X)]
    )
    graph = frameGraph([registrationFromDataset(asRead(once))])
    np.testing.assert_allclose(graph.path(MR_FRAME, CT_FRAME)(POINT), QUARTER_X_OF_POINT)
    twice = spatialRegistration(
        items=[registrationItem(mrSeries(), QUARTER_X), registrationItem(mrSeries(), QUARTER_Z)]
    )
    with pytest.raises(FrameOfReferenceError, match="several registrations"):
        frameGraph([registrationFromDataset(asRead(twice))]).path(MR_FRAME, CT_FRAME)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99"])
def test_other_transfer_syntaxes_are_read(tmp_path: Path, syntax):
    dataset = spatialRegistration(matrix=QUARTER_X)
    dataset.file_meta.TransferSyntaxUID = syntax
    path = saveDataset(dataset, tmp_path / "one.dcm")
    registration = registrationFromFile(path)
    np.testing.assert_allclose(registration.transforms[0](POINT), QUARTER_X_OF_POINT, atol=1e-9)
