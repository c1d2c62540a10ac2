"""The quality of a registration between two images of the scene, as of one between two series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import slicer

from IHERORegistrationLib.errors import FrameOfReferenceError, LandmarkError
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.imagePair import ImagePair
from IHERORegistrationLib.landmarkNodes import Pairing, landmarkPairs
from IHERORegistrationLib.nodeObjects import originalStructureSet
from IHERORegistrationLib.nodePatients import requireOnePatient
from IHERORegistrationLib.nodeStructures import structuresOfNode
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.registrationReview import reviewOfNode
from IHERORegistrationLib.sceneImages import SceneImage
from IHERORegistrationLib.structures import StructureSet
from IHERORegistrationLib.structuresFrame import frameOfStructures

from .direction import DirectionProof, Progress, directionProof
from .landmarkPairs import LandmarkPairs
from .nodeRegistration import NodeRegistration, registrationOfNode
from .readingPictures import ReadingPicture, readingPictures
from .registrationQuality import QualityInputs, RegistrationQuality, registrationQuality

EACH = 0.93  # of what is left of the bar, after a step
OF_SAMPLING = 0.3  # of the bar


@dataclass(frozen=True)
class QualityNodes:
    """A transform node, the images that it connects, and what else there is to judge it by: point
    lists and segmentations of both, and a transform the other way; None where there is none.
    """

    transform: slicer.vtkMRMLTransformNode
    base: slicer.vtkMRMLScalarVolumeNode
    overlay: slicer.vtkMRMLScalarVolumeNode
    basePoints: slicer.vtkMRMLMarkupsFiducialNode | None = None
    overlayPoints: slicer.vtkMRMLMarkupsFiducialNode | None = None
    baseStructures: slicer.vtkMRMLSegmentationNode | None = None
    overlayStructures: slicer.vtkMRMLSegmentationNode | None = None
    back: slicer.vtkMRMLTransformNode | None = None


@dataclass(frozen=True, eq=False)
class NodeQuality:
    """What was measured, and between which images."""

    between: NodeRegistration
    inputs: QualityInputs
    quality: RegistrationQuality


def nodeQuality(
    nodes: QualityNodes, created: datetime, watch: Watch, database: Any = None
) -> NodeQuality:
    """Measure what `nodes` have. For `database` see structuresOn.

    Raises
        PatientMismatchError: they belong to different patients.
        FrameOfReferenceError, MalformedRegistrationError, SamplingError: see registrationOfNode and
        registrationQuality; or structures lie in another frame than their image.
        LandmarkError: there are points for one image only, or they cannot be paired.
        RegistrationCancelledError: `watch` wants it to end.
    """
    requireOnePatient(vars(nodes).values())
    between = _between(nodes, watch)
    watch.requireGoingOn("Reading the structures")
    inputs = QualityInputs(
        registered=between.base,
        source=between.overlay,
        names=between.names,
        landmarks=_landmarks(nodes, between),
        back=_back(nodes),
        structures=structuresOn(nodes.baseStructures, between.base, database),
        targetStructures=structuresOn(nodes.overlayStructures, between.overlay, database),
    )
    quality = registrationQuality(
        between.registration,
        None,
        inputs,
        created=created,
        progress=stepsOf(watch),
        rating=reviewOfNode(nodes.transform).sentence,
    )
    return NodeQuality(between, inputs, quality)


@dataclass(frozen=True, eq=False)
class NodeDirection:
    """What the images say of the direction of a transform, and how they lie on each other then."""

    proof: DirectionProof
    pictures: tuple[ReadingPicture, ...]


def nodeDirectionProof(nodes: QualityNodes, watch: Watch) -> NodeDirection:
    """Which reading of the transform the images agree with.

    Raises
        as nodeQuality.
    """
    requireOnePatient((nodes.transform, nodes.base, nodes.overlay))
    between = _between(nodes, watch)
    tell = stepsOf(watch)
    proof = directionProof(between.registration, between.base, between.overlay, tell)
    return NodeDirection(proof, readingPictures(between, proof, tell))


def _between(nodes: QualityNodes, watch: Watch) -> NodeRegistration:
    words = "Reading the registration"
    watch.tell(words, 0.0)  # the nodes may have gone
    return registrationOfNode(
        nodes.transform,
        nodes.base,
        nodes.overlay,
        lambda share: watch.tell(words, OF_SAMPLING * share, 0.0),
    )


def stepsOf(watch: Watch) -> Progress:
    """Tells `watch` each step of a measurement or report; nobody knows how many there are, so that
    the bar comes nearer to its end by ever less.
    """
    left = [1 - OF_SAMPLING]

    def tell(words: str) -> None:
        watch.tell(words, 1 - left[0], 0.0)
        left[0] *= EACH

    return tell


def _landmarks(nodes: QualityNodes, between: NodeRegistration) -> LandmarkPairs | None:
    here, there = nodes.basePoints, nodes.overlayPoints
    if here is None and there is None:
        return None
    if here is None or there is None:
        raise LandmarkError("expected points on both images, found those of one")
    pair = ImagePair(nodes.base, nodes.overlay, between.base.frame, between.overlay.frame, True)
    pairing = Pairing.NAME if _labels(here) & _labels(there) else Pairing.ORDER
    found = landmarkPairs(pair, here, there, pairing)
    whole = [one for one in found if one.isWhole and one.isUsed]
    left = len(found) - len(whole)
    how = "label" if pairing is Pairing.NAME else "their order"
    notes = (
        f"{len(whole)} landmarks were paired by {how}"
        + (f"; {left} are without a partner or not selected" if left else ""),
    )
    ends = [[getattr(one, end) for one in whole] for end in ("fixed", "moving")]
    first, second = (np.array(one, float).reshape(-1, 3) for one in ends)
    return LandmarkPairs(tuple(one.name for one in whole), first, second, notes)


def _labels(node: slicer.vtkMRMLMarkupsFiducialNode) -> set[str]:
    return {node.GetNthControlPointLabel(n) for n in range(node.GetNumberOfControlPoints())} - {""}


def structuresOn(
    node: slicer.vtkMRMLSegmentationNode | None, image: SceneImage, database: Any = None
) -> StructureSet | None:
    """The structures of `node`, with the contours of its RT Structure Set where that is in
    `database` (ctkDICOMDatabase or None); None if there is no node.

    Raises
        FrameOfReferenceError: it lies in another frame than `image`.
    """
    if node is None:
        return None
    original = originalStructureSet(node, database)
    frame = frameOfStructures(node, original)
    if frame not in ("", image.frame):
        raise FrameOfReferenceError(
            f"expected structures in the frame of {image.description}, {image.frame}, found "
            f"{node.GetName()} in {frame}"
        )
    found = structuresOfNode(node, image.frame, original=original, slices=image.lattice)
    return found.structureSet


def _back(nodes: QualityNodes) -> Transform | None:
    if nodes.back is None:
        return None
    return registrationOfNode(nodes.back, nodes.overlay, nodes.base).way
