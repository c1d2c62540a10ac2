"""The chosen registration in numbers, where it may be a deformation."""

from __future__ import annotations

from pathlib import Path

import slicer

from IHERORegistrationLib.registrationNumbers import NumberTable
from IHERORegistrationLib.widgets.numbersPanel import NumbersPanel
from IHERORegistrationLib.widgets.panel import busyCursor

from ..deformationNumbers import deformationTables


class DeformationNumbersPanel(NumbersPanel):
    """Matrices, grid, vectors and the rigid motion in them; found once for each change."""

    _found: tuple[tuple[str, int], tuple[NumberTable, ...]] | None = None

    @classmethod
    def uiFile(cls) -> Path:
        return NumbersPanel.uiFile()

    def tablesOf(self, node: slicer.vtkMRMLTransformNode) -> tuple[NumberTable, ...]:
        if node.IsLinear():
            return super().tablesOf(node)
        self.showCenters(False)
        state = (node.GetID(), max(node.GetMTime(), node.GetTransformToWorldMTime()))
        if self._found is None or self._found[0] != state:
            with busyCursor():  # a large grid takes seconds
                self._found = state, deformationTables(node)
        return self._found[1]
