"""A transform node of any kind as a registration between two images of the scene."""

from __future__ import annotations

from dataclasses import dataclass, replace

import slicer

from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.nodeIdentity import knownFrame
from IHERORegistrationLib.registration import RegistrationItem, SpatialRegistration
from IHERORegistrationLib.registrationText import patientFromText, seriesFromText
from IHERORegistrationLib.scene import (
    REGISTERED_FRAME,
    SERIES,
    SOURCE_FRAME,
    SOURCE_ITEM,
    registrationFromTransformNode,
    textsOf,
    transformFromNode,
)
from IHERORegistrationLib.sceneImages import SceneImage, imageOfNode
from IHERORegistrationLib.subjectHierarchy import PATIENT
from IHERORegistrationLib.writtenObject import SOP_CLASS

from .deformableRegistration import (
    DeclaredMatrix,
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from .deformation import DeformableTransform
from .heldDeformation import isAsRead
from .learnedDeformation import Sampling, samplingOf
from .nodeDeformation import deformationFromTransformNode
from .readings import ReadingName, Registration, readingOf
from .sampledDeformation import LARGEST_ERROR, Progress
from .scene import registrationFromDeformationNode


@dataclass(frozen=True, eq=False)
class NodeRegistration:
    """What a transform node says: `registration`, which takes points of the `base`, the image that
    stays, to the `overlay`; LPS mm in the coordinates of each.
    """

    registration: Registration
    base: SceneImage
    overlay: SceneImage

    @property
    def way(self) -> Transform:
        """As the standard reads it, base → overlay."""
        return readingOf(
            self.registration, ReadingName.STANDARD, self.overlay.frame
        ).reading.transform

    @property
    def names(self) -> dict[str, str]:
        """Of the images, by their frames."""
        return {one.frame: one.description for one in (self.base, self.overlay)}


def registrationOfNode(
    node: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode,
    overlay: slicer.vtkMRMLScalarVolumeNode,
    progress: Progress = lambda _: None,
) -> NodeRegistration:
    """What `node` says of `base` and `overlay`: data in the coordinates of the overlay appears in
    the base when it is put under `node`. What is no grid among matrices is sampled over the base.

    Frames are those that the images know, or else, where the node does not contradict, made up.

    Raises
        FrameOfReferenceError: the node connects other frames; or it is no object as it was read and
        the base lies under a transform, so that nobody knows from where it leads.
        MalformedRegistrationError, SamplingError, LandmarkError: see deformationFromTransformNode.
    """
    if base.GetParentTransformNode() is not None and not isAsRead(node):
        raise FrameOfReferenceError(
            f"expected a base that no transform moves, found {base.GetName()} under "
            f"{base.GetParentTransformNode().GetName()}: choose the image that stays as base"
        )
    if base is overlay:
        raise FrameOfReferenceError(f"expected two images, found {base.GetName()} twice")
    frames = _frame(node, REGISTERED_FRAME, base), _frame(node, SOURCE_FRAME, overlay)
    if frames[0] == frames[1]:  # as for two phases of one scan
        frames = frames[0], f"{frames[1]} {overlay.GetID()}"
    here = replace(imageOfNode(base), frame=frames[0])
    there = replace(imageOfNode(overlay), frame=frames[1])
    return NodeRegistration(_registration(node, here, there, progress), here, there)


def _frame(
    node: slicer.vtkMRMLTransformNode, end: str, image: slicer.vtkMRMLScalarVolumeNode
) -> str:
    """Of the coordinates of `image`, at that end of `node`."""
    expected, found = node.GetAttribute(end), knownFrame(image)
    if expected and found and expected != found:
        raise FrameOfReferenceError(
            f"expected for {node.GetName()} an image in Frame of Reference {expected}, found "
            f"{image.GetName()} in {found}"
        )
    return expected or found or image.GetID()


def _registration(
    node: slicer.vtkMRMLTransformNode, base: SceneImage, overlay: SceneImage, progress: Progress
) -> Registration:
    if isAsRead(node):
        return registrationFromDeformationNode(node)
    if node.IsLinear():
        if node.GetAttribute(SOURCE_ITEM) is not None:
            return registrationFromTransformNode(node)
        return _linear(node, base.frame, overlay.frame)
    sampling = samplingOf(node) or Sampling(base.lattice, LARGEST_ERROR, None)
    made = deformationFromTransformNode(
        node,
        sampling.over,
        base.frame,
        overlay.frame,
        error=sampling.error,
        spacing=sampling.spacing,
        progress=progress,
    )
    return _withIdentity(node, _deformable(node, made.transform))


def _withIdentity(
    node: slicer.vtkMRMLTransformNode, sampled: DeformableSpatialRegistration
) -> DeformableSpatialRegistration:
    """`sampled` as the object that holds these samples of `node`, if there is one."""
    if samplingOf(node) is None:
        return sampled
    return replace(
        sampled,
        sopClassUID=node.GetAttribute(SOP_CLASS),
        series=seriesFromText(node.GetAttribute(SERIES)),
        patient=patientFromText(node.GetAttribute(PATIENT)),
        **textsOf(node),
    )


def _linear(node: slicer.vtkMRMLTransformNode, registered: str, source: str) -> SpatialRegistration:
    matrix = transformFromNode(node, source, registered).matrix
    item = RegistrationItem(1, source, (), (matrix,), ("",))
    return SpatialRegistration("", registered, (item,), label=node.GetName())


def _deformable(
    node: slicer.vtkMRMLTransformNode, held: DeformableTransform
) -> DeformableSpatialRegistration:
    item = DeformableRegistrationItem(
        number=1,
        sourceFrame=held.toFrame,
        images=(),
        pre=DeclaredMatrix(held.pre, ""),
        grid=held.grid,
        post=DeclaredMatrix(held.post, ""),
    )
    return DeformableSpatialRegistration("", held.fromFrame, (item,), label=node.GetName())
