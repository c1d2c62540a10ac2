"""Readers turn bad bytes into errors that quote nothing; strict ones refuse repairs."""

import pytest
from pydicom import Dataset

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.objectReading import reading, refuseRepairs


def test_what_the_parser_quotes_is_not_in_the_message():
    with (
        pytest.raises(MalformedObjectError, match=r"^cannot read the plan: ValueError$"),
        reading("the plan"),
    ):
        float("Doe^Jane")


def test_a_missing_attribute_is_named():
    with (
        pytest.raises(MalformedObjectError, match=r"cannot read the dose: .*Rows"),
        reading("the dose"),
    ):
        Dataset().Rows  # noqa: B018


def test_errors_of_our_own_pass_as_they_are():
    with pytest.raises(MalformedObjectError, match=r"^expected 3 values$"), reading("the plan"):
        raise MalformedObjectError("expected 3 values")


def test_strict_reading_refuses_repairs_and_no_remarks():
    remark = Note("a remark", "Rows", "5", "told", repaired=False)
    refuseRepairs([remark])
    with pytest.raises(MalformedObjectError) as refusal:
        refuseRepairs([remark, Note("a repair", "Columns", "0", "taken as 1")])
    assert "a repair at Columns" in str(refusal.value)
    assert "a remark" not in str(refusal.value)
