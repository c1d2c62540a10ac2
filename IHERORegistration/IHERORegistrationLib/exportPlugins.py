"""Registrations, structures and doses in Slicer's own dialog “Export to DICOM”.

The dialog shows what each plugin offers, the surest first, and of plugins that are equally sure
only one; so our numbers are nobody else's. What it lets the user edit are tags: there we ask what
has to be said. It calls `export` with all that was chosen of one plugin, and adds the folder that
it gave to the database itself; what comes back as text is shown as error.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

import slicer
from slicer.i18n import tr as _

from .knownPlugin import KnownPlugin
from .subjectHierarchy import hierarchyOf

if TYPE_CHECKING:  # what writes is imported when something is written, not when Slicer starts
    from .exportProposal import ExportTask


class ExportPlugin(KnownPlugin):
    """Writer of what has an object of ours, but for deformations."""

    key: ClassVar[str] = "IHERORegistrationExport"
    confidence: ClassVar[float] = 1.001  # above SlicerRT's 1.0
    doubt: ClassVar[float] = 0.401  # where something lacks: below whoever can write it

    def __init__(self) -> None:
        super().__init__()
        self.loadType = _("IHE-RO export")

    def isOurs(self, node: slicer.vtkMRMLNode) -> bool:
        """Whether this plugin writes nodes like `node`."""
        from .nodeExport import isExported, isOfDeformation

        return isExported(node) and not isOfDeformation(node)

    def task(
        self,
        node: slicer.vtkMRMLNode,
        fixed: slicer.vtkMRMLScalarVolumeNode,
        moving: slicer.vtkMRMLScalarVolumeNode | None,
    ) -> ExportTask:
        """What is to be written of `node`."""
        from .databaseSeries import DatabaseSeries
        from .nodeExport import exportTask

        return exportTask(node, fixed, moving, DatabaseSeries(slicer.dicomDatabase))

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """The one object of that item; none if it is not for us."""
        node = hierarchyOf(slicer.mrmlScene).GetItemDataNode(subjectHierarchyItemID)
        if node is None or node.GetScene() is None or not self.isOurs(node):
            return []
        from .exportOffers import offer

        exportable = slicer.qSlicerDICOMExportable()
        exportable.subjectHierarchyItemID = subjectHierarchyItemID
        exportable.pluginClass = self.key
        isReady = offer(exportable, node, self.task)
        exportable.confidence = self.confidence if isReady else self.doubt
        return [exportable]

    def export(self, exportables: Iterable[Any]) -> str:
        """Write all of them, or none and say why."""
        from .exportOffers import write

        return write(exportables, self.task)
