"""What a node keeps as text of a deformation comes back to the last bit, and is not trusted."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest

from IHERODeformationLib.deformableRegistration import DeclaredMatrix
from IHERODeformationLib.deformationText import (
    latticeFromText,
    matrixFromText,
    textFromLattice,
    textFromMatrix,
    textFromUndefined,
    undefinedFromText,
)
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.lattice import Lattice

THIRDS = np.vstack([np.arange(12).reshape(3, 4) / 3, (0, 0, 0, 1)])


def test_a_lattice_comes_back_to_the_last_bit():
    axes = np.linalg.qr(THIRDS[:3, :3] + np.eye(3))[0]
    one = Lattice.fromAxes((4, 3, 7), (1 / 3, -1e4 / 7, 2**-0.5), axes, (0.1, 2 / 3, 5))
    back = latticeFromText(textFromLattice(one))
    assert back.size == (4, 3, 7)
    np.testing.assert_array_equal(back.ijkToLPS, one.ijkToLPS)


def test_a_matrix_comes_back_with_its_label_and_none_as_none():
    back = matrixFromText(textFromMatrix(DeclaredMatrix(THIRDS, "RIGID_SCALE")))
    assert back is not None
    assert back.declaredType == "RIGID_SCALE"
    np.testing.assert_array_equal(back.matrix, THIRDS)
    assert matrixFromText(textFromMatrix(None)) is None


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 1])
def test_undefined_nodes_come_back(share):
    undefined = np.random.default_rng(0).uniform(size=(5, 7, 3)) < share
    text = textFromUndefined(undefined)
    np.testing.assert_array_equal(undefinedFromText(text, (5, 7, 3)), undefined)
    assert (text == "") == (not undefined.any())


def test_a_hole_in_a_large_grid_takes_little_text():
    undefined = np.zeros((60, 150, 150), dtype=bool)
    undefined[20:30, 40:90, 30:60] = True
    assert len(textFromUndefined(undefined)) < 10_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no base 64!", "cannot read which nodes"),
        (base64.b64encode(b"not deflated").decode(), "cannot read which nodes"),
        (base64.b64encode(zlib.compress(b"\0" * 13)).decode(), "expected 14 bytes .* found 13"),
        (base64.b64encode(zlib.compress(bytes(10**7))).decode(), "expected 14 bytes .* found more"),
    ],
)
def test_text_that_somebody_damaged_is_refused(text, expected):
    with pytest.raises(MalformedObjectError, match=expected):
        undefinedFromText(text, (5, 7, 3))
