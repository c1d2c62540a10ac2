from itertools import permutations
from time import perf_counter

import numpy as np
import pytest

from IHERORegistrationLib.errors import FrameOfReferenceError, NotInvertibleError
from IHERORegistrationLib.frames import FrameGraph, TransformChain
from IHERORegistrationLib.geometry import AffineTransform

POINT = np.array([1.0, 2.0, 3.0])


def turn(fromFrame, toFrame):
    """(x, y, z) goes to (-y, x, z + 1): does not commute with `grow`."""
    matrix = np.array([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])
    return AffineTransform(matrix, fromFrame, toFrame)


def grow(fromFrame, toFrame):
    """(x, y, z) goes to (2x + 10, y, z)."""
    matrix = np.diag([2.0, 1, 1, 1])
    matrix[0, 3] = 10
    return AffineTransform(matrix, fromFrame, toFrame)


class OneWay:
    """A transform without inverse."""

    def __init__(self, fromFrame, toFrame):
        self.fromFrame, self.toFrame = fromFrame, toFrame

    def __call__(self, points):
        return points + 100

    def inverse(self):
        raise NotInvertibleError("there is no way back")


def test_a_chain_applies_its_first_transform_first():
    chain = TransformChain((turn("A", "B"), grow("B", "C")), "A", "C")
    np.testing.assert_array_equal(chain(POINT), [6, 1, 4])  # (-2, 1, 4), then 2·(-2) + 10


def test_a_chain_goes_back_the_way_it_came():
    back = TransformChain((turn("A", "B"), grow("B", "C")), "A", "C").inverse()
    assert (back.fromFrame, back.toFrame) == ("C", "A")
    np.testing.assert_allclose(back(np.array([6.0, 1, 4])), POINT, atol=1e-12)


def test_a_chain_with_a_one_way_transform_has_no_inverse():
    with pytest.raises(NotInvertibleError):
        TransformChain((turn("A", "B"), OneWay("B", "C")), "A", "C").inverse()


def test_an_empty_chain_stays_where_it_is():
    chain = TransformChain((), "A", "A")
    np.testing.assert_array_equal(chain([[1, 2, 3]]), [[1.0, 2, 3]])
    assert chain([[1, 2, 3]]).dtype == float


@pytest.mark.parametrize(
    ("transforms", "fromFrame", "toFrame"),
    [
        ((turn("A", "B"), grow("C", "D")), "A", "D"),
        ((turn("A", "B"),), "X", "B"),
        ((turn("A", "B"),), "A", "X"),
        ((), "A", "B"),
    ],
)
def test_a_chain_whose_links_do_not_meet_is_refused(transforms, fromFrame, toFrame):
    with pytest.raises(FrameOfReferenceError):
        TransformChain(transforms, fromFrame, toFrame)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_path_is_found_whatever_the_order_of_the_transforms(order):
    transforms = [turn("A", "B"), grow("C", "B"), turn("C", "D")]
    graph = FrameGraph(transforms[number] for number in order)
    path = graph.path("A", "D")
    # to B: (-2, 1, 4); back to C: ((-2 - 10) / 2, 1, 4); to D: (-1, -6, 5)
    np.testing.assert_allclose(path(POINT), [-1, -6, 5], atol=1e-12)
    np.testing.assert_allclose(graph.path("D", "A")(path(POINT)), POINT, atol=1e-12)


def test_within_one_frame_nothing_moves_even_if_no_transform_knows_it():
    assert FrameGraph([]).path("A", "A").transforms == ()


def test_frames_that_nothing_connects_are_refused_with_what_can_be_reached():
    graph = FrameGraph([turn("A", "B"), grow("C", "D")])
    with pytest.raises(FrameOfReferenceError, match="from A to D; from there one reaches B"):
        graph.path("A", "D")
    with pytest.raises(FrameOfReferenceError, match="one reaches nothing"):
        graph.path("unknown", "A")


def test_two_transforms_between_the_same_frames_are_refused():
    graph = FrameGraph([turn("A", "B"), grow("A", "B")])
    with pytest.raises(FrameOfReferenceError, match="several registrations lead from A to B"):
        graph.path("A", "B")


def test_both_directions_between_the_same_frames_are_two_registrations():
    graph = FrameGraph([turn("A", "B"), grow("B", "A")])
    with pytest.raises(FrameOfReferenceError, match="several"):
        graph.path("B", "A")


def test_two_ways_round_a_ring_are_refused_and_named():
    graph = FrameGraph([turn("A", "B"), turn("B", "C"), grow("A", "C")])
    with pytest.raises(FrameOfReferenceError, match="A → B → C") as refused:
        graph.path("A", "C")
    assert "A → C" in str(refused.value)


def test_a_ring_elsewhere_does_not_matter():
    ring = [turn("B", "C"), turn("C", "D"), grow("B", "D")]
    assert len(FrameGraph([turn("A", "B"), *ring]).path("A", "B").transforms) == 1


def test_a_one_way_transform_leads_one_way():
    graph = FrameGraph([OneWay("A", "B"), turn("B", "C")])
    np.testing.assert_array_equal(graph.path("A", "C")(POINT), [-102, 101, 104])
    with pytest.raises(FrameOfReferenceError, match="no registration leads from C to A"):
        graph.path("C", "A")


def test_a_transform_of_a_frame_onto_itself_is_refused():
    with pytest.raises(FrameOfReferenceError, match="onto itself"):
        FrameGraph([turn("A", "A")])


def test_the_graph_knows_its_frames_and_what_is_connected():
    graph = FrameGraph([turn("A", "B"), OneWay("B", "C"), turn("X", "Y")])
    assert graph.frames == {"A", "B", "C", "X", "Y"}
    assert graph.connectedTo("A") == {"B", "C"}
    assert graph.connectedTo("C") == frozenset()


def test_thirty_frames_all_registered_to_each_other_are_answered_at_once():
    frames = [f"F{number}" for number in range(30)]
    everything = [turn(one, other) for one in frames for other in frames if one < other]
    graph = FrameGraph([*everything, turn("F0", "lonely"), turn("X", "Y")])
    began = perf_counter()
    assert len(graph.path("F0", "lonely").transforms) == 1
    with pytest.raises(FrameOfReferenceError, match="several"):
        graph.path("F1", "lonely")
    with pytest.raises(FrameOfReferenceError, match="no registration"):
        graph.path("F1", "X")
    assert perf_counter() - began < 5
