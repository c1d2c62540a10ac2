"""The chosen registration in numbers, where it may be a deformation."""

from __future__ import annotations

from pathlib import Path

import qt
import slicer

from IHERORegistrationLib.registrationNumbers import NumberTable
from IHERORegistrationLib.widgets.numbersPanel import NumbersPanel

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
            qt.QApplication.setOverrideCursor(qt.Qt.BusyCursor)  # a large grid takes seconds
            try:
                self._found = state, deformationTables(node)
            finally:
                qt.QApplication.restoreOverrideCursor()
        return self._found[1]
