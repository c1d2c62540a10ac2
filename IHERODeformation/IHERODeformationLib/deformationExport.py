"""Any transform node that is no matrix as a Deformable Spatial Registration object of the images
that it connects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import slicer

from IHERORegistrationLib.codes import METHODS_BY_NAME
from IHERORegistrationLib.errors import LandmarkError
from IHERORegistrationLib.exportedLandmarks import (
    ExportedLandmarks,
    NamedFiducials,
    savedWithFiducials,
)
from IHERORegistrationLib.exportedNode import NamedSeries, requireInScene, requireOwnPatient
from IHERORegistrationLib.exportProposal import ExportChoices, ExportedObject, ExportForm
from IHERORegistrationLib.landmarks import nearestMotion
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.registrationReview import rejectionRemark
from IHERORegistrationLib.rigidExport import proposedChoices
from IHERORegistrationLib.scene import parentOfFixed, requireOneStep
from IHERORegistrationLib.sentences import asSentence
from IHERORegistrationLib.shownAndWritten import shownOtherwise
from IHERORegistrationLib.togetherRemarks import togetherRemarks
from IHERORegistrationLib.writtenObject import newObjectRemark

from .deformableRegistrator import (
    DeformableAlignment,
    DeformableRegistrationObject,
    deformableRegistrationObject,
)
from .deformation import DeformableTransform
from .deformationSentences import contentSentence, gridSentence
from .displacementGrid import DisplacementGrid
from .fieldContent import FieldContent, ImportedDeformation
from .gridContent import gridContent
from .importRemarks import importRemarks
from .learnedDeformation import Sampling, learnDeformation
from .nodeDeformation import deformationFromTransformNode
from .nodeMap import nodeMap
from .sampledDeformation import SampledDeformation
from .writer import DeformationForm, saveDeformableRegistration

PROFILES = ("DRRO", "DICOM")
FORM = ExportForm(
    "Deformable Spatial Registration",
    "REG",
    PROFILES,
    methods=tuple(METHODS_BY_NAME),
    hasComment=True,
    isDeformation=True,
)
STANDARD = DeformationForm.DRRO.value
LAYOUTS = {one.value: one for one in DeformationForm}
ON_A_NODE = 1e-6  # mm
GRID = "DeformableRegistrationGridSequence"
A_FEW = 5  # points along each axis


@dataclass(frozen=True, eq=False)
class DeformationExport:
    """What `node` does, as an object; see ExportTask. The node is asked when the object is made."""

    node: slicer.vtkMRMLTransformNode
    fixed: NamedSeries
    moving: NamedSeries
    proposed: ExportChoices
    form: ExportForm = field(default=FORM, init=False)

    @property
    def sentence(self) -> str:
        """“Deforms MR T1 (moving) → onto Planning CT (fixed)”."""
        return f"Deforms {self.moving.name} (moving) → onto {self.fixed.name} (fixed)"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the direction is in the object, and reasons for doubt."""
        way = (
            f"The object says where each point of {self.fixed.name} comes from in "
            f"{self.moving.name}, as DICOM has it."
        )
        return (
            *rejectionRemark(self.node),
            *newObjectRemark(self.node),
            *shownOtherwise(self.node, self.moving, self.fixed),
            way,
            *togetherRemarks(self.fixed.series, self.moving.series),
        )

    def preview(self, choices: ExportChoices) -> ExportedObject:
        """The object with the nearest rigid motion and no displacement: what its header breaks.
        The vectors are judged when they are made.
        """
        fixed, moving = self.fixed.series, self.moving.series
        grid = _fewNodes(fixed.lattice)
        motion = _nearMotion(self.node, fixed.lattice, self.fixed.node)
        still = DeformableTransform(motion, grid, np.eye(4), fixed.frame, moving.frame)
        fiducials = self._fiducials(choices)
        found = self._object(still, choices, fiducials)
        ofHeader = tuple(one for one in found.findings if GRID not in one.location)
        return ExportedObject(
            (found.dataset, *fiducials.datasets),
            (*ofHeader, *fiducials.findings),
            fiducials.remarks,
        )

    def made(self, choices: ExportChoices, watch: Watch) -> ExportedObject:
        """The object, and how far it is from what the scene shows.

        Raises
            SamplingError, MalformedRegistrationError: see `deformationFromTransformNode`.
            PatientMismatchError, FrameOfReferenceError, NotRigidError, NonconformantError: see
            `deformableRegistrationObject`; or the node is of another patient and nobody confirmed
            it.
            RegistrationCancelledError: `watch` wants it to end.
        """
        requireInScene(self.node, "the transform")
        fixed, moving = self.fixed.series, self.moving.series
        sampled = deformationFromTransformNode(
            self.node,
            fixed.lattice,
            fixed.frame,
            moving.frame,
            fixed=self.fixed.node,
            error=choices.error,
            spacing=choices.spacing or None,
            progress=lambda part: watch.tell("Reading the deformation", part, 0.0),
        )
        watch.tell("Judging the object", 0.0, 0.0)
        fiducials = self._fiducials(choices)
        found = self._object(sampled.transform, choices, fiducials)
        sampling = Sampling(fixed.lattice, choices.error, choices.spacing or None)

        def remember() -> None:
            learnDeformation(self.node, found.registration, self.fixed.node, sampling)
            fiducials.learn()

        return ExportedObject(
            (found.dataset, *fiducials.datasets),
            (*found.findings, *fiducials.findings),
            (*_told(sampled, fixed.lattice), *fiducials.remarks),
            remember,
        )

    def _fiducials(self, choices: ExportChoices) -> NamedFiducials:
        landmarks = ExportedLandmarks.ofNode(self.node)
        return landmarks.named(choices.methodCode, self.fixed.series, self.moving.series)

    def _object(
        self, transform: DeformableTransform, choices: ExportChoices, fiducials: NamedFiducials
    ) -> DeformableRegistrationObject:
        requireOwnPatient(self.node, (self.fixed, self.moving), choices)
        alignment = DeformableAlignment(
            moving=self.moving.series,
            fixedToMoving=transform,
            label=choices.label,
            description=choices.description,
            method=choices.methodCode,
            comment=choices.comment,
            fiducials=fiducials.used,
        )
        return deformableRegistrationObject(
            self.fixed.series,
            alignment,
            profile=choices.profile,
            created=datetime.now(),
            form=LAYOUTS[choices.layout or STANDARD],
            otherPatientConfirmed=choices.otherPatientConfirmed,
            withinFrameConfirmed=choices.withinFrameConfirmed,
        )

    def save(self, made: ExportedObject, folder: Path) -> list[Path]:
        """Its file, and those of the fiducials that it names."""
        return savedWithFiducials(made, folder, "DSRO", saveDeformableRegistration)


