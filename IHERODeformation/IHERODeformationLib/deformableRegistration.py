"""Deformable Spatial Registration as a value: what takes the registered frame to which others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.codes import Code
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.references import FiducialReference, InstanceReference
from IHERORegistrationLib.registration import StoredRegistrationObject

from .deformation import DeformableTransform
from .displacementGrid import DisplacementGrid

DEFORMABLE_SPATIAL_REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.3"  # SOP Class UID


@dataclass(frozen=True, eq=False)
class DeclaredMatrix:
    """A pre or post deformation matrix, shape (4, 4) LPS mm, and its label, perhaps untrue."""

    matrix: np.ndarray
    declaredType: str


@dataclass(frozen=True, eq=False)
class DeformableRegistrationItem:
    """One item of Deformable Registration Sequence (PS3.3 C.20.3).

    `number` is its place in the sequence, from 1. `images` is empty where the item covers its
    whole frame. `pre`, `grid` and `post` are None where the item has none; they take registered
    points to `sourceFrame`.
    """

    number: int
    sourceFrame: str
    images: tuple[InstanceReference, ...]
    pre: DeclaredMatrix | None = None
    grid: DisplacementGrid | None = None
    post: DeclaredMatrix | None = None
    method: Code | None = None
    comment: str = ""
    usedFiducials: tuple[FiducialReference, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def preMatrix(self) -> np.ndarray:
        """Shape (4, 4); the identity where there is none, as C.20.3.1.1 says."""
        return np.eye(4) if self.pre is None else self.pre.matrix

    @property
    def postMatrix(self) -> np.ndarray:
        """Shape (4, 4); the identity where there is none, as C.20.3.1.1 says."""
        return np.eye(4) if self.post is None else self.post.matrix


@dataclass(frozen=True, eq=False)
class DeformableSpatialRegistration(StoredRegistrationObject):
    """The object: what `items` say of the way from Frame of Reference `registeredFrame`."""

    items: tuple[DeformableRegistrationItem, ...]
    sopClassUID: str = DEFORMABLE_SPATIAL_REGISTRATION

    @property
    def registeredItems(self) -> tuple[DeformableRegistrationItem, ...]:
        """The items that stand for the registered images: of its frame and without a grid."""
        return tuple(item for item in self.items if not self._isSource(item))

    @property
    def sourceItems(self) -> tuple[DeformableRegistrationItem, ...]:
        """The items that lead away: with a grid or of another frame, whatever their place."""
        return tuple(item for item in self.items if self._isSource(item))

    def _isSource(self, item: DeformableRegistrationItem) -> bool:
        return item.grid is not None or item.sourceFrame != self.registeredFrame

    @property
    def selfMappingItems(self) -> tuple[DeformableRegistrationItem, ...]:
        """Items with a grid within the registered frame, as some corrections of distortion have;
        whether that is meant, the user must say, so they are in no graph.
        """
        return tuple(one for one in self.sourceItems if one.sourceFrame == self.registeredFrame)

    def registeredToSource(
        self, item: DeformableRegistrationItem
    ) -> DeformableTransform | AffineTransform:
        """Transform from the registered frame to the item's; affine where it has no grid.

        Source
            DICOM PS3.3 C.20.3.1.1
        """
        pre, post = item.preMatrix, item.postMatrix
        frames, origin = (self.registeredFrame, item.sourceFrame), self.sopInstanceUID
        if item.grid is None:
            return AffineTransform(post @ pre, *frames, origin)
        return DeformableTransform(pre, item.grid, post, *frames, origin=origin)

    @property
    def transforms(self) -> tuple[DeformableTransform | AffineTransform, ...]:
        """Registered → source of every source item in another frame."""
        return tuple(
            self.registeredToSource(item)
            for item in self.sourceItems
            if item.sourceFrame != self.registeredFrame
        )

    def oneDeformation(self) -> DeformableTransform:
        """The only transform with a grid.

        Raises
            FrameOfReferenceError: there are several, so the frame has to be named.
        """
        found = [self.registeredToSource(item) for item in self.items if item.grid is not None]
        if len(found) != 1 or not isinstance(found[0], DeformableTransform):
            frames = ", ".join(one.toFrame for one in found) or "none"
            raise FrameOfReferenceError(f"expected 1 deformation, found {len(found)}: {frames}")
        return found[0]
