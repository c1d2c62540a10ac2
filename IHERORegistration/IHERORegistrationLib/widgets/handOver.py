"""A result goes on to the panel that exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer

from .exportPanel import ExportPanel

if TYPE_CHECKING:
    from .moduleWidget import ModuleWidget


def handOver(module: ModuleWidget, node: slicer.vtkMRMLNode) -> None:
    """Choose `node` in the panel that exports, and open that."""
    panel = module.panel(ExportPanel)
    panel.state.exportedNode = node
    panel.ui.exportPanelButton.collapsed = False
    module.scheduleShow()
