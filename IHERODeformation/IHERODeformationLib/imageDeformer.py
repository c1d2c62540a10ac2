"""Actor Image Deformer: an image series pulled onto the slices of another through deformable
registrations, or corrected for distortion on its own, as a new DICOM series.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from pydicom import Dataset

from IHERORegistrationLib.codes import DEFORMED_FOR_REGISTRATION
from IHERORegistrationLib.derivedImages import ResampledImage, datasetsFromResampled
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.exportFindings import PATIENT_ROWS, exportFindings
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.registeredDisplay import backgroundFor
from IHERORegistrationLib.registration import Registration
from IHERORegistrationLib.registrationRecord import UNWATCHED, Watch
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.rules import Finding
from IHERORegistrationLib.samePatient import requireSamePatient
from IHERORegistrationLib.study import Study
from IHERORegistrationLib.usedRegistrations import readingRemarks, usedRegistrations

from .deformableRegistration import DeformableSpatialRegistration
from .deformation import DeformableTransform, OutsideGrid
from .deformedVolume import deformedVolume
from .transformSteps import isDeformable, isNumericallyInverted, isRigidOutside

OTHER_PATIENTS_REGISTRATION = "Registration of another patient confirmed by user."


@dataclass(frozen=True, eq=False)
class DeformedSeries:
    """The new series, first slice first, and what its first slice breaks of DICOM and the profile
    without anybody's fault here. Of its `voxels`, `undefined` got no value because the registration
    says nothing there, `outside` because it leads to where the source has no voxel; `image` tells
    which.
    """

    datasets: tuple[Dataset, ...]
    findings: tuple[Finding, ...]
    image: ResampledImage
    voxels: int
    undefined: int
    outside: int


def deformedSeries(
    series: ImageSeries,
    base: ImageSeries,
    way: TransformChain,
    registrations: Iterable[Registration],
    *,
    created: datetime,
    interpolation: Interpolation = Interpolation.LINEAR,
    profile: str = "DRRO",
    otherPatientConfirmed: bool = False,
    watch: Watch = UNWATCHED,
) -> DeformedSeries:
    """`series` on the lattice and in the frame of `base`: each voxel asks along `way`, from the
    frame of `base` to that of `series`, where it comes from.

    The study, dates and acquisition are those of `series`. Those of `registrations` that `way` was
    taken from are named, rigid ones too. Without a deformation in the way `imageOnBase` does this.

    Raises
        FrameOfReferenceError: the way leads elsewhere, or through no deformation.
        PatientMismatchError: `base` or a registration is of another patient and nobody confirmed.
        NonconformantError: the series is multi-frame, gated or dynamic, or the result would break
        the profile.

    Source
        RO supplement DRRO 7.4.2.5
    """
    if not isDeformable(way):
        raise FrameOfReferenceError(
            f"expected a way from {base.frame} to {series.frame} through a deformable "
            "registration, found one of matrices only"
        )
    used = usedRegistrations(way, registrations)
    remarks = [*_remarks(way), *readingRemarks(used)]
    what = f"series {base.seriesInstanceUID}"
    requireSamePatient(series.patient, base.patient, what, confirmed=otherPatientConfirmed)
    for one in used:
        what = f"registration {one.sopInstanceUID}"
        requireSamePatient(series.patient, one.patient, what, confirmed=otherPatientConfirmed)
    if any(series.patient.differences(one.patient) for one in used):
        remarks.append(OTHER_PATIENTS_REGISTRATION)
    image = _deformedImage(series, base, way, interpolation, watch)
    image = replace(
        image,
        registrations=tuple(one.reference for one in used),
        remarks=tuple(remarks),
        profile=profile,
    )
    description = f"{_name(series)} deformed to {_name(base)}"
    return _written(image, description, created, otherPatientConfirmed)


def correctedSeries(
    series: ImageSeries,
    registration: DeformableSpatialRegistration,
    *,
    created: datetime,
    interpolation: Interpolation = Interpolation.LINEAR,
    outsideGrid: OutsideGrid = OutsideGrid.UNDEFINED,
    profile: str = "DRRO",
    sameFrameConfirmed: bool = False,
    otherFieldConfirmed: bool = False,
) -> DeformedSeries:
    """`series` corrected for distortion: on the numbers of its own lattice, which now lies in the
    registered frame of `registration`, the true space.

    `sameFrameConfirmed` says that a field which maps the frame onto itself is meant to. A field
    measured on something else, a phantom, has another patient or another source frame; it is used
    as if it were in the frame of `series` where `otherFieldConfirmed`.

    Raises
        FrameOfReferenceError: the field maps a frame onto itself, or leads to another frame than
        the series', and nobody confirmed it; or there are several fields.
        PatientMismatchError: the field is of another patient and nobody confirmed it.
        NonconformantError: as deformedSeries.

    Source
        RO supplement DRRO 7.4.2.6
    """
    what = f"registration {registration.sopInstanceUID}"
    requireSamePatient(series.patient, registration.patient, what, confirmed=otherFieldConfirmed)
    field = _field(series, registration, otherFieldConfirmed)
    if registration.registeredFrame == field.toFrame and not sameFrameConfirmed:
        raise FrameOfReferenceError(
            f"{what} maps Frame of Reference {field.toFrame} onto itself; somebody has to confirm "
            "that this corrects distortion"
        )
    remarks = ["Correction of distortion, on the lattice of the source."]
    if series.patient.differences(registration.patient):
        remarks.append(OTHER_PATIENTS_REGISTRATION)
    if field.toFrame != series.frame:
        remarks.append(f"Field of Frame of Reference {field.toFrame} confirmed by user.")
    field = replace(field, toFrame=series.frame, outsideGrid=outsideGrid)
    way = TransformChain((field,), field.fromFrame, series.frame)
    image = replace(
        _deformedImage(series, series, way, interpolation),
        registrations=(registration.reference,),
        remarks=(*remarks, *_remarks(way), *readingRemarks([registration])),
        profile=profile,
    )
    return _written(image, f"{_name(series)} corrected", created, otherFieldConfirmed)


def _field(
    series: ImageSeries, registration: DeformableSpatialRegistration, otherConfirmed: bool
) -> DeformableTransform:
    """The deformation that leads to the frame of `series`, else the only one if that is meant."""
    fields = [
        one
        for one in map(registration.registeredToSource, registration.sourceItems)
        if isinstance(one, DeformableTransform)
    ]
    own = [one for one in fields if one.toFrame == series.frame]
    found = own or (fields if otherConfirmed else [])
    if len(found) == 1:
        return found[0]
    frames = ", ".join(one.toFrame for one in fields) or "none"
    raise FrameOfReferenceError(
        f"expected one field to the frame of the series, {series.frame}, in registration "
        f"{registration.sopInstanceUID}, found fields to: {frames}"
    )


def _deformedImage(
    series: ImageSeries,
    base: ImageSeries,
    way: TransformChain,
    interpolation: Interpolation,
    watch: Watch = UNWATCHED,
) -> ResampledImage:
    watch.tell("reading images", 0)
    volume = series.volume()
    background = backgroundFor(volume, series)
    made = deformedVolume(
        volume, base.lattice, way.fromFrame, way, interpolation, background, watch
    )
    return ResampledImage(
        volume=made.volume,
        outside=made.outside,
        undefined=made.undefined,
        source=series,
        target=base,
        transform=way,
        interpolation=interpolation.value,
        derivation=DEFORMED_FOR_REGISTRATION,
    )


def _remarks(way: TransformChain) -> list[str]:
    """What was chosen about the way and does not show in the registrations."""
    remarks = []
    if isRigidOutside(way):
        remarks.append("Beyond the grid the matrices alone hold.")
    if isNumericallyInverted(way):
        remarks.append("A deformation was inverted numerically.")
    return remarks


def _name(series: ImageSeries) -> str:
    return series.description or series.modality


def _written(
    image: ResampledImage, description: str, created: datetime, confirmed: bool
) -> DeformedSeries:
    datasets = datasetsFromResampled(image, description, created=created)
    header = image.source.headers[0]
    study = Study((*image.source.headers, *image.target.headers, *datasets))
    owed = PATIENT_ROWS if confirmed else ()
    findings = exportFindings(datasets[0], image.profile, study, header, owed=owed)
    return DeformedSeries(
        tuple(datasets),
        findings,
        image,
        voxels=image.volume.values.size,
        undefined=int(image.undefined.sum()),
        outside=int(image.outside.sum()),
    )
