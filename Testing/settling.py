"""Until Qt has nothing left to do."""

from __future__ import annotations

import slicer

ROUNDS = 5  # what is scheduled for later waits for the next one, behind all that is urgent


def settle() -> None:
    """Let what was clicked and scheduled happen."""
    for _ in range(ROUNDS):
        slicer.app.processEvents()
