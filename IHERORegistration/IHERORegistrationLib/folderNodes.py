"""Everything in a folder of DICOM files as nodes, where no DICOM database is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import slicer

from .dataFolder import DataFolder
from .dataNodes import doseNodeFromDose, volumeNodeFromSeries
from .errors import ReferenceNotFoundError
from .fiducialNodes import nodesFromFiducials
from .lattice import Lattice
from .registrationOffer import referencedImages
from .registrationRecord import UNWATCHED, Watch
from .structures import StructureSet
from .structureSetNodes import loadedStructureSet
from .subjectHierarchy import markReferences

# Reads the registration in a file, with frames by instance, and makes its nodes
Reader = Callable[[Path, Mapping[str, str], slicer.vtkMRMLScene], tuple[object, Sequence]]


@dataclass(frozen=True, eq=False)
class FolderNodes:
    """The nodes by kind, each in the order of the files."""

    images: tuple[slicer.vtkMRMLScalarVolumeNode, ...]
    structures: tuple[slicer.vtkMRMLDisplayableNode, ...]
    doses: tuple[slicer.vtkMRMLScalarVolumeNode, ...]
    fiducials: tuple[slicer.vtkMRMLMarkupsFiducialNode, ...]
    registrations: tuple[slicer.vtkMRMLTransformNode, ...]


def nodesFromFolder(
    folder: DataFolder, scene: slicer.vtkMRMLScene, read: Reader, watch: Watch = UNWATCHED
) -> FolderNodes:
    """New nodes for all that lies in `folder`; nothing is applied to anything.

    Raises
        IHEROError: one of the objects cannot be read.
        RegistrationCancelledError: who watches wants it to end; some nodes are there.
    """
    count = len(folder.series) + 4
    images = []
    for number, series in enumerate(folder.series):
        watch.tell(f"{series.modality} {series.description}", number / count)
        images.append(volumeNodeFromSeries(series, scene))

    def latticeOf(part: StructureSet) -> Lattice:
        uids = {one.seriesInstanceUID for one in part.series}
        for series in folder.series:
            if series.seriesInstanceUID in uids and series.frame == part.frame:
                return series.lattice
        raise ReferenceNotFoundError(f"its images are not in {folder.path}")

    watch.tell("Structures", (count - 4) / count)
    structures = [
        node
        for one in folder.structureSets
        for node in loadedStructureSet(one, latticeOf, scene).nodes
    ]
    watch.tell("Doses", (count - 3) / count)
    doses = [doseNodeFromDose(one, scene) for one in folder.doses]
    watch.tell("Landmarks", (count - 2) / count)
    fiducials = [node for one in folder.fiducials for node in nodesFromFiducials(one, scene)]
    watch.tell("Registrations", (count - 1) / count)
    registrations = []
    for path in folder.registrations:
        registration, nodes = read(path, folder.frameOfInstance, scene)
        for node in nodes:
            markReferences(node, referencedImages(registration))
            registrations.append(node)
    return FolderNodes(*map(tuple, (images, structures, doses, fiducials, registrations)))
