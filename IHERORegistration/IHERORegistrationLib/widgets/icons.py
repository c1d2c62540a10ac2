"""Icons of buttons, drawn for this product."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import qt

FOLDER = Path(__file__).resolve().parents[2] / "Resources" / "Icons"


def giveIcons(ui: Any, icons: Mapping[str, str]) -> None:
    """Give buttons their icons. `icons` are names of files in Resources/Icons, without ending, by
    the names of the buttons.
    """
    for button, icon in icons.items():
        getattr(ui, button).setIcon(qt.QIcon(str(FOLDER / f"{icon}.png")))