def deformationExport(
    node: slicer.vtkMRMLTransformNode,
    fixed: NamedSeries,
    moving: NamedSeries,
) -> DeformationExport:
    """What `node` and those above it do to data of `moving`, as an object.

    Raises
        FrameOfReferenceError: see `requireOneStep`.
    """
    requireOneStep(node, parentOfFixed(node, fixed.node))
    return DeformationExport(node, fixed, moving, proposedChoices(node, PROFILES[0]))


def _fewNodes(over: Lattice) -> DisplacementGrid:
    spacing = over.spacing * (np.array(over.size) - 1).clip(1)
    lattice = Lattice.fromAxes((2, 2, 2), over.origin, over.directions, spacing)
    return DisplacementGrid(lattice, np.zeros((2, 2, 2, 3), np.float32))


def _nearMotion(
    node: slicer.vtkMRMLTransformNode,
    over: Lattice,
    fixedNode: slicer.vtkMRMLScalarVolumeNode | None,
) -> np.ndarray:
    """Shape (4, 4); the identity where few points tell none."""
    shares = np.stack(np.meshgrid(*[np.linspace(0, 1, A_FEW)] * 3), axis=-1).reshape(-1, 3)
    points = over.points(shares * (np.array(over.size) - 1))
    images = nodeMap(node, parentOfFixed(node, fixedNode))(points)
    try:
        return nearestMotion(points, images)
    except LandmarkError:
        return np.eye(4)


def _told(sampled: SampledDeformation, over: Lattice) -> tuple[str, ...]:
    """What became of the node, in sentences."""
    grid = sampled.transform.grid
    moved = np.abs(grid.lattice.origin - over.points(np.full(3, -0.5))).max()
    made = ImportedDeformation(sampled, isSampled=bool(moved < ON_A_NODE))
    doubts = importRemarks(FieldContent(()), made, over)
    return (gridSentence(grid), contentSentence(gridContent(grid)), *map(asSentence, doubts))
