"""Registrations are told in plain words, with the direction, the angle and the shift."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from builders import CT_FRAME, MR_FRAME, spatialRegistration
from IHERORegistrationLib.codes import FIDUCIAL_ALIGNMENT, Code
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.sentences import (
    itemSentences,
    mappingSentence,
    methodSentence,
    motionSentence,
    shiftWords,
)


def about(axis: int, degrees: float, shift=(0, 0, 0)) -> np.ndarray:
    """Rotation about a coordinate axis, then a shift."""
    matrix = np.eye(4)
    a, b = [(1, 2), (2, 0), (0, 1)][axis]
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix[a, a], matrix[a, b], matrix[b, a], matrix[b, b] = cosine, -sine, sine, cosine
    matrix[:3, 3] = shift
    return matrix


@pytest.mark.parametrize(("axis", "name"), [(0, "left-right"), (1, "front-back"), (2, "head-foot")])
@pytest.mark.parametrize("angle", [5.0, -30.0, 180.0])
def test_the_axis_and_angle_of_a_rotation_are_named(axis, name, angle):
    sentence = motionSentence(about(axis, angle))
    assert f"turns by {abs(angle):.2f}° about the {name} axis" in sentence


def test_an_oblique_axis_is_told_by_its_directions():
    axis = np.array([0.6, 0.0, -0.8])
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix = np.eye(4)  # half a turn about the axis, by Rodrigues
    matrix[:3, :3] = np.eye(3) + 2 * cross @ cross
    sentence = motionSentence(matrix)
    assert "turns by 180.00° about the oblique (0.60 right, 0.80 head) axis" in sentence


def test_the_shift_is_that_of_the_middle_of_the_images():
    quarterTurn = about(2, 90)  # (100, 0, 0) goes to (0, 100, 0)
    sentence = motionSentence(quarterTurn, np.array([100.0, 0.0, 0.0]))
    assert "moves the middle of the images by 141.4 mm (100.0 right, 100.0 back)" in sentence


def test_directions_are_those_of_lps():
    assert shiftWords(np.array([3, -4, 0.0])) == "by 5.0 mm (3.0 left, 4.0 front)"
    assert shiftWords(np.array([0, 0, -2.0])) == "by 2.0 mm (2.0 feet)"


def test_identity_scale_and_shear_are_called_so():
    assert motionSentence(np.eye(4)).startswith("Identity")
    assert motionSentence(np.diag([1.05, 1.05, 1.05, 1])).startswith("Rigid with scaling")
    assert "scales by 1.0500 and" in motionSentence(np.diag([1.05, 1.05, 1.05, 1]))
    sheared = np.eye(4)
    sheared[0, 1] = 0.1
    assert motionSentence(sheared).startswith("Affine")


def test_both_ends_are_named_source_first():
    names = {MR_FRAME: "MR “T1”", CT_FRAME: "CT “Planning”"}
    assert mappingSentence(MR_FRAME, CT_FRAME, names) == "Maps MR “T1” onto CT “Planning”."


def test_each_item_of_an_object_has_its_sentences():
    registration = registrationFromDataset(spatialRegistration())
    identity, moving = registration.items
    names = {CT_FRAME: "CT “Planning”"}
    assert itemSentences(registration, identity, names, {}) == (
        "CT “Planning” is the registered frame: identity.",
    )
    maps, moves, made = itemSentences(registration, moving, names, {})
    assert maps == f"Maps frame {MR_FRAME} onto CT “Planning”."
    assert "turns by 30.00° about the head-foot axis" in moves
    assert made == "Made from the image contents (125024 Image Content-based Alignment)."


def test_methods_are_told_as_recorded():
    assert methodSentence(None) == "How it was made is not recorded."
    assert methodSentence(FIDUCIAL_ALIGNMENT).startswith("Made from fiducials")
    assert "RIGID" in methodSentence(Code("RIGID", "99LOCAL", ""))


def test_messages_call_nodes_by_their_names_not_by_identifiers_of_the_scene():
    files = list(Path(__file__).resolve().parents[1].glob("IHERO*/IHERO*Lib/**/*.py"))
    assert files
    for file in files:
        told = [one for one in ast.walk(ast.parse(file.read_text())) if isinstance(one, ast.Raise)]
        assert not [one.lineno for one in told if "GetID()" in ast.unparse(one)], file.name
