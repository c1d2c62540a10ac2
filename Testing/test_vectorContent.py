"""Vectors counted slice by slice, against closed forms and determinants made node by node."""

from __future__ import annotations

import numpy as np
import pytest

from IHERORegistrationLib.vectorContent import vectorContent

SHAPE = (4, 6, 5)  # nk, nj, ni
AXES = np.array([[0.96, -0.168, 0.224], [0.28, 0.576, -0.768], [0, 0.8, 0.6]]) * (2.0, 1.5, 3.0)
TURN = np.array([[0.96, -0.28, 0], [0.28, 0.96, 0], [0, 0, 1]])


def randomVectors(scale: float = 1.0) -> np.ndarray:
    return (scale * np.random.default_rng(3).standard_normal((*SHAPE, 3))).astype("<f4")


def determinants(vectors: np.ndarray, axes: np.ndarray, linear: np.ndarray) -> np.ndarray:
    """Of linear + ∂Δ/∂x at every node, one by one."""
    toIndex = np.linalg.inv(axes)
    errors = np.seterr(invalid="ignore")  # what is next to an undefined node is NaN
    found = np.full(SHAPE, np.nan)
    for k, j, i in np.ndindex(*SHAPE):
        node = np.array([k, j, i])
        columns = []
        for axis in (2, 1, 0):
            low, high = node.copy(), node.copy()
            low[axis] = max(node[axis] - 1, 0)
            high[axis] = min(node[axis] + 1, SHAPE[axis] - 1)
            step = vectors[tuple(high)].astype(float) - vectors[tuple(low)].astype(float)
            columns.append(step / (high[axis] - low[axis]))
        found[k, j, i] = np.linalg.det(linear + np.column_stack(columns) @ toIndex)
    np.seterr(**errors)
    return found


def test_everything_is_counted_once():
    vectors = randomVectors()
    vectors[1, 2, 3] = np.nan
    vectors[3, 0, 1, 1] = np.nan
    vectors[0, 5, 4] = 1, -np.inf, 0
    vectors[2, 1, 0] = 30, -40, 120
    content = vectorContent(vectors, AXES, TURN)
    assert (content.nodes, content.undefined) == (120, 3)
    assert (content.partial, content.infinite) == (1, 1)
    assert content.longest == 130
    known = vectors[np.isfinite(vectors).all(axis=-1)].astype(float)
    np.testing.assert_allclose(content.mean, known.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("order", ["<f4", ">f4"])
def test_folding_is_found_at_the_nodes_where_the_determinant_is_not_positive(order):
    vectors = randomVectors(1.2)
    expected = determinants(vectors, AXES, TURN)
    content = vectorContent(vectors.astype(order), AXES, TURN)
    assert 0 < content.folded < 120
    assert content.folded == (expected <= 0).sum()
    assert content.smallest == pytest.approx(expected.min(), rel=1e-9)


def test_a_shift_has_the_determinant_of_the_matrix():
    vectors = np.full((*SHAPE, 3), (3, -4, 12), "<f4")
    content = vectorContent(vectors, AXES, 1.5 * TURN)
    assert (content.folded, content.longest) == (0, 13)
    assert content.smallest == pytest.approx(1.5**3)


def test_next_to_undefined_nodes_nothing_folds():
    vectors = randomVectors(5)
    vectors[1:3, 1:5, 1:4] = np.nan
    expected = determinants(vectors, AXES, TURN)
    with np.errstate(invalid="ignore"):
        folded = (expected <= 0) & np.isfinite(vectors).all(axis=-1)
    assert vectorContent(vectors, AXES, TURN).folded == folded.sum() > 0


def test_a_grid_of_one_node_and_one_without_a_defined_node():
    one = vectorContent(np.full((1, 1, 1, 3), 2, "<f4"), AXES, np.eye(3))
    assert (one.nodes, one.folded, one.smallest) == (1, 0, pytest.approx(1))
    none = vectorContent(np.full((*SHAPE, 3), np.nan, "<f4"), AXES, np.eye(3))
    assert (none.undefined, none.longest, none.folded) == (120, 0, 0)
    assert np.isnan(none.smallest)
    np.testing.assert_array_equal(none.mean, (0, 0, 0))
