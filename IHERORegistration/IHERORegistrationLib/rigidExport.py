"""A linear transform node as a Spatial Registration object of the images that it connects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import slicer

from .codes import METHODS_BY_NAME, Code
from .exportedLandmarks import ExportedLandmarks, savedWithFiducials
from .exportedNode import NamedSeries, requireOwnPatient
from .exportProposal import (
    ExportChoices,
    ExportedObject,
    ExportForm,
    labelFromName,
    markedLabel,
    textFromName,
)
from .geometry import AffineTransform
from .learnedObject import learnRegistration
from .nodeIdentity import patientOfNode
from .reader import registrationFromDataset
from .registrationRecord import Watch
from .registrationReview import Decision, rejectionRemark, reviewOfNode
from .registrationText import descriptionsFromText
from .registrator import Alignment, registrationObject
from .samePatient import patientRemark
from .saving import saveDataset
from .scene import SOURCE_ITEM, textsOf, transformFromNode
from .sentences import motionSentence
from .shownAndWritten import shownOtherwise
from .togetherRemarks import togetherRemarks
from .writtenObject import isEdited, newObjectRemark

PROFILES = ("MMRO-III", "MMRO-II", "MMRO", "DICOM")
FORM = ExportForm(
    "Spatial Registration", "REG", PROFILES, methods=tuple(METHODS_BY_NAME), hasComment=True
)


@dataclass(frozen=True, eq=False)
class RigidExport:
    """`movingToFixed`, what `node` does, as an object; see ExportTask."""

    node: slicer.vtkMRMLTransformNode
    fixed: NamedSeries
    moving: NamedSeries
    movingToFixed: AffineTransform
    proposed: ExportChoices
    form: ExportForm = field(default=FORM, init=False)

    @property
    def sentence(self) -> str:
        """“Maps MR T1 (moving) → onto Planning CT (fixed)”."""
        return f"Maps {self.moving.name} (moving) → onto {self.fixed.name} (fixed)"

    @property
    def remarks(self) -> tuple[str, ...]:
        """How far it moves, and reasons for doubt."""
        fixed, moving = self.fixed.series, self.moving.series
        return (
            *rejectionRemark(self.node),
            *newObjectRemark(self.node),
            *shownOtherwise(self.node, self.moving, self.fixed),
            motionSentence(self.movingToFixed.matrix, moving.lattice.center),
            *togetherRemarks(fixed, moving),
        )

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
        fiducials = ExportedLandmarks.ofNode(self.node).named(method, fixed, moving)
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
            written = registrationFromDataset(found.dataset)
            learnRegistration(self.node, written, self.fixed.node)
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
) -> RigidExport:
    """What `node` and those above it do to data of `moving`, as an object.

    Raises
        DeformableContentError: it is not linear.
        FrameOfReferenceError: see `transformFromNode`.
    """
    transform = transformFromNode(node, moving.series.frame, fixed.series.frame, fixed.node)
    return RigidExport(node, fixed, moving, transform, proposedChoices(node, PROFILES[0]))


def proposedChoices(node: slicer.vtkMRMLTransformNode, profile: str) -> ExportChoices:
    """What `node` says of itself: the words of the object that it came from, else its name. How a
    transform of other origin was made, or one that was changed since, is not guessed, and what was
    said of the old one is not said of the new one.
    """
    isOld, told = isEdited(node), textsOf(node)
    label = told["label"] or labelFromName(node.GetName())
    if isOld or not told["label"]:
        label = _reviewedLabel(label, node)
    description = "" if isOld else told["description"]
    choices = ExportChoices(label, textFromName(description or node.GetName()), profile=profile)
    items = descriptionsFromText(node.GetAttribute(SOURCE_ITEM) or "[]")
    if not items or isOld:
        return choices
    return replace(
        choices, method=methodName(items[0].method), comment=textFromName(items[0].comment)
    )


def _reviewedLabel(label: str, node: slicer.vtkMRMLTransformNode) -> str:
    """`label` for an object that will be new; until somebody approves `node` it says so."""
    decision = reviewOfNode(node).decision
    if decision is Decision.APPROVED:
        return label
    return markedLabel(label, "REJECTED" if decision is Decision.REJECTED else "UNAPPROVED")


def methodName(code: Code | None) -> str:
    """The word of METHODS_BY_NAME for `code`; "" where there is none."""
    return next((name for name, known in METHODS_BY_NAME.items() if known == code), "")
