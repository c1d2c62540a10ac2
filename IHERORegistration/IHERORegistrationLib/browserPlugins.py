"""What the module adds to Slicer's DICOM browser."""

from __future__ import annotations

from .dicomPlugin import RegistrationPlugin
from .exportPlugins import ExportPlugin
from .fiducialsPlugin import FiducialsPlugin
from .madeImagesPlugin import MadeImagesPlugin
from .radiotherapyPlugins import DosePlugin, StructureSetPlugin

PLUGINS = (
    RegistrationPlugin,
    FiducialsPlugin,
    StructureSetPlugin,
    DosePlugin,
    MadeImagesPlugin,
    ExportPlugin,
)
