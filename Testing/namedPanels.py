"""The panels of a module's screen, by the names of their classes."""

from __future__ import annotations

from typing import Any


def panelOf(module: Any, name: str) -> Any:
    """The panel of the class of that name, on the screen of `module`, its widget."""
    (panel,) = (one for one in module.panels if type(one).__name__ == name)
    return panel
