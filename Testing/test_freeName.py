import pytest

from IHERORegistrationLib.freeName import freeName


@pytest.mark.parametrize(
    ("wanted", "taken", "expected"),
    [
        ("Rectum", ("Bladder",), "Rectum"),
        ("Rectum", ("Rectum",), "Rectum (3)"),
        ("Rectum", ("Rectum", "Rectum (3)"), "Rectum (4)"),  # somebody has called one so
        ("Rectum and more", (), "Rectum and m"),
        ("Rectum and more", ("Rectum and m",), "Rectum a (3)"),
        ("Rectum   and", ("Rectum   and",), "Rectum (3)"),
        ("Rectum a (3)", ("Rectum a (3)",), "Rectum a (4)"),
    ],
)
def test_a_name_is_as_wanted_or_has_the_first_number_that_makes_it_another(wanted, taken, expected):
    name = freeName(wanted, taken, number=3, longest=12)
    assert name == expected
    assert len(name) <= 12
