"""The exit status of `ihero`: 0 where the result was made or nothing checked was an ERROR."""

from __future__ import annotations

from .errors import IHEROError, MalformedObjectError

REFUSED = 1  # the result was refused, or an ERROR was found
NO_VALUE = 2  # wrong usage, or no value could be made of the input
INTERRUPTED = 130  # as shells have it


def statusOf(error: IHEROError) -> int:
    """The status of a command that ends with `error`."""
    return NO_VALUE if isinstance(error, MalformedObjectError) else REFUSED
