"""Spatial Fiducials in Slicer's DICOM browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import slicer
from pydicom.uid import SpatialFiducialsStorage
from slicer.i18n import tr as _

from .databaseImages import DatabaseImages
from .dataOffers import fiducialsOffer, referencedByFiducials
from .fiducialNodes import nodesFromFiducials
from .fiducialsReader import fiducialsFromFile
from .objectPlugin import ObjectPlugin
from .offer import Offer


class FiducialsPlugin(ObjectPlugin):
    """Reader of Spatial Fiducials."""

    key = "IHEROFiducialsPlugin"
    sopClassUIDs = frozenset({SpatialFiducialsStorage})
    kind = _("Fiducials")

    def offer(self, files: Sequence[Path], images: DatabaseImages) -> Offer:
        """How many lie on which images."""
        (file,) = files
        fiducials = fiducialsFromFile(file)
        return fiducialsOffer(fiducials, images.names(referencedByFiducials(fiducials)), images)

    def nodes(self, files: Sequence[Path]) -> Sequence[slicer.vtkMRMLMarkupsFiducialNode]:
        """A point list for each frame."""
        (file,) = files
        return nodesFromFiducials(fiducialsFromFile(file), slicer.mrmlScene)
