"""What nodes of a scene keep as text, which anybody may have changed there."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from .errors import MalformedRegistrationError

P = ParamSpec("P")
T = TypeVar("T")


def readsKeptText(read: Callable[P, T]) -> Callable[P, T]:
    """Decorator of functions that read it.

    Raises
        MalformedRegistrationError: the text is not what was written.
    """

    @functools.wraps(read)
    def reading(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return read(*arguments, **named)
        # What JSON of other content than expected leads to, wherever it is used first
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise MalformedRegistrationError(
                "what the scene keeps of a registration, or of what was made by one, cannot be "
                "read: load it again or make it anew"
            ) from error

    return reading


def namesInText(text: str) -> set[str] | None:
    """The names that `text`, a list in JSON, tells; None where it tells nothing, or somebody
    changed it to what cannot be read.
    """
    try:
        names = json.loads(text)
    except ValueError:
        return None
    return set(map(str, names)) if isinstance(names, list) else None
