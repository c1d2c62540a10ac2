"""What nodes of the scene were read from: the image series, doses and headers in Slicer's DICOM
database that objects made of these nodes refer to.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import slicer

from .dose import Dose, doseFromFile
from .errors import MalformedObjectError, ReferenceNotFoundError
from .images import ImageSeries
from .nodeIdentity import instancesOfNode
from .nodePlace import requireOnLattice
from .seriesReading import seriesFromFiles
from .structures import StructureSet
from .structureSetReader import structureSetFromFile


class DatabaseSeries:
    """The objects behind nodes; each is read once. `database` is a ctkDICOMDatabase, None where
    there is none.
    """

    def __init__(self, database: Any) -> None:
        self._database = database
        self._series: dict[tuple[str, ...], ImageSeries] = {}
        self._dose = cache(doseFromFile)
        self._structureSet = cache(structureSetFromFile)

    def series(self, node: slicer.vtkMRMLNode) -> ImageSeries:
        """The image series that `node` was read from, headers only.

        Raises
            ReferenceNotFoundError: it does not come from DICOM, or its images are not in the
            database any more, or are no series of their own.
            MalformedObjectError: the images make no volume, or are no CT, MR or PET.
            FrameOfReferenceError: the voxels of `node` lie elsewhere by now.
        """
        found = self.seriesOf(instancesOfNode(node), node.GetName())
        requireOnLattice(node, found.lattice)
        return found

    def seriesOf(self, sopInstanceUIDs: tuple[str, ...], name: str) -> ImageSeries:
        """The image series of these instances, called `name` in messages. Raises as `series`."""
        known = self._series.get(sopInstanceUIDs)
        if known is not None and all(path.exists() for path in known.files):
            return known
        found = seriesFromFiles(self.filesOf(sopInstanceUIDs, name))
        if len(found) != 1:
            raise ReferenceNotFoundError(
                f"expected the images of one series behind {name}, found those of {len(found)}"
            )
        self._series[sopInstanceUIDs] = found[0]
        return found[0]

    def dose(self, node: slicer.vtkMRMLNode) -> Dose:
        """The RT Dose that `node` was read from.

        Raises
            ReferenceNotFoundError: as `series`.
            MalformedObjectError: it is no dose, or cannot be read.
        """
        files = self.files(node)
        if len(files) != 1:
            raise ReferenceNotFoundError(
                f"expected one RT Dose behind {node.GetName()}, found {len(files)} instances"
            )
        return self._dose(files[0])

    def structureSet(self, node: slicer.vtkMRMLNode) -> StructureSet | None:
        """The RT Structure Set that `node` was read from; None where it was drawn or comes from
        another kind of object, or the set is not in the database any more.
        """
        try:
            files = self.files(node)
            return self._structureSet(files[0]) if len(files) == 1 else None
        except (MalformedObjectError, ReferenceNotFoundError):
            return None

    def files(self, node: slicer.vtkMRMLNode) -> list[Path]:
        """The files that `node` was read from.

        Raises
            ReferenceNotFoundError: it does not come from DICOM, or not all are there any more.
        """
        return self.filesOf(instancesOfNode(node), node.GetName())

    def filesOf(self, sopInstanceUIDs: tuple[str, ...], name: str) -> list[Path]:
        """The files of these instances, called `name` in messages. Raises as `files`."""
        if not sopInstanceUIDs:
            raise ReferenceNotFoundError(
                f"{name} does not come from DICOM: an object can only refer to images that were "
                "loaded from the DICOM database"
            )
        requireOpen(self._database)
        files = [self._database.fileForInstance(uid) for uid in sopInstanceUIDs]
        absent = sum(not file or not Path(file).exists() for file in files)
        if absent:
            raise ReferenceNotFoundError(
                f"{absent} of {len(files)} files of {name} are not in the DICOM database any "
                "more: import them again"
            )
        return [Path(file) for file in files]


def requireOpen(database: Any) -> None:
    """Let `database` be asked.

    Raises
        ReferenceNotFoundError: there is none, or it is closed.
    """
    if database is None or not database.isOpen:
        raise ReferenceNotFoundError(
            "no DICOM database is open: choose its folder in the module DICOM"
        )
