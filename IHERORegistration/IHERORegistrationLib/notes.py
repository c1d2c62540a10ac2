"""What a reader noticed or repaired, so that nothing happens silently."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """One observation about an object that was read.

    `name` is stable and in plain words, `location` the path of keywords (items from 1), `found`
    the value that was met, `done` what was made of it. `repaired` tells a departure from what the
    object says, which strict reading refuses, from a remark.
    """

    name: str
    location: str
    found: str
    done: str
    repaired: bool = True

    def __str__(self) -> str:
        return f"{self.name} at {self.location}: found {self.found}; {self.done}"
