"""Deformable Spatial Registrations in Slicer's DICOM browser; their vectors are read when they are
loaded, not when they are examined.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import slicer
import slicer.util
from slicer.i18n import tr as _

from IHERORegistrationLib.databaseImages import DatabaseImages
from IHERORegistrationLib.dicomPlugin import DEFORMABLE_READER, RegistrationPlugin
from IHERORegistrationLib.registration import SPATIAL_REGISTRATION, SpatialRegistration
from IHERORegistrationLib.registrationKind import mayBeDeformable

from .anyRegistration import AnyRegistration, storedRegistration
from .deformableRegistration import DEFORMABLE_SPATIAL_REGISTRATION
from .scene import transformNodeFromItem, transformNodesFromDeformation

if TYPE_CHECKING:
    from IHERORegistrationLib.inspection import ObjectInspection


class DeformationPlugin(RegistrationPlugin):
    """Reader of Deformable Spatial Registrations."""

    key = DEFORMABLE_READER
    sopClassUIDs = frozenset({DEFORMABLE_SPATIAL_REGISTRATION, SPATIAL_REGISTRATION})
    kind = _("Deformable registration")

    @classmethod
    def takes(cls, path: Path, sopClassUID: str) -> bool:
        """The content counts: deformable ones are met under the SOP class of rigid ones."""
        if sopClassUID == SPATIAL_REGISTRATION:
            return mayBeDeformable(path)
        return sopClassUID in cls.sopClassUIDs

    def registration(self, path: Path, frameOfInstance: Mapping[str, str]) -> AnyRegistration:
        """The registration in a file, of either kind."""
        return storedRegistration(path, frameOfInstance=frameOfInstance).registration

    def kindOf(self, registration: AnyRegistration) -> str:
        """What a registration is called."""
        isRigid = isinstance(registration, SpatialRegistration)
        return RegistrationPlugin.kind if isRigid else self.kind

    def inspection(self, path: Path, images: DatabaseImages) -> ObjectInspection:
        """The registration in a file, judged alone."""
        from .databaseInspection import databaseInspection  # all profiles: not at Slicer's start

        return databaseInspection(path, images)

    def newNodes(self, registration: AnyRegistration) -> tuple[slicer.vtkMRMLTransformNode, ...]:
        """Its transform nodes, new in the application's scene; those for a field that maps a frame
        onto itself only if the user says that it is meant.
        """
        if isinstance(registration, SpatialRegistration):
            return super().newNodes(registration)
        own = registration.selfMappingItems
        if own and not _isMeant():
            own = ()
        return (
            *transformNodesFromDeformation(registration, slicer.mrmlScene),
            *(transformNodeFromItem(registration, item, slicer.mrmlScene) for item in own),
        )


def _isMeant() -> bool:
    return slicer.util.confirmYesNoDisplay(
        _(
            "The deformation maps a Frame of Reference onto itself, as a correction of distortion "
            "does. Is that what it is? Only then it is loaded."
        ),
        windowTitle=_("Deformable registration"),
    )
