"""The small phantoms in a scene, as their files would be loaded."""

from __future__ import annotations

import functools
from pathlib import Path
from types import SimpleNamespace

import slicer

from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.dataFolder import DataFolder, dataFolder
from IHERORegistrationLib.dataNodes import (
    doseNodeFromDose,
    nodesFromStructureSet,
    volumeNodeFromSeries,
)
from IHERORegistrationLib.dose import Dose
from IHERORegistrationLib.reader import registrationFromFile
from IHERORegistrationLib.scene import transformNodesFromRegistration
from IHERORegistrationLib.structures import StructureSet


@functools.lru_cache(maxsize=2)
def _filesOf(folder: Path) -> tuple[DataFolder, StructureSet, Dose]:
    """What is read of a phantom whenever it is loaded; nobody writes into its folder."""
    files = dataFolder(folder)
    return files, files.oneStructureSet(), files.oneDose()


def loadedPhantom(phantom, scene: slicer.vtkMRMLScene) -> SimpleNamespace:
    """Nodes of everything: `images` and `registrations` by the name of the scan, `dose`,
    `structures`.
    """
    folder, structures, dose = _filesOf(phantom.folder)
    byFrame = {one.frame: one for one in folder.series}
    scans = {one.scan.name: byFrame[one.frame] for one in phantom.series}
    registrations = {}
    for written in phantom.registrations:
        one = registrationFromFile(written.path, frameOfInstance=folder.frameOfInstance)
        for node in transformNodesFromRegistration(one, scene):
            frame = node.GetAttribute("IHERO.SourceFrame")
            name = next(scan for scan, series in scans.items() if series.frame == frame)
            registrations[name] = node
    primary = scans[phantom.primary.scan.name]
    return SimpleNamespace(
        images={name: volumeNodeFromSeries(one, scene) for name, one in scans.items()},
        dose=doseNodeFromDose(dose, scene),
        structures=nodesFromStructureSet(structures, primary.lattice, scene),
        registrations=registrations,
    )


def loadedDeformedPhantom(deformed, scene: slicer.vtkMRMLScene) -> SimpleNamespace:
    """Nodes of both images by the name of the scan and of the deformation."""
    folder = dataFolder(deformed.folder)
    byFrame = {one.frame: one for one in folder.series}
    registration = deformableRegistrationFromFile(deformed.deformation().path)
    (node,) = transformNodesFromDeformation(registration, scene)
    return SimpleNamespace(
        images={
            one.scan.name: volumeNodeFromSeries(byFrame[one.frame], scene)
            for one in (deformed.registered, deformed.source)
        },
        registration=node,
    )
