"""A linear transform node as a Spatial Registration object of the images that it connects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import slicer

from .codes import METHODS_BY_NAME, Code
from .exportedLandmarks import ExportedLandmarks, savedWithFiducials
from .exportedNode import NamedSeries, requireOwnPatient, shownOtherwise
from .exportProposal import (
    ExportChoices,
    ExportedObject,
    ExportForm,
    labelFromName,
    textFromName,
)
from .geometry import AffineTransform
from .learnedObject import learnRegistration
from .nodeIdentity import patientOfNode
from .reader import registrationFromDataset
from .registration import SpatialRegistration
from .registrationRecord import Watch
from .registrationReview import rejectionRemark
from .registrationText import descriptionsFromText
from .registrator import Alignment, registrationObject
from .samePatient import patientRemark
from .saving import saveDataset
from .scene import SOURCE_ITEM, TEXTS, transformFromNode
from .sentences import motionSentence
from .togetherRemarks import togetherRemarks
from .writtenObject import isEdited, newObjectRemark

PROFILES = ("MMRO-III", "MMRO-II", "MMRO", "DICOM")
FORM = ExportForm(
    "Spatial Registration", "REG", PROFILES, methods=tuple(METHODS_BY_NAME), hasComment=True
)
ATTRIBUTE = {field: attribute for attribute, field in TEXTS.items()}


@dataclass(frozen=True, eq=False)
class RigidExport:
    """`movingToFixed`, what `node` does, as an object; see ExportTask. It was made by `landmarks`,
    if by any. `learn` lets the node be what was written; `told` is what there is to know of it
    before.
    """

    node: slicer.vtkMRMLTransformNode
    fixed: NamedSeries
    moving: NamedSeries
    movingToFixed: AffineTransform
    proposed: ExportChoices
    landmarks: ExportedLandmarks
    learn: Callable[[SpatialRegistration], None] = lambda _: None
    told: tuple[str, ...] = ()
    form: ExportForm = field(default=FORM, init=False)

    @property
    def sentence(self) -> str:
        """“Maps MR T1 (moving) → onto Planning CT (fixed)”."""
        return f"Maps {self.moving.name} (moving) → onto {self.fixed.name} (fixed)"

    @property
    def remarks(self) -> tuple[str, ...]:
        """How far it moves, and reasons for doubt."""
        fixed, moving = self.fixed.series, self.moving.series
        moved = motionSentence(self.movingToFixed.matrix, moving.lattice.center)
        return (*rejectionRemark(self.node), *self.told, moved, *togetherRemarks(fixed, moving))

    def preview(self, choices: ExportChoices) -> ExportedObject:
        """The object itself: a matrix is quickly written."""
        return self.made(choices, Watch())

    def made(self, choices: ExportChoices, watch: Watch) -> ExportedObject:
        """The object.

        Raises
            PatientMismatchError, FrameOfReferenceError, NotRigidError, NonconformantError: see
            `registrationObject`; or the node is of another patient and nobody confirmed it.
        """
        requireOwnPatient(self.node, (self.fixed, self.moving), choices)
        fixed, moving, method = self.fixed.series, self.moving.series, choices.methodCode
        fiducials = self.landmarks.named(method, fixed, moving)
        others = moving.patient, patientOfNode(self.node)
        remarks = {patientRemark(fixed.patient, one) for one in others}
        comments = (choices.comment, *remarks)
        alignment = Alignment(
            moving=moving,
            movingToFixed=self.movingToFixed,
            label=choices.label,
            description=choices.description,
            method=method,
            comment="; ".join(filter(None, comments)),
            fiducials=fiducials.used,
        )
        found = registrationObject(
            fixed,
            alignment,
            profile=choices.profile,
            created=datetime.now(),
            otherPatientConfirmed=choices.otherPatientConfirmed,
        )

        def remember() -> None:
            self.learn(registrationFromDataset(found.dataset))
            fiducials.learn()

        return ExportedObject(
            (found.dataset, *fiducials.datasets),
            (*found.findings, *fiducials.findings),
            fiducials.remarks,
            remember,
        )

    def save(self, made: ExportedObject, folder: Path) -> list[Path]:
        """Its file, and those of the fiducials that it names."""
        return savedWithFiducials(made, folder, "SRO", saveDataset)


def rigidExport(
    node: slicer.vtkMRMLTransformNode,
    fixed: NamedSeries,
    moving: NamedSeries,
    fixedNode: slicer.vtkMRMLScalarVolumeNode | None = None,
) -> RigidExport:
    """What `node` and those above it do to data of `moving`, as an object; `fixedNode` shows the
    fixed image.

    Raises
        DeformableContentError: it is not linear.
        FrameOfReferenceError: see `transformFromNode`.
    """
    transform = transformFromNode(node, moving.series.frame, fixed.series.frame, fixedNode)
    return RigidExport(
        node,
        fixed,
        moving,
        transform,
        proposedChoices(node, PROFILES[0]),
        ExportedLandmarks.ofNode(node),
        lambda registration: learnRegistration(node, registration, fixedNode),
        (*newObjectRemark(node), *shownOtherwise(node, moving, fixed)),
    )


def proposedChoices(node: slicer.vtkMRMLTransformNode, profile: str) -> ExportChoices:
    """What `node` says of itself: the words of the object that it came from, else its name. How a
    transform of other origin was made, or one that was changed since, is not guessed, and what was
    said of the old one is not said of the new one.
    """
    isOld = isEdited(node)
    label = node.GetAttribute(ATTRIBUTE["label"]) or labelFromName(node.GetName())
    told = "" if isOld else node.GetAttribute(ATTRIBUTE["description"])
    description = told or node.GetName()
    choices = ExportChoices(label, textFromName(description), profile=profile)
    items = descriptionsFromText(node.GetAttribute(SOURCE_ITEM) or "[]")
    if not items or isOld:
        return choices
    return replace(
        choices, method=methodName(items[0].method), comment=textFromName(items[0].comment)
    )


def methodName(code: Code | None) -> str:
    """The word of METHODS_BY_NAME for `code`; "" where there is none."""
    return next((name for name, known in METHODS_BY_NAME.items() if known == code), "")
