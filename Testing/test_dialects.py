"""Each known departure from the standard is read with a note of its name, or only remarked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.config import disable_value_validation

from builders import (
    IDENTITY,
    MATRIX,
    QUARTER_X,
    code,
    ds,
    item,
    matrixItem,
    mrSeries,
    registrationItem,
    spatialRegistration,
)
from IHERORegistrationLib.codes import IMAGE_CONTENT_ALIGNMENT
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.registration import allNotes
from IHERORegistrationLib.saving import saveDataset
from readBack import asRead, registrationNotes


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
    del matrixItem(dataset).FrameOfReferenceTransformationMatrixType


def homogeneous(dataset):
    matrixItem(dataset).FrameOfReferenceTransformationMatrixType = "HOMOGENEOUS"


def longNumbers(dataset):
    with disable_value_validation():
        values = [f"{value:.17f}" for value in MATRIX]
        del matrixItem(dataset).FrameOfReferenceTransformationMatrix
        matrixItem(dataset).FrameOfReferenceTransformationMatrix = values


def imagesUnderSeries(dataset):
    series = dataset.ReferencedSeriesSequence[0]
    series.ReferencedImageSequence = series.ReferencedInstanceSequence
    del series.ReferencedInstanceSequence


def roundedLastRow(dataset):
    values = [*MATRIX[:12], 0, 0, 1e-8, 1]
    matrixItem(dataset).FrameOfReferenceTransformationMatrix = ds(values)


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
    matrixItem(dataset).FrameOfReferenceTransformationMatrix = ds(values)


def rigidButAffine(dataset):
    matrixItem(dataset).FrameOfReferenceTransformationMatrixType = "AFFINE"


def identityTwice(dataset):
    matrixItem(dataset).FrameOfReferenceTransformationMatrix = ds(IDENTITY)


def fromPlastimatch(dataset):
    dataset.Manufacturer = "Plastimatch"


def frameTwice(dataset):
    again = registrationItem(mrSeries(), QUARTER_X)
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
    assert name in registrationNotes(dataset)
    registrationFromDataset(asRead(dataset), strict=True)


def test_the_loss_of_a_matrix_wrongly_called_rigid_is_stated_in_mm():
    dataset = spatialRegistration()
    scaledButRigid(dataset)
    notes = allNotes(registrationFromDataset(asRead(dataset)))
    note = next(note for note in notes if note.name == "not rigid")
    assert "8.7 mm" in note.done  # 2 % of the half diagonal 250·√3 mm
