"""Objects of different patients are not combined unless somebody confirms it."""

from __future__ import annotations

from .errors import PatientMismatchError
from .patient import Patient


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
