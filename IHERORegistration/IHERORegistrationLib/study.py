"""The objects at hand, for constraints that concern more than one of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from pydicom import Dataset

from .elements import textOf
from .errors import MalformedObjectError
from .imageClasses import IMAGE_SOP_CLASSES


class Study:
    """Data sets at hand, with or without pixels, by what they are looked up for.

    They need not belong to one patient or one DICOM study; checks use those that an object names.
    """

    def __init__(self, objects: Iterable[Dataset] = ()):
        self.objects = tuple(objects)

    @cached_property
    def instances(self) -> dict[str, Dataset]:
        """By SOP Instance UID; the first where several share one."""
        found: dict[str, Dataset] = {}
        for one in self.objects:
            found.setdefault(_text(one, "SOPInstanceUID"), one)
        return found

    @cached_property
    def images(self) -> tuple[Dataset, ...]:
        """The CT, MR and PET images."""
        return tuple(one for one in self.objects if _text(one, "SOPClassUID") in IMAGE_SOP_CLASSES)

    @cached_property
    def imagesInFrame(self) -> dict[str, tuple[Dataset, ...]]:
        """Images by Frame of Reference UID."""
        return _grouped(self.images, "FrameOfReferenceUID")

    @cached_property
    def imagesInSeries(self) -> dict[str, tuple[Dataset, ...]]:
        """Images by Series Instance UID."""
        return _grouped(self.images, "SeriesInstanceUID")

    @cached_property
    def objectsInStudy(self) -> dict[str, tuple[Dataset, ...]]:
        """Objects of every class by Study Instance UID."""
        return _grouped(self.objects, "StudyInstanceUID")

    def ofClass(self, sopClassUID: str) -> tuple[Dataset, ...]:
        """The objects of one SOP class."""
        return tuple(one for one in self.objects if _text(one, "SOPClassUID") == sopClassUID)


EMPTY_STUDY = Study()


def _grouped(objects: Iterable[Dataset], keyword: str) -> dict[str, tuple[Dataset, ...]]:
    groups: dict[str, list[Dataset]] = {}
    for one in objects:
        groups.setdefault(_text(one, keyword), []).append(one)
    return {value: tuple(members) for value, members in groups.items()}


def _text(dataset: Dataset, keyword: str) -> str:
    """As `textOf`; an element that cannot be decoded groups with nothing."""
    try:
        return textOf(dataset, keyword)
    except MalformedObjectError:
        return ""
