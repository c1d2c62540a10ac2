from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from scipy.spatial.transform import Rotation

from IHERORegistrationLib.errors import LandmarkError
from IHERORegistrationLib.landmarks import landmarkFit, nearestMotion, rigidMatrix

NAMES = ("A", "B", "C", "D", "E")
POINTS = np.array(
    [[510.0, -220, 80], [560, -210, 95], [500, -150, 70], [530, -190, 160], [470, -260, 130]]
)
TRUTH = np.eye(4)
TRUTH[:3, :3] = Rotation.from_euler("xyz", (25, -40, 70), degrees=True).as_matrix()
TRUTH[:3, 3] = (-310, 95, 1240)


def _moved(points: np.ndarray) -> np.ndarray:
    return points @ TRUTH[:3, :3].T + TRUTH[:3, 3]


def _named(points: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(NAMES, points, strict=True))


def test_exact_pairs_give_the_exact_transform_with_its_frames():
    fit = landmarkFit(_named(POINTS), _named(_moved(POINTS)), "1.2", "1.3")
    np.testing.assert_allclose(fit.transform.matrix, TRUTH, atol=1e-9)
    assert (fit.transform.fromFrame, fit.transform.toFrame) == ("1.2", "1.3")
    assert fit.largest < 1e-9


def test_pairs_are_found_by_identifier_in_any_order_and_the_rest_is_named():
    moved = _named(_moved(POINTS))
    shuffled = {name: moved[name] for name in ("D", "A", "E", "B")} | {"X": np.zeros(3)}
    fit = landmarkFit(_named(POINTS), shuffled, "1.2", "1.3")
    np.testing.assert_allclose(fit.transform.matrix, TRUTH, atol=1e-9)
    assert fit.identifiers == ("A", "B", "D", "E")
    assert fit.unpaired == ("C", "X")


def test_noisy_pairs_give_the_same_transform_as_simpleitk():
    noise = np.array([[1.0, -2, 0.5], [0, 1.5, -1], [-0.7, 0.2, 2], [1.1, 1, 0], [-1, -0.4, 0.3]])
    moved = _moved(POINTS) + noise
    fit = landmarkFit(_named(POINTS), _named(moved), "1.2", "1.3")
    peer = SimpleITK.VersorRigid3DTransform(
        SimpleITK.LandmarkBasedTransformInitializer(
            SimpleITK.VersorRigid3DTransform(), POINTS.ravel().tolist(), moved.ravel().tolist()
        )
    )
    mapped = np.array([peer.TransformPoint(point) for point in POINTS])
    np.testing.assert_allclose(fit.transform(POINTS), mapped, atol=1e-6)
    np.testing.assert_allclose(fit.residuals, np.linalg.norm(mapped - moved, axis=1), atol=1e-6)


def test_residuals_of_a_known_misfit_are_stated_per_landmark_and_in_sum():
    # Two opposite arms of a cross are 2 mm too long: no rotation helps, each misses by 1 mm or 0.
    cross = np.array([[100.0, 0, 0], [-100, 0, 0], [0, 50, 0], [0, -50, 0], [0, 0, 0]])
    stretched = cross + np.array([[3.0, 0, 0], [-3, 0, 0], [0, 4, 0], [0, -4, 0], [0, 0, 0]])
    fit = landmarkFit(_named(cross), _named(stretched), "1.2", "1.3")
    np.testing.assert_allclose(fit.residuals, (3, 3, 4, 4, 0), atol=1e-9)
    assert fit.mean == pytest.approx(14 / 5)
    assert fit.rootMeanSquare == pytest.approx(np.sqrt(50 / 5))
    assert fit.largest == pytest.approx(4)


def test_a_mirror_image_is_fitted_by_a_rotation_never_by_a_mirror():
    mirrored = POINTS * (-1, 1, 1)
    matrix = rigidMatrix(POINTS, mirrored)
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1)


def test_the_motion_nearest_to_a_map_goes_by_the_points_where_that_is_defined():
    images = _moved(POINTS)
    images[1, 2] = np.nan
    np.testing.assert_allclose(nearestMotion(POINTS, images), TRUTH, atol=1e-9)
    images[2:4] = np.nan
    with pytest.raises(LandmarkError, match="defined at 2 of 5 points"):
        nearestMotion(POINTS, images)


def test_three_landmarks_in_a_plane_are_enough():
    fit = landmarkFit(
        dict(zip("ABC", POINTS[:3], strict=True)),
        dict(zip("ABC", _moved(POINTS[:3]), strict=True)),
        "1.2",
        "1.3",
    )
    np.testing.assert_allclose(fit.transform.matrix, TRUTH, atol=1e-9)


def test_fewer_than_three_pairs_are_refused_and_named():
    fewer = {"A": POINTS[0], "B": POINTS[1], "X": POINTS[2]}
    with pytest.raises(LandmarkError, match=r"found 2 \(A, B\); without a partner: 4 \(C, D, E, X"):
        landmarkFit(_named(POINTS), fewer, "1.2", "1.3")


@pytest.mark.parametrize("width", [0, 1e-4])
def test_landmarks_on_a_line_are_refused(width):
    line = np.outer(np.arange(5), (30.0, -20, 10)) + np.array([0, 0, 0, 1, 0])[:, None] * width
    with pytest.raises(LandmarkError, match="one line"):
        landmarkFit(_named(line), _named(_moved(line)), "1.2", "1.3")


def test_landmarks_at_one_point_are_refused():
    with pytest.raises(LandmarkError, match="one point"):
        landmarkFit(_named(POINTS * 0 + 7), _named(POINTS), "1.2", "1.3")


def test_landmarks_whose_fit_is_not_unique_are_refused():
    # The mirror image of a regular octahedron: every half turn fits equally badly.
    octahedron = np.vstack([np.eye(3), -np.eye(3)]) * 40 + (5, 6, 7)
    names = [*NAMES, "F"]
    pairs = dict(zip(names, octahedron, strict=True)), dict(zip(names, -octahedron, strict=True))
    with pytest.raises(LandmarkError, match="mirror image"):
        landmarkFit(*pairs, "1.2", "1.3")


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_coordinate_that_is_not_a_number_is_refused_and_named(wrong):
    points = POINTS.copy()
    points[3, 1] = wrong
    with pytest.raises(LandmarkError, match=r"1\.3 \(D\)"):
        landmarkFit(_named(POINTS), _named(points), "1.2", "1.3")
