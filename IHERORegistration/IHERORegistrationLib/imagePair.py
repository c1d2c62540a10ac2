"""Two images of the scene that are to be registered: the base stays, the overlay is moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import slicer

from .errors import (
    DeformableContentError,
    FrameOfReferenceError,
    PatientMismatchError,
    ReferenceNotFoundError,
)
from .geometry import AffineTransform
from .imageSide import ImageSide
from .nodeIdentity import NO_IMAGES, knownFrame, modalityOfNode, patientOfNode
from .nodeVolumes import volumeFromNode
from .rigidPresets import ANY, window
from .scene import REGISTERED_FRAME, SOURCE_FRAME
from .transformMatrix import matrixBetween


@dataclass(frozen=True, eq=False)
class ImagePair:
    """The base is `fixed`, the overlay `moving`. The frames are Frame of Reference UIDs, or names
    of our own for images that tell none (see `hasFrames`).
    """

    fixed: slicer.vtkMRMLScalarVolumeNode
    moving: slicer.vtkMRMLScalarVolumeNode
    fixedFrame: str
    movingFrame: str
    hasFrames: bool

    @property
    def sharesFrame(self) -> bool:
        return self.fixedFrame == self.movingFrame

    @property
    def modalities(self) -> tuple[str, str]:
        """Of base and overlay; ANY where the scene does not tell it."""
        return (modalityOfNode(self.fixed) or ANY, modalityOfNode(self.moving) or ANY)

    @property
    def sides(self) -> tuple[ImageSide, ImageSide]:
        """Both as the search for a registration takes them, in their own coordinates.

        Raises
            MalformedObjectError: see `volumeFromNode`.
        """
        one, other = self.modalities
        return (
            ImageSide(volumeFromNode(self.fixed, self.fixedFrame), window(one)),
            ImageSide(volumeFromNode(self.moving, self.movingFrame), window(other)),
        )

    @property
    def present(self) -> AffineTransform:
        """How the overlay lies on the base now, by the transforms that both are under: overlay →
        base, LPS mm.

        Raises
            DeformableContentError: one of them is deformed.
        """
        return self._between(
            self.moving.GetParentTransformNode(), self.fixed, "the transforms above the image"
        )

    def under(self, node: slicer.vtkMRMLTransformNode) -> AffineTransform:
        """How the overlay would lie on the base under `node`: overlay → base, LPS mm. A node that
        says of itself that it maps base → overlay is inverted.

        Raises
            DeformableContentError: it is no matrix.
            FrameOfReferenceError: it says that it connects other frames.
        """
        ends = node.GetAttribute(SOURCE_FRAME), node.GetAttribute(REGISTERED_FRAME)
        frames = self.movingFrame, self.fixedFrame
        if None in ends or ends == frames:
            return self._between(node, self.fixed, node.GetName())
        if ends == frames[::-1]:
            inverse = self._between(node, self.moving, node.GetName()).inverse()
            return AffineTransform(inverse.matrix, *frames)
        raise FrameOfReferenceError(
            f"expected a registration between the frames of {self.fixed.GetName()} and "
            f"{self.moving.GetName()}, found that {node.GetName()} leads from {ends[0]} to "
            f"{ends[1]}"
        )

    def _between(
        self,
        node: slicer.vtkMRMLTransformNode | None,
        image: slicer.vtkMRMLScalarVolumeNode,
        what: str,
    ) -> AffineTransform:
        """From data under `node` to the own coordinates of `image`."""
        matrix = matrixBetween(node, image.GetParentTransformNode())
        if matrix is None:
            raise DeformableContentError(f"expected a matrix, found a deformation: {what}")
        return AffineTransform(matrix, self.movingFrame, self.fixedFrame)


def imagePair(
    fixed: slicer.vtkMRMLScalarVolumeNode | None,
    moving: slicer.vtkMRMLScalarVolumeNode | None,
    frameOfInstance: Mapping[str, str] = NO_IMAGES,
) -> ImagePair:
    """Base and overlay, if they may be registered. For `frameOfInstance` see `knownFrame`.

    Raises
        ReferenceNotFoundError: one is missing, or both are the same.
        PatientMismatchError: they are of different patients.
    """
    if fixed is None or moving is None or fixed is moving:
        raise ReferenceNotFoundError(
            "expected two images, a fixed one, which stays, and a moving one: choose them above"
        )
    different = patientOfNode(fixed).differences(patientOfNode(moving))
    if different:
        raise PatientMismatchError(
            "expected images of one patient, found a fixed and a moving one that differ in "
            f"{', '.join(different)}"
        )
    frames = knownFrame(fixed, frameOfInstance), knownFrame(moving, frameOfInstance)
    return ImagePair(
        fixed, moving, frames[0] or _ownName(fixed), frames[1] or _ownName(moving), all(frames)
    )


def centerOf(node: slicer.vtkMRMLScalarVolumeNode) -> np.ndarray:
    """Middle of the image in its own coordinates, LPS mm, shape (3,)."""
    return volumeFromNode(node, "").lattice.center


def _ownName(node: slicer.vtkMRMLNode) -> str:
    return f"of {node.GetID()}"
