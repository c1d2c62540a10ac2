"""The time that is left of a step is told when it is known and worth telling."""

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from application.runningApplication import runningApplication


@pytest.fixture
def told(tmp_path):
    """What is told at times, s, and parts that are done."""
    with runningApplication(tmp_path):
        from IHERORegistrationLib.widgets.timeLeft import TimeLeft

        def words(*moments):
            times = iter([0.0, *(second for second, _ in moments)])
            left = TimeLeft(lambda: next(times))
            return [left.words(part) for _, part in moments]

        yield words


def test_it_is_what_the_present_pace_leaves(told):
    assert told((10, 0.25)) == ["About 30 s left in this step"]
    assert told((30, 0.2)) == ["About 2 min left in this step"]


def test_nothing_is_told_early_or_when_it_is_short_or_unknown(told):
    assert told((1, 0.01), (5, 0.0)) == ["", ""]
    assert told((10, 0.8)) == [""]
    assert told((10, 1.0)) == [""]


def test_a_step_is_measured_from_its_own_beginning(told):
    moments = ((100, 0.9), (100, 0.0), (104, 0.1))
    assert told(*moments)[1:] == ["", "About 35 s left in this step"]
