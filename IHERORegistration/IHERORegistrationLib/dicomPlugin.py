"""Spatial Registrations in Slicer's DICOM browser: examined by their content, loaded as the library
does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import slicer
from slicer.i18n import tr as _

from .databaseImages import DatabaseImages, knownImages
from .errors import FrameOfReferenceError
from .objectPlugin import ObjectPlugin
from .offer import Offer
from .reader import registrationFromFile
from .registration import SPATIAL_REGISTRATION
from .registrationKind import mayBeDeformable
from .registrationOffer import referencedImages, registrationOffer
from .scene import transformNodesFromRegistration
from .subjectHierarchy import markReferences

if TYPE_CHECKING:
    from .inspection import ObjectInspection

DEFORMABLE_READER = "IHERODeformationPlugin"  # its key in slicer.modules.dicomPlugins


class RegistrationPlugin(ObjectPlugin):
    """Reader of one kind of registration object; this one of Spatial Registrations."""

    key = "IHERORegistrationPlugin"
    sopClassUIDs = frozenset({SPATIAL_REGISTRATION})
    kind = _("Registration")
    listeners: ClassVar[tuple[Callable[[Sequence[Any]], None], ...]] = ()  # to new nodes

    @classmethod
    def takes(cls, path: Path, sopClassUID: str) -> bool:
        """A deformable registration under the SOP class of rigid ones is for the other reader, if
        it is there.
        """
        if DEFORMABLE_READER in slicer.modules.dicomPlugins and mayBeDeformable(path):
            return False
        return super().takes(path, sopClassUID)

    def registration(self, path: Path, frameOfInstance: Mapping[str, str]) -> Any:
        """The registration in a file."""
        return registrationFromFile(path, frameOfInstance=frameOfInstance)

    def inspection(self, path: Path, images: DatabaseImages) -> ObjectInspection:
        """The registration in a file, judged alone."""
        from .databaseRegistrations import rigidInspection  # all profiles: not at Slicer's start

        return rigidInspection(path, images)

    def newNodes(self, registration: Any) -> tuple[slicer.vtkMRMLTransformNode, ...]:
        """Its transform nodes, new in the application's scene."""
        return transformNodesFromRegistration(registration, slicer.mrmlScene)

    def offer(self, files: Sequence[Path], images: DatabaseImages) -> Offer:
        """What maps where, what was repaired, which images are missing."""
        (file,) = files
        registration = self.registration(file, images)
        referenced = referencedImages(registration)
        kind = self.kindOf(registration)
        return registrationOffer(
            registration, kind, images.names(referenced), images.atHand(referenced)
        )

    def kindOf(self, registration: Any) -> str:
        """What a registration is called."""
        return self.kind

    def nodes(self, files: Sequence[Path]) -> Sequence[slicer.vtkMRMLTransformNode]:
        """A transform node for each frame that the registration moves.

        Raises
            IHEROError: it cannot be read, or it leads from no other frame to the registered one.
        """
        (file,) = files
        registration = self.registration(file, knownImages(slicer.dicomDatabase))
        nodes = self.newNodes(registration)
        if not nodes:
            raise FrameOfReferenceError(
                "expected an item whose images lie in another Frame of Reference than the "
                f"registered one, found none: {file}"
            )
        for node in nodes:
            markReferences(node, referencedImages(registration))
        return nodes

    def loaded(self, nodes: Sequence[slicer.vtkMRMLNode]) -> None:
        """Tell the module of new registrations; it offers to apply them."""
        for listener in self.listeners:
            listener(nodes)
