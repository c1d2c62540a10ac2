"""Actor Registrator: Spatial Registration objects by every row of the chosen profile.

The registered image set is called fixed, the other moving, as users do; the object maps
moving → fixed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydicom import Dataset
from pydicom.config import disable_value_validation

from .codes import FIDUCIAL_ALIGNMENT, FRAME_OF_REFERENCE_IDENTITY, Code
from .errors import FrameOfReferenceError
from .exportFindings import PATIENT_ROWS, exportFindings
from .fiducials import FiducialSet, SpatialFiducials, landmarkFitFromFiducials
from .geometry import AffineTransform, MatrixType
from .images import ImageSeries
from .landmarks import LandmarkFit
from .references import FiducialReference, SeriesReference
from .registration import RegistrationItem, SpatialRegistration
from .rules import Finding
from .samePatient import requireSamePatient
from .study import Study
from .writableMatrix import writableMatrix
from .writer import datasetFromRegistration


@dataclass(frozen=True, eq=False)
class UsedFiducials:
    """Fiducials that an alignment was made from, of the fixed and of the moving image set.

    `series` are the series of the Spatial Fiducials instances.
    """

    fixed: tuple[FiducialReference, ...]
    moving: tuple[FiducialReference, ...]
    series: tuple[SeriesReference, ...]


@dataclass(frozen=True, eq=False)
class Alignment:
    """One moving image set, the transform that takes it to the fixed one, and how it was made."""

    moving: ImageSeries
    movingToFixed: AffineTransform
    label: str
    description: str
    method: Code
    comment: str = ""
    fiducials: UsedFiducials | None = None


@dataclass(frozen=True, eq=False)
class RegistrationObject:
    """The data set to be written, and the findings that it owes to its images."""

    dataset: Dataset
    findings: tuple[Finding, ...]


def registrationFromAlignment(fixed: ImageSeries, alignment: Alignment) -> SpatialRegistration:
    """The registration value: the identity item of the fixed set first, then the moving set, all
    images listed. A rigid matrix is made exactly orthonormal; the type is found by value.

    Raises
        FrameOfReferenceError: both sets lie in one frame, or the transform joins other frames.
        NotRigidError: the matrix is a mirror, singular, or no longer a rotation once written.
    """
    _requireFrames(fixed, alignment)
    moving = alignment.moving
    matrix, kind = writableMatrix(alignment.movingToFixed.matrix)
    used = alignment.fiducials
    return SpatialRegistration(
        sopInstanceUID="",
        registeredFrame=fixed.frame,
        items=(
            RegistrationItem(
                number=1,
                sourceFrame=fixed.frame,
                images=fixed.reference.instances,
                matrices=(np.eye(4),),
                declaredTypes=(MatrixType.RIGID.value,),
                method=FRAME_OF_REFERENCE_IDENTITY,
                usedFiducials=used.fixed if used else (),
            ),
            RegistrationItem(
                number=2,
                sourceFrame=moving.frame,
                images=moving.reference.instances,
                matrices=(matrix,),
                declaredTypes=(kind.value,),
                method=alignment.method,
                comment=alignment.comment,
                usedFiducials=used.moving if used else (),
            ),
        ),
        series=(fixed.reference, moving.reference, *(used.series if used else ())),
        patient=fixed.patient,
        studyInstanceUID=fixed.reference.studyInstanceUID,
        label=alignment.label,
        description=alignment.description,
    )


def _requireFrames(fixed: ImageSeries, alignment: Alignment) -> None:
    """Raise unless the transform leads from the moving set's frame to another one, the fixed."""
    moving, transform = alignment.moving, alignment.movingToFixed
    if fixed.frame == moving.frame:
        raise FrameOfReferenceError(
            f"both image sets lie in Frame of Reference {fixed.frame}: they share coordinates and "
            "need no registration. To register them anew, one of them must first be stored with "
            "a new Frame of Reference UID (IHE-RO TF-1 5.6.2)"
        )
    if (transform.fromFrame, transform.toFrame) != (moving.frame, fixed.frame):
        raise FrameOfReferenceError(
            f"expected a transform from {moving.frame} to {fixed.frame}, found one from "
            f"{transform.fromFrame} to {transform.toFrame}"
        )


