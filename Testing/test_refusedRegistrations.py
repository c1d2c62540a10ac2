"""What is no registration, or none that can be trusted, is refused with its place."""

from __future__ import annotations

import io

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.config import disable_value_validation

from builders import (
    ABSENT,
    QUARTER_X,
    ctSeries,
    deformableRegistration,
    ds,
    matrixItem,
    mrSeries,
    registrationItem,
    spatialRegistration,
)
from IHERORegistrationLib.errors import (
    DeformableContentError,
    FrameOfReferenceError,
    MalformedObjectError,
    MalformedRegistrationError,
    NotInvertibleError,
)
from IHERORegistrationLib.reader import registrationFromDataset
from readBack import asRead


def test_a_frame_mapped_onto_itself_is_refused():
    dataset = spatialRegistration(items=[registrationItem(ctSeries(), QUARTER_X)])
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
    dataset = spatialRegistration(matrix=QUARTER_X)
    dataset.save_as(buffer, enforce_file_format=False)
    known = "\\".join(ds(QUARTER_X)).encode()
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
    one = matrixItem(dataset)
    one.FrameOfReferenceTransformationMatrix = ds(np.diag([1e8, 1e8, 1e8, 1]).ravel())
    dataset.RegistrationSequence[1].MatrixRegistrationSequence[0].MatrixSequence = [one] * 3
    with pytest.raises(
        MalformedRegistrationError, match=r"found 1e\+24: RegistrationSequence\[2\]"
    ):
        registrationFromDataset(asRead(dataset))


@pytest.mark.parametrize("vr", ["FD", "US", "LO"])
def test_numbers_of_another_value_representation_are_refused(vr):
    dataset = rawMatrix(b"1\\0\\0\\7\\0\\0\\-1\\-11\\0\\1\\0\\13\\0\\0\\0\\1")
    holder = matrixItem(dataset)
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
