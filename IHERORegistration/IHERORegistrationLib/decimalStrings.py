"""Numbers in Decimal String and Integer String elements, in both directions (PS3.5 6.2)."""

from __future__ import annotations

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.valuerep import format_number_as_ds

from .errors import MalformedObjectError

LONGEST_DECIMAL_STRING = 16  # characters of one value
VRS_OF_TEXT = ("DS", "IS", "UN", None)  # None: implicit
MOST_LETTERS = 3  # of a value that a message quotes


def decimalStrings(item: Dataset, keyword: str) -> list[str]:
    """The values of an element as the text that the file holds; empty if missing or empty.

    Reads the bytes themselves where they are at hand, so that nothing is rounded, repaired or
    warned about on the way.
    """
    if keyword not in item:
        return []
    element: DataElement | RawDataElement = item.get_item(keyword)
    value = element.value
    if isinstance(element, RawDataElement) and isinstance(value, bytes):
        text = value.decode("latin-1").rstrip(" \0")
        return [part.strip() for part in text.split("\\")] if text else []
    if value is None or value == "":
        return []
    values = [value] if isinstance(value, (str, bytes, int, float)) else list(value)
    return [getattr(one, "original_string", None) or str(one) for one in values]


def numbers(item: Dataset, keyword: str, location: str) -> np.ndarray:
    """The values of an element as float64, shape (n,); empty if missing.

    `location` is the path of the item, for the message.

    Raises
        MalformedObjectError: a value is text, NaN or infinite, or the element of another VR.
    """
    _requireText(item, keyword, location)
    texts = decimalStrings(item, keyword)
    wrong = next((text for text in texts if not _isNumber(text)), None)
    if wrong is not None:
        raise MalformedObjectError(f"expected numbers, found {shown(wrong)} at {location}{keyword}")
    values = np.array([float(text) for text in texts], dtype=float)
    if not np.isfinite(values).all():
        raise MalformedObjectError(
            f"expected finite numbers, found NaN or Inf at {location}{keyword}"
        )
    return values


def decimalString(value: float) -> str:
    """`value` with the most digits that fit the 16 characters of a Decimal String."""
    return format_number_as_ds(float(value) + 0.0)  # + 0.0 turns -0 into 0


def asWritten(values: np.ndarray) -> np.ndarray:
    """`values` as a reader will find them after rounding to Decimal Strings; same shape."""
    flat = [float(decimalString(value)) for value in np.ravel(values)]
    return np.array(flat).reshape(np.shape(values))


def _requireText(item: Dataset, keyword: str, location: str) -> None:
    """Raise if the file says that the bytes of an element are no text of numbers."""
    element: DataElement | RawDataElement | None = item.get_item(keyword)
    if isinstance(element, RawDataElement) and element.VR not in VRS_OF_TEXT:
        raise MalformedObjectError(
            f"expected a DS or IS, found value representation {element.VR} at {location}{keyword}"
        )


def shown(text: str) -> str:
    """What stands where a number belongs, for a message, unless it may be somebody's name."""
    return "text" if sum(map(str.isalpha, text)) > MOST_LETTERS else repr(text[:40])


def _isNumber(text: str) -> bool:
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return "_" not in text  # which Python reads as part of a number
