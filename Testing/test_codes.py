import pytest
from pydicom.sr._concepts_dict import concepts

from IHERORegistrationLib import codes
from IHERORegistrationLib.codes import METHODS_BY_NAME, REGISTRATION_METHODS, Code

OURS = {name: value for name, value in vars(codes).items() if isinstance(value, Code)}

# PS3.16 as pydicom has it: scheme → keyword → value → (meaning, context groups)
MEANINGS = {
    (value, scheme): meaning
    for scheme, keywords in concepts.items()
    for values in keywords.values()
    for value, (meaning, _) in values.items()
}


@pytest.mark.parametrize("name", OURS)
def test_every_code_means_what_ps3_16_says(name):
    code = OURS[name]
    assert MEANINGS[code.value, code.scheme] == code.meaning


def test_registration_methods_are_context_group_7100():
    group = {
        (value, scheme)
        for scheme, keywords in concepts.items()
        for values in keywords.values()
        for value, (_, groups) in values.items()
        if 7100 in groups
    }
    assert {(code.value, code.scheme) for code in REGISTRATION_METHODS} == group


def test_no_value_stands_twice():
    values = [(code.value, code.scheme) for code in OURS.values()]
    assert len(values) == len(set(values))


def test_codes_are_the_same_whatever_their_meaning_says():
    assert Code("125024", "DCM", "") == codes.IMAGE_CONTENT_ALIGNMENT
    assert hash(Code("125024", "DCM", "")) == hash(codes.IMAGE_CONTENT_ALIGNMENT)
    assert Code("125024", "99LOCAL", "Image Content-based Alignment") not in REGISTRATION_METHODS
    assert Code("125024", "DCM", "") != "125024"


def test_every_word_for_a_method_is_a_registration_method_but_identity():
    named = set(METHODS_BY_NAME.values())
    assert named == set(REGISTRATION_METHODS) - {codes.FRAME_OF_REFERENCE_IDENTITY}
