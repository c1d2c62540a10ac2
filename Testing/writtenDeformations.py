"""Deformable registrations with a known answer, as files in any transfer syntax."""

from __future__ import annotations

from pathlib import Path

from pydicom import Dataset

from deformationCases import PRE, Case, declared, encoded

ANYTHING = Case(pre=PRE, spacing=(2.0, 2.5, 3.0))


def written(dataset: Dataset, folder: Path) -> Path:
    path = folder / "deformation.dcm"
    path.write_bytes(encoded(dataset))
    return path


def inSyntax(dataset: Dataset, syntax: str, *, delimited: bool = False) -> Dataset:
    dataset.file_meta.TransferSyntaxUID = syntax
    sequence = dataset["DeformableRegistrationSequence"]
    sequence.is_undefined_length = delimited
    for one in sequence.value:
        one.is_undefined_length_sequence_item = delimited
    return dataset


def sourceItem(dataset: Dataset) -> Dataset:
    return dataset.DeformableRegistrationSequence[-1]


def pre(matrix, kind: str = "RIGID") -> dict[str, object]:
    return {"PreDeformationMatrixRegistrationSequence": [declared(matrix, kind)]}
