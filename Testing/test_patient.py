import pytest

import builders
from IHERORegistrationLib.errors import PatientMismatchError
from IHERORegistrationLib.patient import UNKNOWN_PATIENT, Patient
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.samePatient import requireOwnRegistrations

JANE = Patient("P-17", "Miller^Jane", "19700203", "F")


@pytest.mark.parametrize(
    ("other", "keywords"),
    [
        (Patient("P-18", "Miller^Jane", "19700203", "F"), ("PatientID",)),
        (Patient("P-17", "Miller^John", "19700203", "F"), ("PatientName",)),
        (Patient("P-17", "Miller^Jane", "19700204", "F"), ("PatientBirthDate",)),
        (Patient("X", "Y", "19000101", "F"), ("PatientID", "PatientName", "PatientBirthDate")),
    ],
)
def test_another_identifier_name_or_birth_date_is_another_patient(other, keywords):
    assert JANE.differences(other) == keywords
    assert other.differences(JANE) == keywords


@pytest.mark.parametrize(
    "other",
    [
        JANE,
        Patient("P-17", "Miller^Jane^^^", "19700203", "F"),
        Patient("P-17", "Miller^Jane", "19700203", "O"),
        Patient("P-17", "", "", ""),
        UNKNOWN_PATIENT,
    ],
)
def test_delimiters_sex_and_what_is_empty_make_no_other_patient(other):
    assert JANE.differences(other) == ()
    assert other.differences(JANE) == ()


def test_a_registration_of_another_patient_moves_nothing_until_somebody_confirms_it():
    registration = registrationFromDataset(builders.spatialRegistration())
    other = Patient("X-9", "Other^Person", "19500101", "O")
    requireOwnRegistrations(registration.patient, [registration], confirmed=False)
    requireOwnRegistrations(other, [registration], confirmed=True)
    with pytest.raises(PatientMismatchError, match=registration.sopInstanceUID):
        requireOwnRegistrations(other, [registration], confirmed=False)
