"""Data of the scene moved for good by a rigid registration: new nodes; the old ones stay as they
are and where they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import slicer
import slicer.util

from .errors import DeformableContentError, FrameOfReferenceError, NotRigidError
from .geometry import AffineTransform, MatrixType, matrixType
from .images import CT_PADDING
from .keptDerivation import Derivation, keepDerivation
from .lattice import Lattice, Volume
from .nodeIdentity import INSTANCES, instancesOfNode, knownFrame, modalityOfNode
from .nodePlace import MOVED_BY, forgetPlace
from .nodeVolumes import volumeFromNode
from .references import InstanceReference, SeriesReference
from .registeredEnds import isDose
from .registration import SPATIAL_REGISTRATION
from .registrationRecord import UNWATCHED, Watch
from .resampling import Interpolation, resampledVolume, vtkMatrix
from .scene import (
    FRAME,
    LPS_TO_RAS,
    REGISTERED_FRAME,
    SOURCE_FRAME,
    parentOfFixed,
    textsOf,
    transformFromNode,
)
from .subjectHierarchy import hierarchyOf
from .writtenObject import writtenObject

MADE_FROM = "IHERO.MadeFrom"  # of such new nodes: what was done to what, in words
SLAB = 16  # slices made between two looks at the user


@dataclass(frozen=True, eq=False)
class AppliedNode:
    """The new node and a sentence on it."""

    node: slicer.vtkMRMLDisplayableNode
    sentence: str


def hardenedNode(
    node: slicer.vtkMRMLDisplayableNode,
    registration: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode | None = None,
) -> AppliedNode:
    """A copy of `node` whose own coordinates are those of the registered frame, and of `base` if
    that lies there: points and surfaces moved, voxels turned as they are, none of them computed
    anew. It lies under what `base` is under.

    Raises
        DeformableContentError, FrameOfReferenceError: see `wayOfNode`.
        NotRigidError: voxels would not stay rectangular.
    """
    transform = wayOfNode(registration, base)
    isVolume = node.IsA("vtkMRMLVolumeNode")
    if isVolume and matrixType(transform.matrix) is MatrixType.AFFINE:
        raise NotRigidError(
            f"the voxels of {node.GetName()} would not stay rectangular: resample it on the fixed "
            "image instead"
        )
    copy = copiedNode(node, f"{node.GetName()} hardened")
    above = _newTransform(node.GetScene(), transform)
    copy.SetAndObserveTransformNodeID(above.GetID())
    copy.HardenTransform()
    node.GetScene().RemoveNode(above)
    placeBeside(copy, registration, base)
    sentence = f"{node.GetName()} moved for good by {registration.GetName()}"
    mark(copy, node, registration, sentence)
    return AppliedNode(copy, f"{copy.GetName()} was made")


def resampledNode(
    node: slicer.vtkMRMLScalarVolumeNode,
    registration: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode,
    interpolation: Interpolation,
    watch: Watch = UNWATCHED,
) -> AppliedNode:
    """A new volume: `node`, which lies in the source frame, with the voxels of `base`, where that
    lies.

    Raises
        DeformableContentError: the registration is no matrix.
        FrameOfReferenceError: `base` is known to lie in another frame than the registered one; or
        see `wayOfNode`.
        RegistrationCancelledError: by `watch`.
    """
    requireBase(base, registration)
    transform = wayOfNode(registration, base)
    volume = volumeFromNode(node, transform.fromFrame)
    lattice = volumeFromNode(base, transform.toFrame).lattice
    toSource, background = transform.inverse(), backgroundOf(node)
    parts: list[np.ndarray] = []
    outside = 0
    for slab in slabs(lattice):
        watch.tell(f"Resampling {node.GetName()}", len(parts) * SLAB / lattice.size[2])
        done = resampledVolume(volume, slab, transform.toFrame, toSource, interpolation, background)
        parts.append(done.volume.values)
        outside += int(done.outside.sum())
    values = Volume(np.concatenate(parts), lattice, transform.toFrame)
    copy = newVolumeNode(node, values, f"{node.GetName()} on {base.GetName()}")
    placeBeside(copy, registration, base)
    how = f"resampled ({interpolation}) on {base.GetName()} by {registration.GetName()}"
    mark(copy, node, registration, f"{node.GetName()} {how}")
    if not isDose(node):
        keepDerivation(copy, _derivation(node, registration, base, interpolation))
    return AppliedNode(copy, f"{copy.GetName()} was made{outsideWords(outside, values)}")


def _derivation(
    node: slicer.vtkMRMLScalarVolumeNode,
    registration: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode,
    interpolation: Interpolation,
) -> Derivation:
    """What a resampled image has to say of itself; without the registration where that is no DICOM
    object.
    """
    uid, told = writtenObject(registration), textsOf(registration)
    used = SeriesReference(
        told["studyInstanceUID"],
        told["seriesInstanceUID"],
        (InstanceReference(SPATIAL_REGISTRATION, uid),),
    )
    return Derivation(
        source=instancesOfNode(node),
        target=instancesOfNode(base),
        registrations=(used,) if uid else (),
        interpolation=interpolation.value,
        profile="MMRO-III",
        isDeformed=False,
    )


def wayOfNode(
    registration: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode | None = None,
) -> AffineTransform:
    """What `registration` and the nodes above it do to data, between its frames; to the own
    coordinates of `base`, if that may be the image that stays.

    Raises
        DeformableContentError: it is no matrix.
        FrameOfReferenceError: see `transformFromNode`.
    """
    source = registration.GetAttribute(SOURCE_FRAME) or f"moved by {registration.GetName()}"
    fixed = registration.GetAttribute(REGISTERED_FRAME) or f"fixed for {registration.GetName()}"
    try:
        return transformFromNode(registration, source, fixed, staying(base, registration))
    except DeformableContentError:
        raise DeformableContentError(
            f"{registration.GetName()} is a deformation: the module IHE-RO Deformation makes "
            "images, doses and structures with it and tells what it leaves undefined"
        ) from None


def staying(
    base: slicer.vtkMRMLScalarVolumeNode | None, registration: slicer.vtkMRMLTransformNode
) -> slicer.vtkMRMLScalarVolumeNode | None:
    """`base`, unless it is known that `registration` does not lead to it."""
    if base is None:
        return None
    frame, registered = knownFrame(base), registration.GetAttribute(REGISTERED_FRAME)
    return None if frame and registered and frame != registered else base


def placeBeside(
    copy: slicer.vtkMRMLDisplayableNode,
    registration: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode | None,
) -> None:
    """Let a new node, in the coordinates to which `registration` leads, lie where these do."""
    top = parentOfFixed(registration, staying(base, registration))
    copy.SetAndObserveTransformNodeID(None if top is None else top.GetID())


def requireBase(
    base: slicer.vtkMRMLScalarVolumeNode, registration: slicer.vtkMRMLTransformNode
) -> None:
    """Let data moved by `registration` be put on the voxels of `base`.

    Raises
        FrameOfReferenceError: `base` is known to lie in another frame.
    """
    frame, registered = knownFrame(base), registration.GetAttribute(REGISTERED_FRAME)
    if staying(base, registration) is None:
        raise FrameOfReferenceError(
            f"{registration.GetName()} leads to Frame of Reference {registered}; the fixed image "
            f"{base.GetName()} lies in {frame}"
        )


def backgroundOf(node: slicer.vtkMRMLScalarVolumeNode) -> float:
    """What `node` holds where there is nothing, as far as its type can: air in CT, else 0."""
    isCT = modalityOfNode(node) == "CT" and not isDose(node)
    dtype = volumeFromNode(node, "").values.dtype
    lowest = float(np.iinfo(dtype).min) if np.issubdtype(dtype, np.integer) else -np.inf
    return max(CT_PADDING, lowest) if isCT else 0.0


def slabs(lattice: Lattice) -> list[Lattice]:
    """`lattice` in parts of `SLAB` slices, the last one with what is left."""
    ni, nj, nk = lattice.size
    found = []
    for first in range(0, nk, SLAB):
        toLPS = lattice.ijkToLPS.copy()
        toLPS[:3, 3] = lattice.points(np.array([0, 0, first]))
        found.append(Lattice((ni, nj, min(SLAB, nk - first)), toLPS))
    return found


def newVolumeNode(
    like: slicer.vtkMRMLScalarVolumeNode, volume: Volume, name: str
) -> slicer.vtkMRMLScalarVolumeNode:
    """`volume` as a new node that is shown as `like` is."""
    copy = copiedNode(like, name, hasContent=False)
    copy.SetIJKToRASMatrix(vtkMatrix(LPS_TO_RAS @ volume.lattice.ijkToLPS))
    slicer.util.updateVolumeFromArray(copy, volume.values)
    return copy


def mark(
    copy: slicer.vtkMRMLNode,
    node: slicer.vtkMRMLNode,
    registration: slicer.vtkMRMLTransformNode,
    sentence: str,
) -> None:
    """Say of a new node where it lies and what it was made from and by: it is no DICOM image any
    more.
    """
    copy.SetAttribute(FRAME, registration.GetAttribute(REGISTERED_FRAME) or None)
    copy.SetNodeReferenceID(MOVED_BY, registration.GetID())
    copy.SetAttribute(INSTANCES, None)
    copy.SetAttribute(MADE_FROM, sentence)
    hierarchy = hierarchyOf(node.GetScene())
    none, item = hierarchy.GetInvalidItemID(), hierarchy.GetItemByDataNode(node)
    if item == none:
        return
    mine, parent = hierarchy.GetItemByDataNode(copy), hierarchy.GetItemParent(item)
    if mine == none:
        hierarchy.CreateItem(parent, copy)
    else:
        hierarchy.SetItemParent(mine, parent)


def outsideWords(outside: int, volume: Volume) -> str:
    """“; 12.0 % of its voxels lie outside …”, or nothing."""
    if not outside:
        return ""
    share = 100 * outside / volume.values.size
    return f"; {share:.1f} % of its voxels lie outside what was moved and hold nothing"


def copiedNode(
    node: slicer.vtkMRMLDisplayableNode, name: str, *, hasContent: bool = True
) -> slicer.vtkMRMLDisplayableNode:
    """A new node of the same class, shown alike, under no transform."""
    scene = node.GetScene()
    copy = scene.AddNewNodeByClass(node.GetClassName(), scene.GenerateUniqueName(name))
    if hasContent:
        copy.CopyContent(node)
    for attribute in node.GetAttributeNames():
        copy.SetAttribute(attribute, node.GetAttribute(attribute))
    forgetPlace(copy)  # it will lie elsewhere
    copy.CreateDefaultDisplayNodes()
    shown, mine = node.GetDisplayNode(), copy.GetDisplayNode()
    if shown is not None and mine is not None:
        mine.CopyContent(shown)
        color = shown.GetColorNodeID() if hasattr(shown, "GetColorNodeID") else None
        if color:
            mine.SetAndObserveColorNodeID(color)
    return copy


def _newTransform(
    scene: slicer.vtkMRMLScene, transform: AffineTransform
) -> slicer.vtkMRMLLinearTransformNode:
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node.SetMatrixTransformToParent(vtkMatrix(LPS_TO_RAS @ transform.matrix @ LPS_TO_RAS))
    return node
