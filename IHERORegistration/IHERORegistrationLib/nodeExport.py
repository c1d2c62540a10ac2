"""What a node of the scene can be exported as, and with which images.

What makes the objects is imported when one is to be made: it would slow down opening a module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import slicer

from .databaseSeries import DatabaseSeries
from .errors import ReferenceNotFoundError
from .exportProposal import ExportTask
from .keptDerivation import derivationOf, isDerived
from .keptObject import keepsObject
from .nodeIdentity import NO_IMAGES, instancesOfNode, knownFrame
from .registeredEnds import imagesInScene, imagesOfPoints, isDose, registeredEnds
from .scene import parentOfFixed

if TYPE_CHECKING:
    from .exportedNode import NamedSeries

POINTS = "vtkMRMLMarkupsFiducialNode"
Volumes = tuple[slicer.vtkMRMLScalarVolumeNode, ...]


@dataclass(frozen=True, eq=False)
class ExportImages:
    """The images that an object of a node may belong to: where a tuple holds one, it is clear; the
    rest the user has to say. Only registrations have a `moving` image.
    """

    fixed: Volumes
    moving: Volumes = ()
    hasMoving: bool = False


def isExported(node: slicer.vtkMRMLNode) -> bool:
    """Whether there is an object for nodes like `node`."""
    if node.GetHideFromEditors():
        return False
    classes = ("vtkMRMLTransformNode", "vtkMRMLSegmentationNode", POINTS)
    return any(map(node.IsA, classes)) or isDose(node) or isDerived(node)


def exportImages(
    node: slicer.vtkMRMLNode, frameOfInstance: Mapping[str, str] = NO_IMAGES
) -> ExportImages:
    """The images for `node`, by what it says itself. `frameOfInstance` tells the frames of images
    that Slicer's own readers loaded (SOP Instance UID → frame, see `knownImages`).
    """
    images = imagesInScene(node.GetScene())
    for one in images:
        knownFrame(one, frameOfInstance)  # then it remembers
    if node.IsA("vtkMRMLTransformNode"):
        ends = registeredEnds(node)
        return ExportImages(ends.fixed, ends.moving, hasMoving=True)
    frame = knownFrame(node, frameOfInstance)
    derivation = derivationOf(node)
    if derivation is not None:
        return ExportImages(
            tuple(one for one in images if instancesOfNode(one) == derivation.target)
        )
    if keepsObject(node):
        from .keptExport import imagesOfKept

        return ExportImages(imagesOfKept(node, images))
    if node.IsA("vtkMRMLSegmentationNode"):
        from .structureExport import imagesOfSegments

        return ExportImages(imagesOfSegments(node))
    if node.IsA(POINTS):
        return ExportImages(imagesOfPoints(node))
    return ExportImages(tuple(one for one in images if frame and knownFrame(one) == frame))


def exportTask(
    node: slicer.vtkMRMLNode,
    fixed: slicer.vtkMRMLScalarVolumeNode,
    moving: slicer.vtkMRMLScalarVolumeNode | None,
    known: DatabaseSeries,
) -> ExportTask:
    """What is exported of `node`; a registration needs a `moving` image.

    Raises
        DeformableContentError: it is a deformation, which another library writes.
        IHEROError: there is no object for it, or its images are not at hand; says why.
    """
    from .doseExport import doseExport
    from .fiducialsExport import fiducialsExport
    from .keptExport import isAsMade, keptExport
    from .rigidExport import rigidExport
    from .structureExport import structureExport

    if node.IsA("vtkMRMLTransformNode"):
        if moving is None:
            raise ReferenceNotFoundError("say which image the registration moves")
        return rigidExport(node, _named(fixed, known), _named(moving, known))
    images = _named(fixed, known)
    if isAsMade(node):
        return keptExport(node, images)
    if node.IsA("vtkMRMLSegmentationNode"):
        return structureExport(node, images, known.structureSet(node))
    if node.IsA(POINTS):
        return fiducialsExport(node, fixed, images)
    if not instancesOfNode(node):
        raise ReferenceNotFoundError(
            f"{node.GetName()} does not come from an RT Dose, so that its plan and type are not "
            "known: carry a dose that was loaded from DICOM instead"
        )
    return doseExport(node, known.dose(node), images)


def isLinear(
    node: slicer.vtkMRMLTransformNode, fixed: slicer.vtkMRMLScalarVolumeNode | None = None
) -> bool:
    """Whether `node` and those between it and the image that stays, see `parentOfFixed`, make a
    matrix.
    """
    return bool(node.IsTransformToNodeLinear(parentOfFixed(node, fixed)))


def isOfDeformation(node: slicer.vtkMRMLNode) -> bool:
    """Whether the library of deformations writes `node`: transforms that are no matrix, and images
    that were made through registrations of any kind.
    """
    if node.IsA("vtkMRMLTransformNode"):
        return not isLinear(node)
    return isDerived(node)


def namedImages(
    nodes: tuple[slicer.vtkMRMLScalarVolumeNode, ...], known: DatabaseSeries
) -> tuple[NamedSeries, ...]:
    """The series behind volume nodes, by their names."""
    return tuple(_named(one, known) for one in nodes)


def _named(node: slicer.vtkMRMLScalarVolumeNode, known: DatabaseSeries) -> NamedSeries:
    from .exportedNode import NamedSeries

    return NamedSeries(known.series(node), node.GetName(), node)
