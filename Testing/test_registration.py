from dataclasses import replace

import numpy as np
import pytest

from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.registration import RegistrationItem, SpatialRegistration, frameGraph

POINT = np.array([1.0, 2.0, 3.0])


def matrixOf(rows):
    return np.array([*rows, [0, 0, 0, 1]], float)


TURN = matrixOf([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1]])  # (-y, x, z + 1)
GROW = matrixOf([[2, 0, 0, 10], [0, 1, 0, 0], [0, 0, 1, 0]])  # (2x + 10, y, z)


def anItem(number, sourceFrame, *matrices):
    return RegistrationItem(
        number=number,
        sourceFrame=sourceFrame,
        images=(),
        matrices=matrices,
        declaredTypes=("AFFINE",) * len(matrices),
    )


def aRegistration(*items, registeredFrame="CT"):
    return SpatialRegistration("1.2.3", registeredFrame, items)


def test_the_matrices_of_an_item_apply_in_their_order():
    item = anItem(1, "MR", TURN, GROW)
    np.testing.assert_array_equal(item.matrix @ [*POINT, 1], [6, 1, 4, 1])
    np.testing.assert_array_equal(anItem(1, "MR", GROW, TURN).matrix @ [*POINT, 1], [-2, 12, 4, 1])


def test_an_item_without_matrices_moves_nothing():
    np.testing.assert_array_equal(anItem(1, "CT").matrix, np.eye(4))


def test_the_matrix_maps_source_to_registered():
    item = anItem(2, "MR", TURN)
    transform = aRegistration(anItem(1, "CT"), item).sourceToRegistered(item)
    assert (transform.fromFrame, transform.toFrame) == ("MR", "CT")
    np.testing.assert_array_equal(transform(POINT), [-2, 1, 4])


@pytest.mark.parametrize("reverse", [False, True])
def test_what_moves_is_told_by_frame_and_not_by_order(reverse):
    items = [anItem(1, "CT", np.eye(4)), anItem(2, "MR", TURN), anItem(3, "PET", GROW)]
    registration = aRegistration(*(reversed(items) if reverse else items))
    assert {item.sourceFrame for item in registration.movingItems} == {"MR", "PET"}
    assert {transform.fromFrame for transform in registration.transforms} == {"MR", "PET"}


def test_an_item_of_images_alone_is_unresolved_and_in_no_graph():
    nameless = anItem(2, None, TURN)
    registration = aRegistration(anItem(1, "CT"), nameless)
    assert registration.unresolvedItems == (nameless,)
    assert registration.transforms == ()
    with pytest.raises(FrameOfReferenceError, match=r"RegistrationSequence\[2\] names only images"):
        registration.sourceToRegistered(nameless)


def test_equal_items_of_one_frame_are_one_transform():
    registration = aRegistration(anItem(1, "MR", TURN), anItem(2, "MR", TURN.copy()))
    assert len(registration.transforms) == 1
    np.testing.assert_array_equal(frameGraph([registration]).path("MR", "CT")(POINT), [-2, 1, 4])


def test_different_items_of_one_frame_are_a_question():
    registration = aRegistration(anItem(1, "MR", TURN), anItem(2, "MR", GROW))
    with pytest.raises(FrameOfReferenceError, match="several registrations"):
        frameGraph([registration]).path("MR", "CT")


def test_two_objects_for_one_pair_of_frames_are_named_with_the_distance_between_them():
    turned = replace(aRegistration(anItem(1, "MR", TURN)), label="FIRST", sopInstanceUID="2.1")
    shifted = TURN.copy()
    shifted[1, 3] += 3  # read backwards, every point is 3 mm off
    back = aRegistration(anItem(1, "CT", np.linalg.inv(shifted)), registeredFrame="MR")
    back = replace(back, label="BACK", sopInstanceUID="2.2")
    with pytest.raises(FrameOfReferenceError) as caught:
        frameGraph([turned, back]).path("MR", "CT")
    assert "MR → CT by FIRST 2.1; MR → CT by BACK 2.2; they lead up to 3 mm apart" in str(
        caught.value
    )


def test_registrations_form_one_graph():
    toCT = aRegistration(anItem(1, "CT"), anItem(2, "MR", TURN))
    toMR = aRegistration(anItem(1, "MR"), anItem(2, "PET", GROW), registeredFrame="MR")
    chain = frameGraph([toMR, toCT]).path("PET", "CT")
    np.testing.assert_array_equal(chain(POINT), [-2, 12, 4])  # grown first, then turned
    np.testing.assert_allclose(frameGraph([toMR, toCT]).path("CT", "PET")(chain(POINT)), POINT)


def test_frames_joined_by_identities_get_no_new_numbers():
    assert aRegistration(anItem(1, "CT"), anItem(2, "MR", np.eye(4))).movesNothing
    assert aRegistration(anItem(1, "CT"), anItem(2, "MR", TURN, np.linalg.inv(TURN))).movesNothing
    assert not aRegistration(anItem(1, "CT"), anItem(2, "MR", TURN)).movesNothing
