"""What readers of objects share: bad bytes become an error, and strict reading refuses repairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pydicom.config import disable_value_validation

from .dicomFile import PARSE_ERRORS
from .errors import MalformedObjectError
from .notes import Note


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Read elements in it; `what` names the object in the message.

    Raises
        MalformedObjectError: the parser could not make values of the elements.
    """
    with disable_value_validation():
        try:
            yield
        except PARSE_ERRORS as error:
            raise MalformedObjectError(f"cannot read {what}: {reasonOf(error)}") from error


def reasonOf(error: Exception) -> str:
    """Why the parser failed, without the values that its text may quote: one may be a name."""
    if isinstance(error, AttributeError):
        return str(error)  # names the attribute that is missing
    return type(error).__name__


def refuseRepairs(notes: Iterable[Note]) -> None:
    """Let an object pass strict reading.

    Raises
        MalformedObjectError: one of its `notes` tells a repair; lists them.
    """
    repairs = [str(note) for note in notes if note.repaired]
    if repairs:
        raise MalformedObjectError("strict reading refuses repairs: " + "; ".join(repairs))
