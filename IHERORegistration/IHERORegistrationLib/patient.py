"""Who a data set belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patient:
    """Identity of a patient as DICOM text (Patient Module, PS3.3 C.7.1.1); empty where unknown."""

    patientID: str
    name: str
    birthDate: str
    sex: str

    def differences(self, other: Patient) -> tuple[str, ...]:
        """Keywords of the attributes by which `other` is another patient.

        Patient ID, name and birth date count; an attribute that is empty on one side does not.
        The sex is never a reason to stop. Names are compared without trailing delimiters.
        """
        pairs = {
            "PatientID": (self.patientID, other.patientID),
            "PatientName": (self.name.rstrip("^= "), other.name.rstrip("^= ")),
            "PatientBirthDate": (self.birthDate, other.birthDate),
        }
        return tuple(keyword for keyword, (a, b) in pairs.items() if a and b and a != b)


UNKNOWN_PATIENT = Patient("", "", "", "")
