"""Actor Deformable Registrator: Deformable Spatial Registration objects by every row of DRRO.

The registered image set is called fixed, the source set moving, as users do; the object maps
fixed → moving, unlike a Spatial Registration of the same two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from pydicom import Dataset
from pydicom.config import disable_value_validation

from IHERORegistrationLib.codes import FRAME_OF_REFERENCE_IDENTITY, Code
from IHERORegistrationLib.errors import FrameOfReferenceError, LandmarkError, NonconformantError
from IHERORegistrationLib.exportFindings import PATIENT_ROWS, exportFindings
from IHERORegistrationLib.fiducials import SpatialFiducials, repeatedIdentifiers
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.registration import SpatialRegistration, frameGraph
from IHERORegistrationLib.registrator import UsedFiducials, fiducialReferences
from IHERORegistrationLib.rules import Finding, Role
from IHERORegistrationLib.samePatient import patientRemark, requireSamePatient
from IHERORegistrationLib.study import Study

from .deformableRegistration import (
    DeclaredMatrix,
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from .deformation import DeformableTransform, OutsideGrid
from .displacementGrid import DisplacementGrid
from .reader import deformableRegistrationFromDataset
from .transformSteps import affinePart
from .writer import DeformationForm, datasetFromDeformableRegistration

LONGEST_LABEL = 16  # characters of a Code String


@dataclass(frozen=True, eq=False)
class DeformableAlignment:
    """One moving image set, the deformation that leads to it from the fixed one, and how it was
    made.
    """

    moving: ImageSeries
    fixedToMoving: DeformableTransform
    label: str
    description: str
    method: Code
    comment: str = ""
    fiducials: UsedFiducials | None = None


class DeformableRegistrationObject(NamedTuple):
    """The data set to be written, the findings that it owes to its images, and what it says: the
    `registration` as a reader will find it.
    """

    dataset: Dataset
    findings: tuple[Finding, ...]
    registration: DeformableSpatialRegistration


def registrationFromDeformableAlignment(
    fixed: ImageSeries, alignment: DeformableAlignment, *, withinFrameConfirmed: bool = False
) -> DeformableSpatialRegistration:
    """The registration value: the item of the fixed set first, then the moving set with the
    transform, all images listed.

    Raises
        FrameOfReferenceError: the transform joins other frames, or both sets lie in one frame and
        nobody confirmed that it is deformed within itself, as to correct a distortion.
        NonconformantError: the transform holds a choice for outside its grid.
    """
    _requireFrames(fixed, alignment, withinFrameConfirmed)
    moving, used = alignment.moving, alignment.fiducials
    registered = DeformableRegistrationItem(
        number=1,
        sourceFrame=fixed.frame,
        images=fixed.reference.instances,
        method=FRAME_OF_REFERENCE_IDENTITY,
        usedFiducials=used.fixed if used else (),
    )
    return DeformableSpatialRegistration(
        sopInstanceUID="",
        registeredFrame=fixed.frame,
        items=(registered, _sourceItem(fixed, alignment)),
        series=(fixed.reference, moving.reference, *(used.series if used else ())),
        patient=fixed.patient,
        studyInstanceUID=fixed.reference.studyInstanceUID,
        label=alignment.label,
        description=alignment.description,
    )


def _sourceItem(fixed: ImageSeries, alignment: DeformableAlignment) -> DeformableRegistrationItem:
    moving, transform, used = alignment.moving, alignment.fixedToMoving, alignment.fiducials
    if transform.outsideGrid is not OutsideGrid.UNDEFINED:
        raise NonconformantError(
            "expected a transform that is undefined outside its grid: the object cannot tell that "
            f"it is {transform.outsideGrid} there",
            (),
        )
    remark = patientRemark(fixed.patient, moving.patient)
    return DeformableRegistrationItem(
        number=2,
        sourceFrame=moving.frame,
        images=moving.reference.instances,
        pre=DeclaredMatrix(transform.pre, ""),
        grid=transform.grid,
        post=DeclaredMatrix(transform.post, ""),
        method=alignment.method,
        comment="; ".join(filter(None, (alignment.comment, remark))),
        usedFiducials=used.moving if used else (),
    )


def _requireFrames(fixed: ImageSeries, alignment: DeformableAlignment, confirmed: bool) -> None:
    moving, transform = alignment.moving, alignment.fixedToMoving
    if (transform.fromFrame, transform.toFrame) != (fixed.frame, moving.frame):
        raise FrameOfReferenceError(
            f"expected a deformation from the fixed frame {fixed.frame} to the moving frame "
            f"{moving.frame}, found one from {transform.fromFrame} to {transform.toFrame}"
        )
    if fixed.frame == moving.frame and not confirmed:
        raise FrameOfReferenceError(
            f"both image sets lie in Frame of Reference {fixed.frame}, which would be deformed "
            "within itself: for a correction of distortion that has to be confirmed; otherwise "
            "one set must first be stored with a new Frame of Reference UID"
        )


def deformableRegistrationObject(
    fixed: ImageSeries,
    alignment: DeformableAlignment,
    *,
    profile: str = "DRRO",
    created: datetime,
    form: DeformationForm = DeformationForm.DRRO,
    otherPatientConfirmed: bool = False,
    withinFrameConfirmed: bool = False,
) -> DeformableRegistrationObject:
    """The Deformable Spatial Registration object of one alignment, checked as its producer.

    `created` is when the vectors were made. A `form` other than DRRO is for readers that need it:
    the object is then judged by DICOM, and the findings tell what of DRRO it breaks.

    Raises
        PatientMismatchError: the image sets are of different patients and nobody confirmed it.
        FrameOfReferenceError, NonconformantError, NotRigidError: see
        `registrationFromDeformableAlignment` and `datasetFromDeformableRegistration`; or the
        object would break the profile.
    """
    moving = alignment.moving
    requireSamePatient(
        fixed.patient, moving.patient, "the moving series", confirmed=otherPatientConfirmed
    )
    registration = registrationFromDeformableAlignment(
        fixed, alignment, withinFrameConfirmed=withinFrameConfirmed
    )
    template, study = fixed.headers[0], Study((*fixed.headers, *moving.headers))
    with disable_value_validation():  # the findings say what is wrong, better than an exception
        dataset = datasetFromDeformableRegistration(
            registration, template, created=created, form=form
        )
    isDRRO = form is DeformationForm.DRRO
    found = exportFindings(
        dataset,
        profile if isDRRO else "DICOM",
        study,
        template,
        owed=PATIENT_ROWS if otherPatientConfirmed else (),
    )
    if not isDRRO:
        found += tuple(conformanceFindings(dataset, ("DRRO",), Role.PRODUCER, study))
    return DeformableRegistrationObject(dataset, found, deformableRegistrationFromDataset(dataset))


def deformationFromRigidStart(
    start: SpatialRegistration, residual: DisplacementGrid, fixedFrame: str, movingFrame: str
) -> DeformableTransform:
    """The deformation that goes on from a Spatial Registration: what takes fixed points to moving
    ones in `start`, the inverse of a matrix that is stored as moving → fixed, comes before the
    vectors of `residual`, which lies in the fixed frame.

    Raises
        FrameOfReferenceError: `start` does not connect the frames, or in several ways.

    Source
        RO supplement DRRO 1.2.11, 7.4.1.2; PS3.3 C.20.2.1.1, C.20.3.1.1
    """
    pre = affinePart(frameGraph([start]).path(fixedFrame, movingFrame))
    return DeformableTransform(pre, residual, np.eye(4), fixedFrame, movingFrame)


def usedFiducials(
    fixed: ImageSeries,
    moving: ImageSeries,
    fixedFiducials: SpatialFiducials,
    movingFiducials: SpatialFiducials,
) -> UsedFiducials:
    """The fiducials that have a partner of the same identifier in the other image set, for a
    registration that was made from them.

    Raises
        ReferenceNotFoundError: an object has no set in the frame of its images.
        LandmarkError: an identifier occurs twice in a set, or none in both.
    """
    here, there = fixedFiducials.setInFrame(fixed.frame), movingFiducials.setInFrame(moving.frame)
    for group in (here, there):
        if repeated := repeatedIdentifiers(group.fiducials):
            raise LandmarkError(f"expected each identifier once, found {', '.join(repeated)} twice")
    shared = {one.identifier for one in here.fiducials if one.uid}
    shared &= {one.identifier for one in there.fiducials if one.uid}
    if not shared:
        raise LandmarkError(
            f"expected fiducials of one name and with a UID in both objects, found none among "
            f"{len(here.fiducials)} and {len(there.fiducials)}"
        )
    return UsedFiducials(
        fixed=fiducialReferences(fixedFiducials, here, shared),
        moving=fiducialReferences(movingFiducials, there, shared),
        series=(fixedFiducials.reference, movingFiducials.reference),
    )


def distinctLabel(wanted: str, others: Iterable[str]) -> str:
    """`wanted` as a Content Label that differs from `others`, such as those of registrations at
    hand: with a number at its end where it has to.

    Source
        RO supplement DRRO 1.2.11, 7.4.15.1.1.2
    """
    taken = set(others)
    label, number = wanted[:LONGEST_LABEL], 1
    while label in taken:
        number += 1
        ending = f"_{number}"
        label = wanted[: LONGEST_LABEL - len(ending)] + ending
    return label
