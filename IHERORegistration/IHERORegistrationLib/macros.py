"""The groups of attributes that DICOM calls macros, in both directions.

Patient identity, coded entries (PS3.3 Table 8.8-1), references to instances (Table 10-11) and the
Common Instance Reference Module (C.12.2), which every object here shares.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from pydicom import Dataset
from pydicom.uid import DeformableSpatialRegistrationStorage

from .codes import SOURCE_DEFORMABLE_REGISTRATION, Code
from .decimalStrings import numbers
from .errors import MalformedObjectError, NonconformantError
from .patient import Patient
from .plainText import plainText
from .references import InstanceReference, SeriesReference

FRAMES = "ReferencedFrameNumber"


def text(item: Dataset, keyword: str) -> str:
    """The value of `keyword` as text without padding; empty if it is missing or empty."""
    plain = plainText(item, keyword)
    if plain is not None:
        return plain
    value = item.get(keyword)
    return "" if value is None else str(value).strip()


def fitsElement(value: str, longest: int) -> bool:
    """Whether `value` can be the only value of a string (SH, LO) of at most `longest` characters:
    backslashes part values, control characters are none of text (PS3.5 6.2).
    """
    return len(value) <= longest and value.isprintable() and "\\" not in value


def patientFromDataset(dataset: Dataset) -> Patient:
    """The patient of a data set; a missing attribute is an empty string (PS3.3 C.7.1.1)."""
    return Patient(
        patientID=text(dataset, "PatientID"),
        name=text(dataset, "PatientName"),
        birthDate=text(dataset, "PatientBirthDate"),
        sex=text(dataset, "PatientSex"),
    )


def codeFromItem(item: Dataset) -> Code:
    """The code in one item of a code sequence; absent parts are empty strings."""
    return Code(
        text(item, "CodeValue"), text(item, "CodingSchemeDesignator"), text(item, "CodeMeaning")
    )


def itemFromCode(code: Code) -> Dataset:
    """One item of a code sequence."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme
    item.CodeMeaning = code.meaning
    return item


def referenceFromItem(item: Dataset) -> InstanceReference:
    """The instance that an item refers to; absent UIDs are empty strings.

    Raises
        MalformedObjectError: Referenced Frame Number holds something else than whole numbers.
    """
    found = numbers(item, FRAMES, "") if FRAMES in item else np.array([])
    frames = tuple(map(int, found))
    if not np.array_equal(frames, found):
        raise MalformedObjectError(f"expected whole numbers, found {found.tolist()} in {FRAMES}")
    return InstanceReference(
        text(item, "ReferencedSOPClassUID"), text(item, "ReferencedSOPInstanceUID"), frames
    )


def itemFromReference(reference: InstanceReference) -> Dataset:
    """One item that refers to an instance.

    Raises
        NonconformantError: nothing says which; such a reference leads nowhere.
    """
    if not (reference.sopClassUID and reference.sopInstanceUID):
        raise NonconformantError(
            "expected the SOP Class and Instance UID of what is referred to, found "
            f"{reference.sopClassUID or 'none'} and {reference.sopInstanceUID or 'none'}",
            (),
        )
    item = Dataset()
    item.ReferencedSOPClassUID = reference.sopClassUID
    item.ReferencedSOPInstanceUID = reference.sopInstanceUID
    if reference.frames:
        item.ReferencedFrameNumber = list(reference.frames)
    return item


def itemFromSourceRegistration(reference: InstanceReference) -> Dataset:
    """One item of Source Instance Sequence that refers to a registration. A deformable one has a
    purpose; CID 7013 has none for a rigid one.
    """
    item = itemFromReference(reference)
    if reference.sopClassUID == DeformableSpatialRegistrationStorage:
        item.PurposeOfReferenceCodeSequence = [itemFromCode(SOURCE_DEFORMABLE_REGISTRATION)]
    return item


def seriesReferences(dataset: Dataset) -> tuple[SeriesReference, ...]:
    """Every series that the object's Common Instance Reference Module lists, of its own study
    (0008,1115) and of other studies (0008,1200).

    Source
        DICOM PS3.3 C.12.2
    """
    branches = [(text(dataset, "StudyInstanceUID"), dataset)]
    for other in dataset.get("StudiesContainingOtherReferencedInstancesSequence") or ():
        branches.append((text(other, "StudyInstanceUID"), other))
    return tuple(
        SeriesReference(
            studyInstanceUID=study,
            seriesInstanceUID=text(series, "SeriesInstanceUID"),
            instances=tuple(
                referenceFromItem(item) for item in series.get("ReferencedInstanceSequence") or ()
            ),
        )
        for study, branch in branches
        for series in branch.get("ReferencedSeriesSequence") or ()
    )


def addSeriesReferences(dataset: Dataset, series: Iterable[SeriesReference]) -> None:
    """Write the Common Instance Reference Module: the object's own study directly, each other
    study in its own branch, each series once, each instance once.

    `dataset` must have its Study Instance UID.

    Raises
        NonconformantError: a series or its study has no UID.

    Source
        DICOM PS3.3 C.12.2
    """
    studies: dict[str, dict[str, dict[str, InstanceReference]]] = {}
    for one in series:
        if not (one.studyInstanceUID and one.seriesInstanceUID):
            raise NonconformantError(
                "expected the Study and Series Instance UID of what is referred to, found "
                f"{one.studyInstanceUID or 'none'} and {one.seriesInstanceUID or 'none'}",
                (),
            )
        instances = studies.setdefault(one.studyInstanceUID, {}).setdefault(
            one.seriesInstanceUID, {}
        )
        for instance in one:
            instances.setdefault(instance.sopInstanceUID, instance)
    own = studies.pop(dataset.StudyInstanceUID, {})
    if own:
        dataset.ReferencedSeriesSequence = [_seriesItem(*entry) for entry in own.items()]
    others = []
    for study, listed in studies.items():
        branch = Dataset()
        branch.StudyInstanceUID = study
        branch.ReferencedSeriesSequence = [_seriesItem(*entry) for entry in listed.items()]
        others.append(branch)
    if others:
        dataset.StudiesContainingOtherReferencedInstancesSequence = others


def _seriesItem(seriesInstanceUID: str, instances: dict[str, InstanceReference]) -> Dataset:
    item = Dataset()
    item.SeriesInstanceUID = seriesInstanceUID
    item.ReferencedInstanceSequence = [
        itemFromReference(InstanceReference(one.sopClassUID, one.sopInstanceUID))
        for one in instances.values()
    ]
    return item


def spelledDate(date: str) -> str:
    """A DICOM date (DA) as 2024-05-03; what is no such date stays as it is."""
    if len(date) == 8 and date.isdigit():
        return f"{date[:4]}-{date[4:6]}-{date[6:]}"
    return date
