"""Structures that were carried to other images, as nodes of the scene."""

from __future__ import annotations

from collections.abc import Iterable

import slicer

from .carriedSet import INHERITED, CarriedStructureSet
from .dataNodes import nodesFromStructureSet
from .images import ImageSeries
from .keptObject import keepObject
from .registration import Registration
from .registrationText import textFromSeries
from .structureSetReader import structureSetFromDataset

REGISTRATIONS = "IHERO.UsedRegistrations"  # of nodes that were made by them
WIDE, PALE = 4, 0.5  # lines in slice views, pixels and opacity: others over them are seen, too


def nodesFromCarried(
    carried: CarriedStructureSet,
    target: ImageSeries,
    registrations: Iterable[Registration],
    scene: slicer.vtkMRMLScene,
    profile: str,
) -> tuple[slicer.vtkMRMLDisplayableNode, ...]:
    """New nodes in the frame of `target`, under its patient and study: see nodesFromStructureSet.
    They know the `registrations` used, and keep the object, made by `profile`, that they will be
    sent as.
    """
    nodes = nodesFromStructureSet(structureSetFromDataset(carried.dataset), target.lattice, scene)
    for node in nodes:
        rememberRegistrations(node, registrations)
        keepObject(node, carried.dataset, profile, INHERITED)
        if node.IsA("vtkMRMLSegmentationNode"):
            node.GetDisplayNode().SetSliceIntersectionThickness(WIDE)
            node.GetDisplayNode().SetOpacity2DOutline(PALE)
    return nodes


def isWide(node: slicer.vtkMRMLSegmentationNode) -> bool:
    """Whether its outlines are drawn as those of carried structures."""
    display = node.GetDisplayNode()
    return display is not None and display.GetSliceIntersectionThickness() > 1


def rememberRegistrations(node: slicer.vtkMRMLNode, registrations: Iterable[Registration]) -> None:
    """Let `node` know by which registrations it was made, as far as these are DICOM objects."""
    objects = (one.reference for one in registrations if one.sopInstanceUID)
    node.SetAttribute(REGISTRATIONS, textFromSeries(objects))
