"""What our readers in Slicer's DICOM browser share.

Slicer loads what has the highest confidence of each series, whatever else a reader says of it, so
that an object that cannot be read is refused by us rather than read in part by another reader. It
asks whether to load the images that a loadable names, and takes these for one volume: a loadable
therefore names the images of one series, whole, and further series have a loadable of their own,
which is never chosen by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import slicer
from slicer.i18n import tr as _

from .databaseImages import TAGS, DatabaseImages
from .dataNodes import volumeNodeFromSeries
from .errors import IHEROError
from .imageClasses import IMAGE_SOP_CLASSES
from .knownPlugin import KnownPlugin
from .offer import Offer
from .sentences import oneLine
from .seriesReading import seriesFromFiles
from .unchangedOnError import unchangedOnError

CONFIDENCE = 1.0  # above all readers that leave room for others
IMAGES_ONLY = 0.0  # the confidence of loadables for images that an object names


class ObjectPlugin(KnownPlugin):
    """Reader of one kind of object, of which each file holds one."""

    sopClassUIDs: ClassVar[frozenset[str]] = frozenset()
    kind: ClassVar[str] = ""  # in the browser's column of readers, and where it cannot be read

    def __init__(self) -> None:
        super().__init__()
        self.loadType = self.kind
        self.tags |= TAGS

    def offer(self, files: Sequence[Path], images: DatabaseImages) -> Offer:
        """What a user is told of the object before it is loaded.

        Raises
            IHEROError: it cannot be read.
        """
        raise NotImplementedError

    def nodes(self, files: Sequence[Path]) -> Sequence[slicer.vtkMRMLNode]:
        """The nodes of the object, at least one, new in the application's scene.

        Raises
            IHEROError: it cannot be read.
        """
        raise NotImplementedError

    def groups(self, files: Sequence[str]) -> Iterable[Sequence[str]]:
        """Of the files of one series those that make an object each. All objects of a series are
        of one modality (PS3.3 C.7.3.1.1.1), so that of images only the first is asked.
        """
        if not files or self.sopClass(files[0]) in IMAGE_SOP_CLASSES:
            return []
        return [[file] for file in files if self.takes(Path(file), self.sopClass(file))]

    @classmethod
    def takes(cls, path: Path, sopClassUID: str) -> bool:
        """Whether the file at `path`, which says that it holds an object of `sopClassUID`, is for
        this reader.
        """
        return sopClassUID in cls.sopClassUIDs

    def confidence(self) -> float:
        """How sure we are to be the reader that the user wants."""
        return CONFIDENCE

    def sopClass(self, file: str) -> str:
        """SOP Class UID of a file in the database."""
        return slicer.dicomDatabase.fileValue(file, TAGS["sopClassUID"])

    def examineForImport(self, fileLists: Iterable[Sequence[str]]) -> list[Any]:
        """The loadables of each object in `fileLists`, which list files by series.

        Nothing is kept from one time to the next: images may have come since.
        """
        images = DatabaseImages(slicer.dicomDatabase)
        return [
            loadable
            for files in fileLists
            for group in self.groups(files)
            for loadable in self._loadables(group, images)
        ]

    def _loadables(self, files: Sequence[str], images: DatabaseImages) -> list[Any]:
        loadable = slicer.qSlicerDICOMLoadable()
        loadable.files = list(files)
        loadable.confidence = self.confidence()
        try:
            offer = self.offer([Path(file) for file in files], images)
        except IHEROError as error:
            loadable.name = _("{kind} that cannot be read").format(kind=self.kind)
            loadable.warning = oneLine(str(error))
            loadable.selected = False
            return [loadable]
        loadable.name, loadable.tooltip, loadable.warning = offer.name, offer.tooltip, offer.warning
        loadable.selected = loadable.confidence == CONFIDENCE
        series = images.series(offer.referenced)
        further = []
        for number, one in enumerate(series):
            whole = list(slicer.dicomDatabase.instancesForSeries(one.seriesInstanceUID))
            if number == 0:
                loadable.referencedInstanceUIDs = whole
                continue
            other = slicer.qSlicerDICOMLoadable()
            other.files = list(files)
            other.name = _("Images only, of {object}: {images}").format(
                object=offer.name, images=one.name
            )
            other.tooltip = offer.tooltip
            other.confidence, other.selected = IMAGES_ONLY, False
            other.referencedInstanceUIDs = whole
            further.append(other)
        return [loadable, *further]

    def load(self, loadable: Any) -> Any:
        """The first node of the object in a loadable; all are in the scene. False where it cannot
        be loaded: then the scene is as it was, and the name of the loadable, with which Slicer
        tells the user that it could not load it, says why.
        """
        try:
            with unchangedOnError(slicer.mrmlScene):
                if loadable.confidence == IMAGES_ONLY:
                    return _volumeNodes(loadable.referencedInstanceUIDs)[0]
                nodes = self.nodes([Path(file) for file in loadable.files])
        except IHEROError as error:
            logging.error("%s could not be loaded: %s", self.kind, error)
            loadable.name = f"{loadable.name} ({oneLine(str(error))})"
            return False
        self.loaded(nodes)
        return nodes[0]

    def loaded(self, nodes: Sequence[slicer.vtkMRMLNode]) -> None:
        """What is to be done when new `nodes` are in the scene."""


def _volumeNodes(sopInstanceUIDs: Iterable[str]) -> list[slicer.vtkMRMLScalarVolumeNode]:
    files = map(slicer.dicomDatabase.fileForInstance, sopInstanceUIDs)
    series = seriesFromFiles(Path(file) for file in files if file)
    return [volumeNodeFromSeries(one, slicer.mrmlScene) for one in series]
