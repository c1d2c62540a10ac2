"""Attributes, items, references and the head that every object has.

Source
    DICOM PS3.3 A.1.2, C.7, C.12
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

ABSENT = object()  # as a value: the attribute is left out
ROOT = "2.25.77"
STUDY = f"{ROOT}.1"
CT_FRAME, MR_FRAME, PET_FRAME = f"{ROOT}.2.1", f"{ROOT}.2.2", f"{ROOT}.2.3"
DETACHED_STUDY = UID("1.2.840.10008.3.1.2.3.1")


def ds(values: Iterable[float]) -> list[str]:
    """Decimal strings of at most 16 characters."""
    return [format_number_as_ds(float(value)) for value in values]


def item(**attributes: object) -> Dataset:
    """A sequence item with these attributes."""
    return changed(Dataset(), attributes)


def changed(dataset: Dataset, changes: dict[str, object]) -> Dataset:
    """`dataset` itself with attributes replaced, or removed where the value is ABSENT."""
    for keyword, value in changes.items():
        if keyword in dataset:
            delattr(dataset, keyword)
        if value is not ABSENT:
            setattr(dataset, keyword, value)
    return dataset


def code(value: str, meaning: str, scheme: str = "DCM") -> Dataset:
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def references(datasets: Iterable[Dataset]) -> list[Dataset]:
    """One item per data set that refers to it."""
    return [
        item(ReferencedSOPClassUID=one.SOPClassUID, ReferencedSOPInstanceUID=one.SOPInstanceUID)
        for one in datasets
    ]


def newObject(sopClassUID: UID, modality: str, number: int, **changes: object) -> Dataset:
    """Patient, study, series, equipment and SOP attributes; `number` makes the UIDs unique."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.SOPClassUID = sopClassUID
    dataset.SOPInstanceUID = f"{ROOT}.4.{number}"
    dataset.StudyDate, dataset.StudyTime = "20240102", "101112"
    dataset.AccessionNumber = "A7"
    dataset.Modality = modality
    dataset.Manufacturer, dataset.ManufacturerModelName = "Maker", "Model"
    dataset.ReferringPhysicianName = "Referrer"
    dataset.StudyDescription = "A study"
    dataset.PatientName, dataset.PatientID = "Case^Test", "T-1"
    dataset.PatientBirthDate, dataset.PatientSex = "19700203", "O"
    dataset.BodyPartExamined = "HEAD"
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = "17", "1.0"
    dataset.StudyInstanceUID, dataset.StudyID = STUDY, "S1"
    dataset.SeriesInstanceUID, dataset.SeriesNumber = f"{ROOT}.3.{number}", number
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = sopClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return changed(dataset, changes)


def objectBeside(
    images: Sequence[Dataset], sopClassUID: UID, modality: str, number: int
) -> Dataset:
    """A new object in the study and the Frame of Reference of `images`; see `newObject`."""
    dataset = newObject(sopClassUID, modality, number)
    dataset.StudyInstanceUID = images[0].StudyInstanceUID
    dataset.FrameOfReferenceUID = images[0].FrameOfReferenceUID
    dataset.PositionReferenceIndicator = "SN"
    return dataset
