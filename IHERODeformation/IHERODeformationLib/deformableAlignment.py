"""Base and overlay registered deformably by what they show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform

from IHERORegistrationLib.codes import (
    FRAME_OF_REFERENCE_IDENTITY,
    IMAGE_AND_FIDUCIAL_ALIGNMENT,
    IMAGE_CONTENT_ALIGNMENT,
)
from IHERORegistrationLib.errors import ImageRegistrationError
from IHERORegistrationLib.geometry import CORNERS, AffineTransform, mapped, matrixType
from IHERORegistrationLib.imagePair import ImagePair
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.madeRegistration import Making, studyOf, tellMade
from IHERORegistrationLib.nodeIdentity import patientOfNode
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.scene import (
    LPS_TO_RAS,
    REGISTERED_FRAME,
    REGISTERED_ITEMS,
    SOURCE_FRAME,
    SOURCE_ITEM,
    arrayFromMatrix,
)
from IHERORegistrationLib.usedLandmarks import passLandmarks

from .deformableRegistration import (
    DeclaredMatrix,
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from .deformationPresets import DeformationPreset
from .distribution import Distribution, distributionOf
from .foldedSpace import jacobianDeterminant
from .imageRegistration import DeformableImageRegistration, deformableRegistration, usedSpacings
from .scene import transformNodeFromItem

SECONDS_PER_STEP = 0.9e-6  # for each node of a grid, on one core of the year 2020
MOST_POINTS = 60_000  # at which the change of volume is measured
CHUNK = 10_000
MARGIN = 0.5  # voxels around a region


@dataclass(frozen=True, eq=False)
class DeformableAlignment:
    """The result; `jacobian` is the volume change over the registered image, 1 is none."""

    registration: DeformableImageRegistration
    jacobian: Distribution

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was found, for the user, most important first."""
        found, volume = self.registration, self.jacobian
        after = found.record.stages[-1].after
        folded = f"{found.folded} nodes are folded" if found.folded else "none of them folded"
        quality = (
            f"Similarity {after:.3f} (local correlation, 1 is equal), {found.rigidSimilarity:.3f} "
            f"before; displaced by up to {found.largest:.1f} mm; volumes change by factors of "
            f"{volume.minimum:.2f} to {volume.maximum:.2f}, {folded}."
        )
        doubts = (f"Look: {one.name}, {one.found}: {one.done}." for one in found.record.notes)
        return (quality, *doubts)

    @property
    def hints(self) -> tuple[str, ...]:
        """What to look at next."""
        hints = ["Look at the images before and after, and at landmarks or structures of both."]
        if self.registration.folded:
            hints.append("Show the Jacobian: where it is folded nothing may be carried.")
        if self.jacobian.minimum < 0.5 or self.jacobian.maximum > 2:
            hints.append("Volumes halve or double somewhere: is that anatomy?")
        return tuple(hints)


def deformableAlignment(
    pair: ImagePair,
    rigid: AffineTransform,
    preset: DeformationPreset,
    watch: Watch,
    region: slicer.vtkMRMLMarkupsROINode | None = None,
) -> DeformableAlignment:
    """The deformation on top of `rigid`, overlay → base, under which the images are locally most
    alike; of the part of the base in `region`, outside of which nothing will be known.

    Raises
        MalformedObjectError: see `volumeFromNode`.
        ImageRegistrationError: the region misses the image, or see `deformableRegistration`.
        RegistrationCancelledError: the watcher cancelled it.
    """
    watch.tell("reading the images", 0.0, 0.0)
    fixed, moving = pair.sides
    if region is not None:
        part = _cropped(fixed.volume, _cornersOf(region, pair))
        fixed = type(fixed)(part, fixed.window)
    watch.tell("loading the library", 0.0, 0.0)
    found = deformableRegistration(fixed, moving, rigid.inverse(), preset, watch)
    watch.tell("measuring the change of volume", 1.0, found.record.stages[-1].after)
    return DeformableAlignment(found, _jacobian(found, fixed.volume.lattice, watch))


def deformedNode(
    pair: ImagePair,
    found: DeformableAlignment,
    byLandmarks: slicer.vtkMRMLTransformNode | None = None,
) -> slicer.vtkMRMLTransformNode:
    """A new node for the deformation, as one that was read; it lies under what the base is under.
    It tells frames only where both images have one: else it is for viewing alone.

    `byLandmarks` is the registration that it went on from, if that was made by landmarks: they are
    its own as well.
    """
    making = _making(pair, found, isByLandmarks=byLandmarks is not None)
    registration = _registration(pair, found, making)
    scene = pair.fixed.GetScene()
    node = transformNodeFromItem(registration, registration.sourceItems[0], scene)
    if not pair.hasFrames:
        for name in (SOURCE_FRAME, REGISTERED_FRAME, SOURCE_ITEM, REGISTERED_ITEMS):
            node.RemoveAttribute(name)
    tellMade(node, pair, making)
    if byLandmarks is not None:
        passLandmarks(byLandmarks, node)
    return node


