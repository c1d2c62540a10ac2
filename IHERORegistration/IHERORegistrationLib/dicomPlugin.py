"""Spatial Registrations in Slicer's DICOM browser: examined by their content, loaded as the library
does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import slicer
from DICOMLib import DICOMPlugin

from .databaseImages import TAGS, DatabaseImages
from .errors import FrameOfReferenceError, IHEROError
from .reader import registrationFromFile
from .registration import SPATIAL_REGISTRATION
from .registrationOffer import referencedImages, registrationOffer
from .scene import transformNodesFromRegistration
from .subjectHierarchy import markReferences

CONFIDENCE = 1.0  # above SlicerRT's reader, which leaves room for others at 0.9


class RegistrationPlugin(DICOMPlugin):
    """Reader of one kind of registration object; this one of Spatial Registrations."""

    key: ClassVar[str] = "IHERORegistrationPlugin"  # in slicer.modules.dicomPlugins
    sopClassUID: ClassVar[str] = SPATIAL_REGISTRATION
    kind: ClassVar[str] = "Registration"

    @classmethod
    def register(cls) -> None:
        """Make the plugin known to the DICOM browser, which may not be there yet."""
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins[cls.key] = cls

    def __init__(self) -> None:
        super().__init__()
        self.loadType = self.kind
        self.tags |= TAGS

    def registration(self, path: Path, frameOfInstance: Mapping[str, str]) -> Any:
        """The registration in a file."""
        return registrationFromFile(path, frameOfInstance=frameOfInstance)

    def nodes(self, registration: Any) -> tuple[slicer.vtkMRMLTransformNode, ...]:
        """Its transform nodes, new in the application's scene."""
        return transformNodesFromRegistration(registration, slicer.mrmlScene)

    def examineForImport(self, fileLists: Iterable[Iterable[str]]) -> list[Any]:
        """One loadable for each registration object in `fileLists`, which list files by series.

        Nothing is kept from one time to the next: images may have come since.
        """
        files = (file for files in fileLists for file in files)
        return [self._loadable(file) for file in files if self._isOurs(file)]

    def _isOurs(self, file: str) -> bool:
        return slicer.dicomDatabase.fileValue(file, TAGS["sopClassUID"]) == self.sopClassUID

    def _loadable(self, file: str) -> Any:
        loadable = slicer.qSlicerDICOMLoadable()
        loadable.files = [file]
        loadable.confidence = CONFIDENCE
        images = DatabaseImages(slicer.dicomDatabase)
        try:
            registration = self.registration(Path(file), images)
        except IHEROError as error:
            loadable.name = f"{self.kind} that cannot be read"
            loadable.warning = str(error)
            loadable.selected = False
            return loadable
        referenced = referencedImages(registration)
        atHand = {uid for uid in referenced if uid in images}
        offer = registrationOffer(registration, self.kind, images.names(referenced), atHand)
        loadable.name, loadable.tooltip, loadable.warning = offer.name, offer.tooltip, offer.warning
        loadable.referencedInstanceUIDs = list(offer.referenced)
        loadable.selected = True
        return loadable

    def load(self, loadable: Any) -> slicer.vtkMRMLTransformNode:
        """The first transform node of the registration in a loadable; all are in the scene.

        Raises
            IHEROError: it cannot be read, or it leads from no other frame to the registered one.
        """
        (file,) = loadable.files
        registration = self.registration(Path(file), DatabaseImages(slicer.dicomDatabase))
        nodes = self.nodes(registration)
        if not nodes:
            raise FrameOfReferenceError(
                "expected an item whose images lie in another Frame of Reference than the "
                f"registered one, found none: {file}"
            )
        for node in nodes:
            markReferences(node, referencedImages(registration))
        return nodes[0]
