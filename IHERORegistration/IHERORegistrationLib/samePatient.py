"""Objects of different patients are not combined unless somebody confirms it."""

from __future__ import annotations

from collections.abc import Iterable

from .errors import PatientMismatchError
from .patient import Patient
from .registration import Registration

OTHER_PATIENT = "other patient confirmed by user"


def requireSamePatient(one: Patient, other: Patient, what: str, *, confirmed: bool) -> None:
    """Let `what`, which belongs to `other`, be combined with what belongs to `one`.

    Raises
        PatientMismatchError: they are different patients and it is not `confirmed`.
    """
    different = one.differences(other)
    if different and not confirmed:
        raise PatientMismatchError(
            f"{what} belongs to another patient: they differ in {', '.join(different)}; "
            "--other-patient-ok confirms"
        )


def requireOwnRegistrations(
    patient: Patient, used: Iterable[Registration], *, confirmed: bool
) -> None:
    """Let data of `patient` be moved by the registrations `used`.

    Raises
        PatientMismatchError: one is of another patient and it is not `confirmed`.
    """
    for one in used:
        what = f"registration {one.sopInstanceUID or one.label}"
        requireSamePatient(patient, one.patient, what, confirmed=confirmed)


def patientRemark(one: Patient, other: Patient) -> str:
    """What an object made of data of both has to say of them: nothing if they are the same."""
    return OTHER_PATIENT if one.differences(other) else ""
