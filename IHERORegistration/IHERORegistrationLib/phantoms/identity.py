"""Who the phantom is: patient, studies, equipment and UIDs, the same at every run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from ..references import InstanceReference, SeriesReference

# date, time and description by the study number of a scan
_STUDIES = (
    ("20260112", "093000", "Planning"),
    ("20260109", "141500", "Staging"),
    ("20260105", "080500", "Follow-up"),
    ("20260102", "110000", "Screening"),
    ("20240617", "101500", "Earlier treatment"),
)
_NUMBERS = {"CT": 1, "MR": 2, "PT": 3, "RTSTRUCT": 11, "RTPLAN": 12, "RTDOSE": 13, "REG": 14}


def uid(seed: str, *names: str) -> str:
    """A UID that depends on nothing but its arguments (PS3.5 B.2)."""
    digest = hashlib.sha256("/".join((seed, *names)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def studyUID(seed: str, study: int) -> str:
    """Study Instance UID of a study number."""
    return uid(seed, "study", str(study))


def frameUID(seed: str, session: int) -> str:
    """Frame of Reference UID of a session."""
    return uid(seed, "frame", str(session))


def newDataset(
    seed: str, sopClassUID: str, modality: str, study: int, series: str, instance: str
) -> Dataset:
    """The attributes that every object has: patient, study, series, equipment, identity.

    Raises
        ValueError: more studies than there are dates.
    """
    if not 0 <= study < len(_STUDIES):
        raise ValueError(f"expected a study from 0 to {len(_STUDIES) - 1}, found {study}")
    date, time, description = _STUDIES[study]
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = date, time
    dataset.SOPClassUID = sopClassUID
    dataset.SOPInstanceUID = uid(seed, "instance", series, instance)
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = date
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = time
    dataset.AccessionNumber = ""
    dataset.Modality = modality
    dataset.Manufacturer = "IHERO"
    dataset.InstitutionName = "Phantom Clinic"
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = description
    dataset.SeriesDescription = series
    dataset.ManufacturerModelName = "Analytic phantom"
    dataset.PatientName = "Phantom^Analytic"
    dataset.PatientID = "IHERO-PHANTOM"
    dataset.PatientBirthDate = "19600229"
    dataset.PatientSex = "O"
    dataset.PatientSize = "1.78"
    dataset.PatientWeight = "74"
    dataset.BodyPartExamined = "CHEST"
    dataset.DeviceSerialNumber = "1"
    dataset.SoftwareVersions = "1"
    dataset.StudyInstanceUID = studyUID(seed, study)
    dataset.SeriesInstanceUID = uid(seed, "series", series)
    dataset.StudyID = f"S{study + 1}"
    dataset.SeriesNumber = _NUMBERS.get(modality, 15)
    dataset.InstanceNumber = 1
    return dataset


def setFrame(dataset: Dataset, frame: str) -> None:
    """The Frame of Reference Module."""
    dataset.FrameOfReferenceUID = frame
    dataset.PositionReferenceIndicator = "XY"


def decimals(values: Sequence[float] | np.ndarray) -> list[str]:
    """`values` as Decimal Strings with the most digits that fit, without negative zeros."""
    return [format_number_as_ds(float(value) + 0.0) for value in np.ravel(values)]


def reference(instance: InstanceReference) -> Dataset:
    """An item that refers to an instance."""
    item = Dataset()
    item.ReferencedSOPClassUID = instance.sopClassUID
    item.ReferencedSOPInstanceUID = instance.sopInstanceUID
    return item


def code(value: str, meaning: str, scheme: str = "DCM") -> Dataset:
    """An item of a code sequence."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def addReferences(dataset: Dataset, series: Sequence[SeriesReference]) -> None:
    """The Common Instance Reference Module (PS3.3 C.12.2): the object's own study directly, each
    other one in a branch.
    """
    branches: dict[str, list[Dataset]] = {}
    for one in series:
        item = Dataset()
        item.SeriesInstanceUID = one.seriesInstanceUID
        item.ReferencedInstanceSequence = [reference(instance) for instance in one]
        branches.setdefault(one.studyInstanceUID, []).append(item)
    own = branches.pop(dataset.StudyInstanceUID, None)
    if own:
        dataset.ReferencedSeriesSequence = own
    if branches:
        dataset.StudiesContainingOtherReferencedInstancesSequence = [
            _branch(study, items) for study, items in branches.items()
        ]


def _branch(study: str, items: list[Dataset]) -> Dataset:
    branch = Dataset()
    branch.StudyInstanceUID = study
    branch.ReferencedSeriesSequence = items
    return branch
