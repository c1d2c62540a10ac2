"""DICOMLib: what plugins of Slicer's DICOM browser derive from, and DICOMUtils."""

from __future__ import annotations

from . import dicomUtils as DICOMUtils  # noqa: F401 its name in Slicer


class DICOMPlugin:
    def __init__(self) -> None:
        self.loadType = "Generic DICOM"
        self.tags = {"seriesDescription": "0008,103E", "seriesNumber": "0020,0011"}

    def examineForImport(self, fileList):
        return []

    def load(self, loadable):
        return True

    def examineForExport(self, subjectHierarchyItemID):
        return []

    def export(self, exportables):
        return ""
