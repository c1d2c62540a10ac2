"""Deformations and deformed images in Slicer's own dialog “Export to DICOM”."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer

from IHERORegistrationLib.exportPlugins import ExportPlugin

if TYPE_CHECKING:  # what writes is imported when something is written, not when Slicer starts
    from IHERORegistrationLib.exportProposal import ExportTask


class DeformationExportPlugin(ExportPlugin):
    """Writer of deformable registrations and of what was made through them."""

    key = "IHERODeformationExport"
    confidence = 1.002  # nobody else's number, see ExportPlugin
    doubt = 0.402

    def isOurs(self, node: slicer.vtkMRMLNode) -> bool:
        """Whether `node` is a transform that is no matrix, or an image made through one."""
        from IHERORegistrationLib.nodeExport import isExported, isOfDeformation

        return isExported(node) and isOfDeformation(node)

    def task(
        self,
        node: slicer.vtkMRMLNode,
        fixed: slicer.vtkMRMLScalarVolumeNode,
        moving: slicer.vtkMRMLScalarVolumeNode | None,
    ) -> ExportTask:
        """What is to be written of `node`."""
        from IHERORegistrationLib.databaseSeries import DatabaseSeries

        from .anyExport import anyExportTask

        return anyExportTask(node, fixed, moving, DatabaseSeries(slicer.dicomDatabase))
