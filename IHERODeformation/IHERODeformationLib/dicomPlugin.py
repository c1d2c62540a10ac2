"""Deformable Spatial Registrations in Slicer's DICOM browser; their vectors are read when they are
loaded, not when they are examined.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from IHERORegistrationLib.databaseImages import DatabaseImages
from IHERORegistrationLib.dicomPlugin import RegistrationPlugin
from IHERORegistrationLib.inspection import ObjectInspection

from .anyRegistration import AnyRegistration, storedRegistration
from .databaseInspection import databaseInspection
from .deformableRegistration import (
    DEFORMABLE_SPATIAL_REGISTRATION,
    DeformableSpatialRegistration,
)
from .scene import transformNodesFromDeformation


class DeformationPlugin(RegistrationPlugin):
    """Reader of Deformable Spatial Registrations."""

    key = "IHERODeformationPlugin"
    sopClassUIDs = frozenset({DEFORMABLE_SPATIAL_REGISTRATION})
    kind = _("Deformable registration")

    def registration(self, path: Path, frameOfInstance: Mapping[str, str]) -> AnyRegistration:
        """The registration in a file."""
        return storedRegistration(path, frameOfInstance=frameOfInstance).registration

    def inspection(self, path: Path, images: DatabaseImages) -> ObjectInspection:
        """The registration in a file, judged alone."""
        return databaseInspection(path, images)

    def newNodes(
        self, registration: DeformableSpatialRegistration
    ) -> tuple[slicer.vtkMRMLTransformNode, ...]:
        """Its transform nodes, new in the application's scene."""
        return transformNodesFromDeformation(registration, slicer.mrmlScene)
