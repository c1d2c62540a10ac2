"""What the elements of an untrusted data set hold.

A missing or empty element is empty text, no values, no items. One that cannot be decoded raises
UnreadableElementError, except where items are asked for: what is no sequence has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom import Dataset

from .dicomFile import PARSE_ERRORS
from .errors import MalformedObjectError
from .plainText import plainText, tagOf

LONGEST_QUOTE = 60  # characters of a value that a message shows
CONVERSION_ERRORS = (*PARSE_ERRORS, ArithmeticError)  # what values raise that are none


class UnreadableElementError(MalformedObjectError):
    """An element holds something else than its keyword promises."""

    def __init__(self, keyword: str, message: str):
        super().__init__(message)
        self.keyword = keyword


def itemsOf(item: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """The items of a sequence; none if it is missing, empty or no sequence."""
    try:
        values = _values(item, keyword)
    except MalformedObjectError:
        return ()
    return tuple(one for one in values if isinstance(one, Dataset))


def textsOf(item: Dataset, keyword: str) -> tuple[str, ...]:
    """The values of an element as text without padding.

    Raises
        UnreadableElementError: the element cannot be decoded, or holds items.
    """
    values = _values(item, keyword)
    if any(isinstance(one, Dataset) for one in values):
        raise UnreadableElementError(keyword, f"expected text in {keyword}, found items")
    return tuple("" if one is None else str(one).strip() for one in values)


def textOf(item: Dataset, keyword: str) -> str:
    r"""An element as text; several values are joined by \ as the file has them.

    Raises
        UnreadableElementError: the element cannot be decoded, or holds items.
    """
    value = _value(item, keyword)
    return value.strip("\0 ") if isinstance(value, str) else "\\".join(textsOf(item, keyword))


def integersOf(item: Dataset, keyword: str) -> tuple[int, ...]:
    """The values of an element of a VR for integers: IS, US, UL, SS, AT.

    Raises
        UnreadableElementError: a value is not an integer.
    """
    values = _values(item, keyword)
    try:
        whole = tuple(int(one) for one in values)
        exact = all(float(one) == number for one, number in zip(values, whole, strict=True))
    except CONVERSION_ERRORS:
        exact = False
    if not exact:
        raise UnreadableElementError(
            keyword, f"expected integers in {keyword}, found something else"
        )
    return whole


def isEmpty(item: Dataset, keyword: str) -> bool:
    """Whether an element is missing or has no value; one that cannot be decoded is not empty."""
    try:
        return all(str(one).strip() == "" for one in _values(item, keyword) if one is not None)
    except MalformedObjectError:
        return False


def quoted(value: object) -> str:
    """`value` for a message: one line of printable characters, cut where it is long."""
    shown = repr(str(value))
    return shown if len(shown) <= LONGEST_QUOTE else f"{shown[: LONGEST_QUOTE - 2]}…'"


def _values(item: Dataset, keyword: str) -> list:
    value = _value(item, keyword)
    if value is None or isinstance(value, (str, bytes)):
        text = value.decode("latin-1") if isinstance(value, bytes) else value or ""
        return [part for part in text.rstrip("\0 ").split("\\") if text.strip("\0 ")]
    return list(value) if isinstance(value, Sequence) else [value]


def _value(item: Dataset, keyword: str) -> Any:
    plain = plainText(item, keyword)
    if plain is not None:
        return plain
    tag = tagOf(keyword)
    try:
        return item[tag].value if tag in item.keys() else None  # noqa: SIM118 (makes no new tag)
    except CONVERSION_ERRORS:
        raise UnreadableElementError(
            keyword, f"expected a value of {keyword}, found bytes that are none"
        ) from None
