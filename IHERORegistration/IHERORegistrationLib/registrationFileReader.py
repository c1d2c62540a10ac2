"""Registration objects dropped on Slicer's window as files, without the DICOM database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import slicer
from slicer.i18n import tr as _
from vtkmodules.vtkCommonCore import vtkCommand

from .dicomPlugin import RegistrationPlugin
from .errors import IHEROError
from .fileHeader import isDICOMFile, storedObject
from .unchangedOnError import unchangedOnError

READ_FROM = "IHERO.ReadFrom"  # of a transform node: the file, where no database holds it
CONFIDENCE = 0.9  # Slicer's own claim to .dcm files, which puts them into the database, is at 0.6


class RegistrationFileReader:
    """What Slicer asks of a reader of files; this one of Spatial Registrations.

    A module has a class derived from it whose name ends in FileReader.
    """

    plugin: ClassVar[type[RegistrationPlugin]] = RegistrationPlugin
    name: ClassVar[str] = _("DICOM Spatial Registration")
    type: ClassVar[str] = "IHERO.SpatialRegistration"  # for slicer.util.loadNodeFromFile

    def __init__(self, parent: Any) -> None:
        self.parent = parent

    def description(self) -> str:
        """In words."""
        return self.name

    def fileType(self) -> str:
        """As scripts name it."""
        return self.type

    def extensions(self) -> list[str]:
        """Names of files that may hold one: any, as DICOM files need no ending."""
        return [f"{self.name} (*.dcm)", f"{self.name} (*)"]

    def canLoadFileConfidence(self, filePath: str) -> float:
        """How sure it is that the file holds such a registration, by its SOP class."""
        path = Path(filePath)
        try:
            if not isDICOMFile(path):
                return 0.0
            return CONFIDENCE * self.plugin.takes(path, storedObject(path).sopClassUID)
        except (IHEROError, OSError):  # another reader may say what is wrong with it
            return 0.0

    def load(self, properties: Mapping[str, Any]) -> bool:
        """The transform nodes of the registration; a refusal becomes a message to the user."""
        plugin, path = self.plugin(), Path(properties["fileName"])
        try:
            with unchangedOnError(slicer.mrmlScene):
                nodes = plugin.nodes([path])
        except IHEROError as error:
            self.parent.userMessages().AddMessage(vtkCommand.ErrorEvent, str(error))
            return False
        for node in nodes:
            node.SetAttribute(READ_FROM, str(path))
        self.parent.loadedNodes = [node.GetID() for node in nodes]
        plugin.loaded(nodes)
        return True
