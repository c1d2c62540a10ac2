"""Text of elements whose VR knows no character set, straight from the bytes.

Converting an element the usual way costs ten times as much, which shows where an object lists a
thousand images.
"""

from __future__ import annotations

from functools import cache

from pydicom import Dataset
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import BaseTag, Tag

PLAIN = frozenset({"UI", "CS", "DA", "TM", "DT", "AS"})  # PS3.5 6.2


def plainText(item: Dataset, keyword: str) -> str | None:
    r"""The element's text without padding, values joined by \; None if it is missing, was already
    converted, or is of another VR.
    """
    tag = tagOf(keyword)
    if tag not in item.keys():  # noqa: SIM118 (asking the data set makes a new tag)
        return None
    element: DataElement | RawDataElement = item.get_item(tag)
    if not isinstance(element, RawDataElement) or not isinstance(element.value, bytes):
        return None
    vr = element.VR or _vrOf(tag)
    return element.value.decode("latin-1").strip("\0 ") if vr in PLAIN else None


@cache
def tagOf(keyword: str) -> BaseTag:
    """The tag with this keyword."""
    return Tag(keyword)


@cache
def _vrOf(tag: BaseTag) -> str:
    return dictionary_VR(tag) if dictionary_has_tag(tag) else ""
