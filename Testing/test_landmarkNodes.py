"""Landmarks in two lists of the scene: pairs, residuals and remarks."""

import numpy as np
import pytest

from balls import CENTER, FIXED, MOVING, imageNode, lattice, turned, volume
from IHERORegistrationLib.errors import FrameOfReferenceError, LandmarkError
from IHERORegistrationLib.imagePair import imagePair
from IHERORegistrationLib.landmarkAlignment import fittedPairs, landmarkRemarks
from IHERORegistrationLib.landmarkNodes import (
    Pairing,
    landmarkPairs,
    newLandmarkList,
    otherOrder,
)
from IHERORegistrationLib.resampling import vtkMatrix

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
MATRIX = turned(31, (1, -2, 0.5), (70, -130, 45))  # overlay → base
POINTS = CENTER + np.random.default_rng(3).uniform(-60, 60, (6, 3))
ON_BASE = POINTS @ MATRIX[:3, :3].T + MATRIX[:3, 3]


@pytest.fixture
def pair(scene):
    here = volume(lattice((9, 8, 7), (5.1, 5.9, 7.2), CENTER), FIXED)
    there = volume(lattice((8, 9, 6), (6.0, 5.2, 6.4), CENTER + 9), MOVING)
    return imagePair(imageNode(scene, here, "CT"), imageNode(scene, there, "MR", "MR"))


@pytest.fixture
def lists(pair):
    """Empty, one for the base and one for the overlay."""
    return (
        newLandmarkList(pair.fixed, "On CT", (1, 0.8, 0)),
        newLandmarkList(pair.moving, "On MR", (0, 0.8, 1)),
    )


def place(node, points, names=None):
    """Points in LPS as seen in the world."""
    for number, point in enumerate(points):
        node.AddControlPointWorld(*(LPS_TO_RAS[:3, :3] @ point))
        if names:
            node.SetNthControlPointLabel(node.GetNumberOfControlPoints() - 1, names[number])


def pairsOf(pair, lists, pairing=Pairing.ORDER):
    return landmarkPairs(pair, *lists, pairing)


def test_exact_pairs_give_the_motion_without_residuals(pair, lists):
    place(lists[0], ON_BASE)
    place(lists[1], POINTS)
    fit = fittedPairs(pair, pairsOf(pair, lists))
    np.testing.assert_allclose(fit.transform.matrix, MATRIX, atol=1e-9)
    assert fit.residuals.max() < 1e-9
    assert landmarkRemarks(pair, pairsOf(pair, lists)) == ()


def test_landmarks_placed_on_an_overlay_that_lies_elsewhere_are_in_its_own_coordinates(pair, lists):
    above = pair.fixed.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode")
    above.SetMatrixTransformToParent(vtkMatrix(turned(50, (0, 1, 3), (5, -60, 9))))
    pair.moving.SetAndObserveTransformNodeID(above.GetID())
    lists[1].SetAndObserveTransformNodeID(above.GetID())
    inWorld = np.array([
        above.GetTransformToParent().TransformPoint(LPS_TO_RAS[:3, :3] @ point) for point in POINTS
    ])  # fmt: skip
    place(lists[0], ON_BASE)
    place(lists[1], inWorld @ LPS_TO_RAS[:3, :3])
    lists[1].SetAttribute("IHERO.FrameOfReferenceUID", None)  # one that knows no frame as well
    np.testing.assert_allclose(
        [one.moving for one in pairsOf(pair, lists)], POINTS, atol=1e-9
    )  # fmt: skip


def test_residuals_are_what_is_left_of_a_square_and_a_stretched_one(pair, lists):
    # a square of side 20 on one of side 22: each corner misses by the half of the diagonals'
    # difference, (22 − 20)·√2 / 2
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    place(lists[0], 22 * square + CENTER)
    place(lists[1], 20 * square - CENTER)
    fit = fittedPairs(pair, pairsOf(pair, lists))
    np.testing.assert_allclose(fit.residuals, np.sqrt(2))
    np.testing.assert_allclose((fit.mean, fit.rootMeanSquare, fit.largest), np.sqrt(2))


def test_a_pair_that_is_not_selected_or_not_whole_does_not_count(pair, lists):
    moved = ON_BASE.copy()
    moved[2] += (0, 40, 0)
    place(lists[0], moved)
    place(lists[1], POINTS[:5])
    lists[1].SetNthControlPointSelected(2, False)
    pairs = pairsOf(pair, lists)
    assert [one.isUsed for one in pairs] == [True, True, False, True, True, True]
    assert [one.isWhole for one in pairs] == [True] * 5 + [False]
    fit = fittedPairs(pair, pairs)
    assert fit.identifiers == ("1", "2", "4", "5")
    np.testing.assert_allclose(fit.transform.matrix, MATRIX, atol=1e-9)


def test_a_misplaced_landmark_is_named_and_large_residuals_are_told(pair, lists):
    moved = ON_BASE.copy()
    moved[3] += (0, 25, -10)
    place(lists[0], moved)
    place(lists[1], POINTS)
    first, second = landmarkRemarks(pair, pairsOf(pair, lists))
    assert first.startswith("Pair 4 may be misplaced")
    assert "to 0.0 mm" in first
    assert "more than 3 mm" in second


def test_three_pairs_are_said_to_tell_little_and_two_are_refused(pair, lists):
    place(lists[0], ON_BASE[:3])
    place(lists[1], POINTS[:3])
    assert "place a fourth" in landmarkRemarks(pair, pairsOf(pair, lists))[0]
    lists[0].RemoveNthControlPoint(2)
    with pytest.raises(LandmarkError, match="at least 3"):
        fittedPairs(pair, pairsOf(pair, lists))


def test_landmarks_pair_by_name_in_any_order_and_not_where_a_name_occurs_twice(pair, lists):
    names = ["nose", "chin", "ear", "eye", "tooth", "jaw"]
    place(lists[0], ON_BASE, names)
    place(lists[1], POINTS[::-1], names[::-1])
    assert otherOrder(*lists)
    pairs = pairsOf(pair, lists, Pairing.NAME)
    assert [one.name for one in pairs] == names
    np.testing.assert_allclose(fittedPairs(pair, pairs).transform.matrix, MATRIX, atol=1e-9)
    lists[1].SetNthControlPointLabel(0, "nose")
    with pytest.raises(LandmarkError, match="nose more than once"):
        pairsOf(pair, lists, Pairing.NAME)


def test_a_list_of_another_frame_and_points_not_placed_yet(pair, lists):
    place(lists[0], ON_BASE)
    place(lists[1], POINTS)
    lists[0].UnsetNthControlPointPosition(5)
    pairs = pairsOf(pair, lists)
    assert [one.isWhole for one in pairs] == [True] * 5 + [False]
    lists[0].SetAttribute("IHERO.FrameOfReferenceUID", "1.2.3.99")
    with pytest.raises(FrameOfReferenceError, match=r"1\.2\.3\.99"):
        pairsOf(pair, lists)
