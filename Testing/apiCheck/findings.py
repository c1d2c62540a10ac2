"""What the check finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ApiFinding:
    """A name that Slicer does not offer, or not in this way, where it stands."""

    file: str
    line: int  # 1 for what a .ui file says as a whole
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"