def registrationObject(
    fixed: ImageSeries,
    alignment: Alignment,
    *,
    profile: str,
    created: datetime,
    otherPatientConfirmed: bool = False,
) -> RegistrationObject:
    """The Spatial Registration object of one alignment, checked as its producer.

    Raises
        PatientMismatchError: the image sets are of different patients and nobody confirmed it.
        NonconformantError: the object would break the profile; carries the findings.
    """
    requireSamePatient(
        fixed.patient,
        alignment.moving.patient,
        "the moving series",
        confirmed=otherPatientConfirmed,
    )
    registration = registrationFromAlignment(fixed, alignment)
    with disable_value_validation():  # the findings say what is wrong, better than an exception
        dataset = datasetFromRegistration(registration, fixed.headers[0], created=created)
    found = exportFindings(
        dataset,
        profile,
        Study((*fixed.headers, *alignment.moving.headers)),
        fixed.headers[0],
        owed=PATIENT_ROWS if otherPatientConfirmed else (),
    )
    return RegistrationObject(dataset, found)


def registrationObjects(
    fixed: ImageSeries, alignments: Sequence[Alignment], *, profile: str, created: datetime
) -> list[RegistrationObject]:
    """One object for each moving set, all with the one registered frame of `fixed`: N image sets
    give N − 1 objects (IHE-RO TF-1 5.6.2).

    Raises
        FrameOfReferenceError: two moving sets lie in one frame, which one object covers.
    """
    frames = [alignment.moving.frame for alignment in alignments]
    for frame in frames:
        if frames.count(frame) > 1:
            raise FrameOfReferenceError(
                f"several moving image sets lie in Frame of Reference {frame}: one registration "
                "covers them all"
            )
    return [
        registrationObject(fixed, alignment, profile=profile, created=created)
        for alignment in alignments
    ]


def alignmentFromFiducials(
    fixed: ImageSeries,
    moving: ImageSeries,
    fixedFiducials: SpatialFiducials,
    movingFiducials: SpatialFiducials,
    *,
    label: str,
    description: str,
) -> tuple[Alignment, LandmarkFit]:
    """The least-squares rigid alignment of the fiducials that have a partner, and its residuals.
    The registration made of it will name the fiducials used.

    Raises
        ReferenceNotFoundError: an object has no set in the frame of its images.
        LandmarkError: the pairs determine no rigid transform.
    """
    toSet = fixedFiducials.setInFrame(fixed.frame)
    fromSet = movingFiducials.setInFrame(moving.frame)
    fit = landmarkFitFromFiducials(fromSet, toSet)
    used = UsedFiducials(
        fixed=fiducialReferences(fixedFiducials, toSet, fit.identifiers),
        moving=fiducialReferences(movingFiducials, fromSet, fit.identifiers),
        series=(fixedFiducials.reference, movingFiducials.reference),
    )
    return (
        Alignment(
            moving, fit.transform, label, description, FIDUCIAL_ALIGNMENT,
            comment=f"{len(fit.identifiers)} fiducials, residual {fit.rootMeanSquare:.2f} mm RMS",
            fiducials=used,
        ),
        fit,
    )  # fmt: skip


def fiducialReferences(
    fiducials: SpatialFiducials, group: FiducialSet, identifiers: Collection[str]
) -> tuple[FiducialReference, ...]:
    """The fiducials of `group`, a set of `fiducials`, with these identifiers; a fiducial without a
    UID cannot be referred to.
    """
    (instance,) = fiducials.reference.instances
    return tuple(
        FiducialReference(instance, one.uid)
        for one in group.fiducials
        if one.identifier in identifiers and one.uid
    )
