"""The folder of a module: its code and its .ui files together."""

from __future__ import annotations

import re
from pathlib import Path

from .classMembers import OLDEST
from .findings import ApiFinding
from .moduleCode import codeFindings
from .uiFile import uiFile, uiFindings

USES_SLICER = re.compile(r"^\s*(?:import|from) (?:ctk|qt|slicer|vtk)\b", re.MULTILINE)


def moduleFindings(folder: Path, oldest: str = OLDEST) -> list[ApiFinding]:
    """What Slicer from release `oldest` on would not accept in a module and its library.

    Raises
        FileNotFoundError: there is no module.
    """
    if not (folder / f"{folder.name}.py").exists():
        raise FileNotFoundError(f"expected a module {folder.name}.py, found none in {folder}")
    found: list[ApiFinding] = []
    classOfObject: dict[str, str] = {}
    for path in sorted((folder / "Resources").rglob("*.ui")):
        ui = uiFile(path)
        classOfObject |= ui.classOfObject
        found += uiFindings(ui, oldest)
    for path in sorted(folder.rglob("*.py")):
        if USES_SLICER.search(path.read_text(encoding="utf-8")):
            found += codeFindings(path, classOfObject, oldest)
    return found
