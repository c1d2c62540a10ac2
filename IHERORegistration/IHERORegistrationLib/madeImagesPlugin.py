"""Images that were made through a registration, deformed or resampled, in Slicer's DICOM browser.

What they are is said in their headers. They lie in the Frame of Reference of the images that they
were made for; all other images are left to Slicer's own readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import slicer
from pydicom import Dataset
from slicer.i18n import tr as _

from .databaseImages import TAGS, DatabaseImages
from .dataNodes import volumeNodeFromSeries
from .dataOffers import isMadeThroughRegistration, madeImageOffer
from .errors import IHEROError
from .fileHeader import storedObject
from .imageClasses import IMAGE_SOP_CLASSES
from .macros import referenceFromItem
from .objectPlugin import ObjectPlugin
from .objectReading import reading
from .offer import Offer
from .seriesReading import seriesFromFiles


class MadeImagesPlugin(ObjectPlugin):
    """Reader of image series that name the registration they were made through."""

    key = "IHEROMadeImagesPlugin"
    sopClassUIDs = IMAGE_SOP_CLASSES
    kind = _("Image made through a registration")

    def groups(self, files: Sequence[str]) -> Iterable[Sequence[str]]:
        """All files of a series, if its first image is one of ours. Only the header of a derived
        image is opened.
        """
        if not files or self.sopClass(files[0]) not in self.sopClassUIDs:
            return []
        imageType = slicer.dicomDatabase.fileValue(files[0], TAGS["imageType"])
        if not imageType.startswith("DERIVED"):
            return []
        try:
            isOurs = isMadeThroughRegistration(storedObject(Path(files[0])).header)
        except IHEROError:
            return []  # Slicer's readers will say what they make of it
        return [files] if isOurs else []

    def offer(self, files: Sequence[Path], images: DatabaseImages) -> Offer:
        """What was deformed or resampled onto what."""
        header = storedObject(files[0]).header
        itself = slicer.dicomDatabase.seriesForFile(str(files[0]))
        others = {
            frame: one.name
            for frame, one in images.ofPatient(itself).items()
            if one.seriesInstanceUID != itself
        }
        source = next((one.name for one in images.series(_sources(header))), "")
        return madeImageOffer(header, others, source)

    def nodes(self, files: Sequence[Path]) -> Sequence[slicer.vtkMRMLScalarVolumeNode]:
        """The volume, in the frame of the images that it was made for; shown in the views."""
        series = seriesFromFiles(files)
        nodes = [volumeNodeFromSeries(one, slicer.mrmlScene) for one in series]
        application = slicer.app.applicationLogic()
        application.GetSelectionNode().SetReferenceActiveVolumeID(nodes[0].GetID())
        application.PropagateVolumeSelection(0)
        return nodes


def _sources(header: Dataset) -> list[str]:
    """SOP Instance UIDs of the images that an image was made of."""
    with reading("the images"):
        items = header.get("SourceImageSequence") or ()
        return [referenceFromItem(item).sopInstanceUID for item in items]
