"""What a resampled image was made of and by: source images, registrations, equipment.

Source
    DICOM PS3.3 C.7.6.1.1.3, C.12.1, C.12.2, C.12.4.1
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from pydicom import Dataset, dcmread, dcmwrite
from pydicom.charset import convert_encodings

from .codes import ACQUISITION_EQUIPMENT, SOURCE_IMAGE
from .images import ImageSeries
from .macros import (
    addSeriesReferences,
    itemFromCode,
    itemFromReference,
    itemFromSourceRegistration,
)
from .references import SeriesReference

EQUIPMENT = ("Manufacturer", "ManufacturerModelName", "StationName", "InstitutionName",
             "DeviceSerialNumber", "SoftwareVersions")  # fmt: skip


def addEquipment(dataset: Dataset, header: Dataset) -> None:
    """Name in `dataset` what made the image of `header` (CID 7005)."""
    made = list(header.get("ContributingEquipmentSequence") or ())
    if header.get("Manufacturer"):
        item = Dataset()
        item.PurposeOfReferenceCodeSequence = [itemFromCode(ACQUISITION_EQUIPMENT)]
        for keyword in EQUIPMENT:
            if header.get(keyword):
                setattr(item, keyword, header[keyword].value)
        made.append(item)
    if made:
        dataset.ContributingEquipmentSequence = made


class Lineage:
    """References of a derived series to images of `source` and to `registrations`.

    Slices made of the same images share the attributes as bytes: hundreds of items in each of
    hundreds of slices take long to make and to write.
    """

    def __init__(self, source: ImageSeries, registrations: Sequence[SeriesReference]):
        self._source = source
        self._registrations = tuple(registrations)
        self._made: dict[tuple[int, ...], Dataset] = {}

    def addTo(self, dataset: Dataset, used: Sequence[int]) -> None:
        """Write them into `dataset`, which was made of the slices `used`, numbers in the source.

        `dataset` must have its final character set.
        """
        key = tuple(used)
        if key not in self._made:
            self._made[key] = _encoded(self._attributes(key, dataset.StudyInstanceUID))
        dataset.update(self._made[key])
        # says that raw elements are in the encoding of the file to come
        dataset.set_original_encoding(False, True, convert_encodings(dataset.SpecificCharacterSet))

    def _attributes(self, used: tuple[int, ...], study: str) -> Dataset:
        made = Dataset()
        made.StudyInstanceUID = study
        instances = tuple(self._source.slices[number].instance for number in used)
        items = []
        for instance in instances:
            item = itemFromReference(instance)
            item.SpatialLocationsPreserved = "NO"
            item.PurposeOfReferenceCodeSequence = [itemFromCode(SOURCE_IMAGE)]
            items.append(item)
        if items:
            made.SourceImageSequence = items
        registrations = [instance for series in self._registrations for instance in series]
        if registrations:
            made.SourceInstanceSequence = [itemFromSourceRegistration(one) for one in registrations]
        source = self._source.reference
        images = SeriesReference(source.studyInstanceUID, source.seriesInstanceUID, instances)
        addSeriesReferences(made, [*([images] if instances else []), *self._registrations])
        return made


def _encoded(dataset: Dataset) -> Dataset:
    """The same attributes, whose sequences are parsed when somebody looks at them."""
    buffer = BytesIO()
    dcmwrite(buffer, dataset, implicit_vr=False, little_endian=True)
    buffer.seek(0)
    return dcmread(buffer, force=True)
