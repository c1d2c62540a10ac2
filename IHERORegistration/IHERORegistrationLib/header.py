"""Patient, study, series, equipment and SOP attributes of a new object, as one table."""

from __future__ import annotations

import copy
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from .errors import MalformedObjectError

MANUFACTURER = "IHERO"
MODEL = "SlicerIHERO"

# Taken over from the image series in whose study and frame the object lies. Type 2 attributes are
# written empty where the template has none; the others are left out (PS3.3 C.7.1.1, C.7.2.1,
# C.7.2.2, C.7.4.1).
# fmt: off
TYPE_2_FROM_TEMPLATE = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber",
)
OPTIONAL_FROM_TEMPLATE = (
    "IssuerOfPatientID", "OtherPatientIDsSequence", "PatientIdentityRemoved",
    "DeidentificationMethod", "DeidentificationMethodCodeSequence", "EthnicGroup",
    "StudyDescription", "PatientAge", "PatientSize", "PatientWeight",
)
# fmt: on


def softwareVersion() -> str:
    """Version of this program; `source` where it runs without having been installed."""
    try:
        return version("ihero")
    except PackageNotFoundError:
        return "source"


def newObject(
    template: Dataset,
    sopClassUID: str,
    modality: str,
    *,
    created: datetime,
    seriesInstanceUID: str | None = None,
    frame: str | None = None,
) -> Dataset:
    """A data set with every attribute that does not depend on what the object says.

    `template` is an instance of the image series whose patient and study the object joins; it may
    lack pixels. `frame` is the Frame of Reference UID of the new object, by default that of the
    template; the Position Reference Indicator comes along only with the template's own frame.
    A series UID is made unless the object joins a series that was begun before.

    Raises
        MalformedObjectError: the template names no study, or no frame where none is given.

    Source
        DICOM PS3.3 C.7.1.1, C.7.2.1, C.7.3.1, C.7.4.1, C.7.5.1, C.12.1
    """
    dataset = Dataset()
    for keyword in TYPE_2_FROM_TEMPLATE:
        setattr(dataset, keyword, copy.deepcopy(template.get(keyword)) or "")
    for keyword in OPTIONAL_FROM_TEMPLATE:
        if keyword in template:
            setattr(dataset, keyword, copy.deepcopy(template[keyword].value))
    dataset.StudyInstanceUID = _required(template, "StudyInstanceUID")
    dataset.Modality = modality
    dataset.SeriesInstanceUID = seriesInstanceUID or generate_uid(prefix=None)
    dataset.SeriesNumber = None
    dataset.Laterality = ""  # 2C; validators ask for it unless the body part is known unpaired
    dataset.FrameOfReferenceUID = frame or _required(template, "FrameOfReferenceUID")
    own = dataset.FrameOfReferenceUID == template.get("FrameOfReferenceUID")
    dataset.PositionReferenceIndicator = (
        template.get("PositionReferenceIndicator") or "" if own else ""
    )
    dataset.Manufacturer = MANUFACTURER
    dataset.ManufacturerModelName = MODEL
    dataset.SoftwareVersions = softwareVersion()
    dataset.SOPClassUID = sopClassUID
    dataset.SOPInstanceUID = generate_uid(prefix=None)
    dataset.InstanceCreationDate = created.strftime("%Y%m%d")
    dataset.InstanceCreationTime = created.strftime("%H%M%S")
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    setCharacterSet(dataset)
    return dataset


def _required(template: Dataset, keyword: str) -> str:
    value = template.get(keyword)
    if not value:
        raise MalformedObjectError(
            f"expected {keyword} in the images that a new object belongs to, found none"
        )
    return str(value)


def setCharacterSet(dataset: Dataset) -> None:
    """ISO_IR 100 where every text fits Latin-1, as the IHE-RO profiles ask, else ISO_IR 192.

    Call it again when text was added after `newObject`.
    """
    try:
        for element in dataset.iterall():
            if element.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT"):
                str(element.value).encode("latin-1")
    except UnicodeEncodeError:
        dataset.SpecificCharacterSet = "ISO_IR 192"
    else:
        dataset.SpecificCharacterSet = "ISO_IR 100"
