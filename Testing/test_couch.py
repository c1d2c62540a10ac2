import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from IHERORegistrationLib.couch import Convention, couchMovement, patientMovement
from IHERORegistrationLib.errors import MalformedObjectError, NotRigidError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.reader import registrationFromFile

TODAY = np.array([12.5, -3.25, 40.75])  # isocenter in the source frame
PLANNED = np.array([-101.5, 222.25, -873.0])  # isocenter in the registered frame

# Unit vectors on the couch (right, to the gantry, up): what a person sees from its foot end
RIGHT, GANTRY, UP = np.eye(3)
LEFT, FOOT, DOWN = -np.eye(3)
LYING = {  # left side, back and head of the patient
    "HFS": (RIGHT, DOWN, GANTRY),
    "HFP": (LEFT, UP, GANTRY),
    "HFDR": (UP, RIGHT, GANTRY),  # right side down
    "HFDL": (DOWN, LEFT, GANTRY),
    "FFS": (LEFT, DOWN, FOOT),
    "FFP": (RIGHT, UP, FOOT),
    "FFDR": (UP, LEFT, FOOT),
    "FFDL": (DOWN, RIGHT, FOOT),
}


def aboutTheIsocenter(rotation, shift):
    """Source → registered: `shift` (LPS mm) after `rotation` (3x3, LPS) about the isocenter."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = PLANNED + shift - rotation @ TODAY
    return AffineTransform(matrix, "1.2.today", "1.2.plan")


def onTheCouch(transform, patientPosition="HFS"):
    return couchMovement(
        transform, todaysIsocenter=TODAY, plannedIsocenter=PLANNED, patientPosition=patientPosition
    )


def inThePatient(transform):
    return patientMovement(transform, todaysIsocenter=TODAY, plannedIsocenter=PLANNED)


def rotation(degrees, axis):
    return Rotation.from_rotvec(np.radians(degrees) * np.asarray(axis, float)).as_matrix()


OBLIQUE = rotation(23.0, np.array([2, -3, 6]) / 7)
SHIFT = np.array([1.25, -20.5, 7.75])


@pytest.mark.parametrize("position", LYING)
def test_a_shift_to_left_posterior_and_head_goes_where_the_patient_lies(position):
    left, posterior, head = LYING[position]
    movement = onTheCouch(aboutTheIsocenter(np.eye(3), [2, 3, 5]), position)
    np.testing.assert_allclose(
        movement.translation, 2 * left + 3 * posterior + 5 * head, atol=1e-12
    )
    np.testing.assert_allclose(movement.rotations, 0, atol=1e-12)


@pytest.mark.parametrize("position", LYING)
@pytest.mark.parametrize("name", [0, 1, 2])
def test_a_turn_about_one_axis_of_the_patient_is_a_turn_about_where_it_points(position, name):
    movement = onTheCouch(aboutTheIsocenter(rotation(4.0, np.eye(3)[name]), SHIFT), position)
    np.testing.assert_allclose(movement.rotations, 4.0 * LYING[position][name], atol=1e-12)


def test_head_first_supine_in_words_of_a_machine():
    # to the left of a supine patient, head to the gantry, is to the right on the couch, and his
    # back is down: planned is 2 mm right, 3 mm down and 5 mm further in
    movement = onTheCouch(aboutTheIsocenter(np.eye(3), [2, 3, 5]))
    assert movement.translation == pytest.approx((2, 5, -3))
    assert movement.convention is Convention.IEC_61217


def test_the_direction_is_from_todays_to_the_planned_position():
    # today the anatomy lies 10 mm too far left: the couch must go 10 mm to the patient's right
    todays = AffineTransform(np.eye(4), "1.2.today", "1.2.plan")
    movement = patientMovement(
        todays, todaysIsocenter=np.array([10.0, 0, 0]), plannedIsocenter=np.array([20.0, 0, 0])
    )
    assert movement.translation == pytest.approx((-10, 0, 0))
    back = patientMovement(
        todays.inverse(),
        todaysIsocenter=np.array([20.0, 0, 0]),
        plannedIsocenter=np.array([10.0, 0, 0]),
    )
    assert back.translation == pytest.approx((10, 0, 0))


@pytest.mark.parametrize("position", LYING)
def test_the_numbers_compose_back_to_the_registration(position):
    transform = aboutTheIsocenter(OBLIQUE, SHIFT)
    movement = onTheCouch(transform, position)
    axes = np.array(LYING[position]).T  # LPS to couch
    points = np.array([[0, 0, 0], [300.5, -120, 44], [-7, 250, -900.25]])
    room = (points - TODAY) @ axes.T
    moved = room @ movement.matrix[:3, :3].T + movement.matrix[:3, 3]
    np.testing.assert_allclose(moved @ axes + PLANNED, transform(points), atol=1e-9)


def test_the_patients_numbers_compose_back_to_the_registration():
    transform = aboutTheIsocenter(OBLIQUE, SHIFT)
    matrix = inThePatient(transform).matrix
    np.testing.assert_allclose(matrix[:3, :3], OBLIQUE, atol=1e-12)
    np.testing.assert_allclose(matrix[:3, 3], SHIFT, atol=1e-9)


def test_couch_angles_are_roll_then_pitch_then_rotation_as_scipy_has_them():
    axes = np.array(LYING["FFDR"]).T
    movement = onTheCouch(aboutTheIsocenter(OBLIQUE, SHIFT), "FFDR")
    roll, pitch, turn = Rotation.from_matrix(axes @ OBLIQUE @ axes.T).as_euler("yxz", degrees=True)
    assert movement.rotations == pytest.approx((pitch, roll, turn), abs=1e-9)
    assert movement.rotationOrder == "yxz"


def test_patient_angles_are_about_z_then_x_then_y_as_scipy_has_them():
    movement = inThePatient(aboutTheIsocenter(OBLIQUE, SHIFT))
    z, x, y = Rotation.from_matrix(OBLIQUE).as_euler("zxy", degrees=True)
    assert movement.rotations == pytest.approx((x, y, z), abs=1e-9)
    assert movement.rotationOrder == "zxy"


def test_pitch_is_before_roll_on_the_couch():
    # 90° rotation of the support, then 30° pitch in it: the matrix is Rz(90) Rx(30)
    hfs = np.array(LYING["HFS"]).T
    inRoom = rotation(90, UP) @ rotation(30, RIGHT)
    movement = onTheCouch(aboutTheIsocenter(hfs.T @ inRoom @ hfs, SHIFT))
    assert movement.rotations == pytest.approx((30, 0, 90), abs=1e-9)
    # 30° pitch, then 20° roll of the pitched table top
    inRoom = rotation(30, RIGHT) @ rotation(20, GANTRY)
    movement = onTheCouch(aboutTheIsocenter(hfs.T @ inRoom @ hfs, SHIFT))
    assert movement.rotations == pytest.approx((30, 20, 0), abs=1e-9)


@pytest.mark.parametrize("position", ["HFS", "HFP", "FFS", "FFP"])
def test_lying_flat_the_angles_are_the_patients_but_for_names_and_signs(position):
    transform = aboutTheIsocenter(OBLIQUE, SHIFT)
    couch, patient = onTheCouch(transform, position), inThePatient(transform)
    signed = np.array(LYING[position]).T @ patient.rotations
    np.testing.assert_allclose(couch.rotations, signed, atol=1e-9)


@pytest.mark.parametrize("pitch", [90, -90])
@pytest.mark.parametrize("rest", [0, 37, -141])
def test_at_a_pitch_of_a_right_angle_the_roll_is_zero_and_this_is_said(pitch, rest):
    hfs = np.array(LYING["HFS"]).T
    inRoom = rotation(rest, UP) @ rotation(pitch, RIGHT)
    movement = onTheCouch(aboutTheIsocenter(hfs.T @ inRoom @ hfs, SHIFT))
    assert movement.isLocked
    assert movement.rotations == pytest.approx((pitch, 0, rest), abs=1e-6)
    np.testing.assert_allclose(movement.matrix[:3, :3], inRoom, atol=1e-7)
    assert "cannot be told apart" in str(movement)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.6, 0, -0.8)])
def test_half_turns_compose_back(axis):
    movement = inThePatient(aboutTheIsocenter(rotation(180, axis), SHIFT))
    np.testing.assert_allclose(movement.matrix[:3, :3], rotation(180, axis), atol=1e-12)


def test_every_right_angle_composes_back():
    for x, y, z in itertools.product([0, 90, 180, 270], repeat=3):
        matrix = rotation(x, RIGHT) @ rotation(y, GANTRY) @ rotation(z, UP)
        movement = inThePatient(aboutTheIsocenter(matrix, SHIFT))
        np.testing.assert_allclose(movement.matrix[:3, :3], matrix, atol=1e-7)


def test_a_matrix_that_scales_or_mirrors_is_no_movement_of_a_couch():
    for diagonal in [(1.01, 1, 1), (-1, 1, 1)]:
        with pytest.raises(NotRigidError, match="rigid"):
            inThePatient(aboutTheIsocenter(np.diag(diagonal), SHIFT))


@pytest.mark.parametrize("position", ["", "LFS", "hfs", "SITTING"])
def test_a_position_other_than_lying_is_refused(position):
    with pytest.raises(MalformedObjectError, match="Patient Position among HFS"):
        onTheCouch(aboutTheIsocenter(OBLIQUE, SHIFT), position)


def test_the_sentence_says_convention_numbers_order_and_direction():
    text = str(onTheCouch(aboutTheIsocenter(rotation(1.5, (0, 0, 1)), [2, 3, 0])))
    assert text == (
        "IEC 61217, patient position HFS: lateral (x) +2.00 mm, longitudinal (y) +0.00 mm, "
        "vertical (z) -3.00 mm, pitch (x) +0.00°, roll (y) +1.50°, couch rotation (z) +0.00°. "
        "Turned about the isocenter first (about y then x then z), then shifted; moves the anatomy "
        "from where it lies in frame 1.2.today to where it lies in frame 1.2.plan."
    )


def test_the_sentence_of_the_patients_axes_names_them():
    text = str(inThePatient(aboutTheIsocenter(rotation(1.5, (0, 0, 1)), [2, 3, 0])))
    assert text.startswith("DICOM patient axes: to the patient's left +2.00 mm, to posterior +3.00")
    assert "about the head axis (z) +1.50°" in text


def test_the_reference_registration_is_five_degrees_about_the_head_axis(nonhybridSet):
    registration = registrationFromFile(nonhybridSet / "REG" / "REG2CTMR.dcm")
    (transform,) = registration.transforms
    isocenter = np.array([10.0, -20.0, 30.0])
    inPatient = patientMovement(transform, todaysIsocenter=isocenter, plannedIsocenter=isocenter)
    x, y, z = inPatient.rotations
    assert (x, y, abs(z)) == pytest.approx((0, 0, 5), abs=1e-3)
    onCouch = couchMovement(
        transform, todaysIsocenter=isocenter, plannedIsocenter=isocenter, patientPosition="HFS"
    )
    assert onCouch.rotations == pytest.approx((0, z, 0), abs=1e-3)  # a roll
    left, posterior, head = inPatient.translation
    assert onCouch.translation == pytest.approx((left, head, -posterior), abs=1e-9)