def _making(pair: ImagePair, found: DeformableAlignment, *, isByLandmarks: bool) -> Making:
    """What the node of the result says of itself."""
    record = found.registration.record
    return Making(
        name=f"{pair.moving.GetName()} deformed onto {pair.fixed.GetName()}",
        method=IMAGE_AND_FIDUCIAL_ALIGNMENT if isByLandmarks else IMAGE_CONTENT_ALIGNMENT,
        description=record.method,
        comment=record.comment,
        summary=(*found.sentences, *found.hints),
        details=record.lines,
    )


def longestTime(
    pair: ImagePair, preset: DeformationPreset, region: slicer.vtkMRMLMarkupsROINode | None = None
) -> float:
    """Seconds that the search may take; most end sooner.

    Raises
        MalformedObjectError, ImageRegistrationError: see `deformableAlignment`.
    """
    volume = pair.sides[0].volume
    if region is not None:
        volume = _cropped(volume, _cornersOf(region, pair))
    extent = np.array(volume.lattice.size) * volume.lattice.spacing
    steps = np.maximum.outer(usedSpacings(preset, volume.lattice), volume.lattice.spacing)
    nodes = np.prod(extent / steps, axis=1)
    return float(nodes.sum() * preset.iterations * SECONDS_PER_STEP)


def _registration(
    pair: ImagePair, found: DeformableAlignment, making: Making
) -> DeformableSpatialRegistration:
    """The object as far as the scene knows it: without images, which the export lists."""
    transform = found.registration.fixedToMoving
    identity = DeformableRegistrationItem(
        1, pair.fixedFrame, (), method=FRAME_OF_REFERENCE_IDENTITY
    )
    deformed = DeformableRegistrationItem(
        2,
        pair.movingFrame,
        (),
        pre=DeclaredMatrix(transform.pre, matrixType(transform.pre).value),
        grid=transform.grid,
        method=making.method,
        comment=making.comment,
    )
    return DeformableSpatialRegistration(
        sopInstanceUID="",
        registeredFrame=pair.fixedFrame,
        items=(identity, deformed),
        patient=patientOfNode(pair.fixed),
        studyInstanceUID=studyOf(pair.fixed),
        description=making.description,
    )


def _jacobian(found: DeformableImageRegistration, lattice: Lattice, watch: Watch) -> Distribution:
    """Of points chosen by chance, always the same."""
    count = min(MOST_POINTS, int(np.prod(lattice.size)))
    chosen = np.random.default_rng(1).choice(int(np.prod(lattice.size)), count, replace=False)
    values = []
    for first in range(0, count, CHUNK):
        watch.requireGoingOn("the change of volume")
        points = lattice.centersOf(chosen[first : first + CHUNK])
        values.append(jacobianDeterminant(found.fixedToMoving, points))
    return distributionOf(np.concatenate(values))


def _cornersOf(region: slicer.vtkMRMLMarkupsROINode, pair: ImagePair) -> np.ndarray:
    """Of the box, in the coordinates of the base, shape (8, 3), LPS mm."""
    corners = (CORNERS - 0.5) * region.GetSize()
    toWorld = vtkMatrix4x4()
    toWorld.DeepCopy(region.GetObjectToWorldMatrix())
    toBase = vtkGeneralTransform()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(
        None, pair.fixed.GetParentTransformNode(), toBase
    )
    world = mapped(arrayFromMatrix(toWorld), corners)
    return np.array([toBase.TransformPoint(one) for one in world]) @ LPS_TO_RAS[:3, :3]


def _cropped(volume: Volume, corners: np.ndarray) -> Volume:
    """The voxels of `volume` in the box around `corners`, shape (n, 3), LPS mm."""
    lattice = volume.lattice
    indices = lattice.indices(corners)
    last = np.array(lattice.size) - 1
    low = np.clip(np.ceil(indices.min(axis=0) - MARGIN), 0, None).astype(int)
    high = np.clip(np.floor(indices.max(axis=0) + MARGIN), None, last).astype(int)
    if (low > high).any():
        raise ImageRegistrationError("expected a region that meets the fixed image, found none")
    toLPS = lattice.ijkToLPS.copy()
    toLPS[:3, 3] = lattice.points(low)
    size = tuple(int(one) for one in high - low + 1)
    values = volume.values[low[2] : high[2] + 1, low[1] : high[1] + 1, low[0] : high[0] + 1]
    return Volume(values, Lattice((size[0], size[1], size[2]), toLPS), volume.frame)
