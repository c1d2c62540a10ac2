"""Deformations and deformed images in Slicer's own dialog “Export to DICOM”."""

from __future__ import annotations

import slicer

from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.exportPlugins import ExportPlugin
from IHERORegistrationLib.exportProposal import ExportTask
from IHERORegistrationLib.nodeExport import isExported, isOfDeformation

from .anyExport import anyExportTask


class DeformationExportPlugin(ExportPlugin):
    """Writer of deformable registrations and of what was made through them."""

    key = "IHERODeformationExport"
    confidence = 1.002  # nobody else's number, see ExportPlugin
    doubt = 0.402

    def isOurs(self, node: slicer.vtkMRMLNode) -> bool:
        """Whether `node` is a transform that is no matrix, or an image made through one."""
        return isExported(node) and isOfDeformation(node)

    def task(
        self,
        node: slicer.vtkMRMLNode,
        fixed: slicer.vtkMRMLScalarVolumeNode,
        moving: slicer.vtkMRMLScalarVolumeNode | None,
    ) -> ExportTask:
        """What is to be written of `node`."""
        return anyExportTask(node, fixed, moving, DatabaseSeries(slicer.dicomDatabase))
