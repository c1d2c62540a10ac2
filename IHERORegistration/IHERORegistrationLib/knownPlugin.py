"""What all our plugins of Slicer's DICOM module share: that it comes to know them."""

from __future__ import annotations

from typing import ClassVar

import slicer
from DICOMLib import DICOMPlugin


class KnownPlugin(DICOMPlugin):
    """Reader or writer that Slicer knows by its key."""

    key: ClassVar[str] = ""  # in slicer.modules.dicomPlugins

    @classmethod
    def register(cls) -> None:
        """Make the plugin known to Slicer, whose DICOM module may not be there yet."""
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins[cls.key] = cls
