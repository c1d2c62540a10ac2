"""Matrix, angles and couch movement of the chosen registration, against numbers made elsewhere."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

import builders
from application.mainWindows import settle
from application.runningApplication import loadModule, runningApplication
from IHERORegistrationLib.centers import ORIGIN, centersIn
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.registrationNumbers import (
    couchTable,
    isRigid,
    matrixTable,
    movementTable,
)
from IHERORegistrationLib.saving import saveDataset

ROOT = Path(__file__).resolve().parents[1]
TURNS = (4.0, -3.0, 25.0)  # degrees about x, y, z
CENTER = np.array([31.0, -12.0, 85.0])


def transform(shift=(1.0, 2.0, 3.0), turns=TURNS):
    """Turned about z first, then x, then y, all fixed in the room, about CENTER; then shifted."""
    x, y, z = turns
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("zxy", [z, x, y], degrees=True).as_matrix()
    matrix[:3, 3] = CENTER - matrix[:3, :3] @ CENTER + shift
    return AffineTransform(matrix, "1.2.1", "1.2.2")


def test_the_matrix_is_given_in_lps_and_ras_with_all_digits_to_copy():
    one = transform()
    table = matrixTable(one.matrix)
    for row, cells in enumerate(table.rows):
        shown = [float(cell) for cell in cells if cell.strip()]
        np.testing.assert_allclose(shown[:4], one.matrix[row], atol=0.0051)
        signs = np.array([-1, -1, 1, 1]) * (-1 if row < 2 else 1)  # both sides are turned over
        np.testing.assert_allclose(shown[4:], one.matrix[row] * signs, atol=0.0051)
    copied = np.array([line.split() for line in table.text.splitlines()[1:5]], float)
    np.testing.assert_array_equal(copied, one.matrix)


def test_angles_and_shift_are_those_about_the_chosen_points():
    table = movementTable(transform(), CENTER, CENTER)
    assert [row[2] for row in table.rows] == ["4.000°", "-3.000°", "25.000°"]
    assert [row[1] for row in table.rows] == ["1.00 mm", "2.00 mm", "3.00 mm"]
    assert "about z then x then y" in table.note
    moved = movementTable(transform(), CENTER, np.add(CENTER, (10, 0, 0)))
    assert [row[1] for row in moved.rows] == ["-9.00 mm", "2.00 mm", "3.00 mm"]


@pytest.mark.parametrize(
    ("position", "shift"),
    [  # 1 mm to the left, 2 mm to the back, 3 mm to the head; lateral, longitudinal, vertical
        ("HFS", ("1.00 mm", "3.00 mm", "-2.00 mm")),
        ("FFS", ("-1.00 mm", "-3.00 mm", "-2.00 mm")),
        ("HFP", ("-1.00 mm", "3.00 mm", "2.00 mm")),
    ],
)
def test_the_couch_moves_by_how_the_patient_lies(position, shift):
    table = couchTable(transform(turns=(0, 0, 0)), CENTER, CENTER, position)
    assert tuple(row[1] for row in table.rows) == shift
    assert position in table.title


def test_angles_are_told_of_rigid_matrices_only():
    scaled = AffineTransform(np.diag([1.1, 1.1, 1.1, 1]), "1.2.1", "1.2.2")
    assert isRigid(transform())
    assert not isRigid(scaled)


PLANNED = np.array([-14.5, 22.25, 61.0])


def plan(images):
    point = builders.item(ControlPointIndex=0, IsocenterPosition=builders.ds(PLANNED))
    beam = builders.item(BeamNumber=1, ControlPointSequence=[point])
    return builders.plan(images, BeamSequence=[beam])


@pytest.fixture
def panel(tmp_path):
    """With a plan in the database, a CT in each frame and a registration between them."""
    (tmp_path / "dicom").mkdir()
    ct = builders.ctSeries()
    for number, dataset in enumerate((*ct, plan(ct))):
        saveDataset(dataset, tmp_path / "dicom" / f"{number}.dcm")
    with runningApplication(tmp_path, tmp_path / "dicom"):
        from IHERORegistrationLib.widgets.numbersPanel import NumbersPanel

        scene = slicer.mrmlScene
        node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "today on plan")
        toRAS = np.diag([-1.0, -1, 1, 1])
        matrix = toRAS @ transform().matrix @ toRAS
        node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
        node.SetAttribute("IHERO.SourceFrame", "1.2.1")
        node.SetAttribute("IHERO.RegisteredFrame", builders.CT_FRAME)
        points = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "marks")
        points.SetAttribute("IHERO.FrameOfReferenceUID", "1.2.1")
        points.AddControlPoint([-31.0, 12.0, 85.0], "iso")  # CENTER in RAS
        today = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16), name="today")
        today.SetAttribute("IHERO.FrameOfReferenceUID", "1.2.1")
        today.SetAttribute("DICOM.instanceUIDs", ct[0].SOPInstanceUID)  # for its position
        widget = loadModule(ROOT / "IHERORegistration" / "IHERORegistration.py").widget()
        widget.enter()
        widget.chosen.registration, widget.chosen.overlay = node, today
        one = widget.panel(NumbersPanel)
        one.ui.numbersButton.collapsed = False
        settle()
        yield one


def pick(box, text):
    (index,) = [number for number in range(box.count) if text in box.itemText(number)]
    box.setCurrentIndex(index)
    box.activated.emit(index)
    settle()


def test_isocenters_and_marked_points_can_be_chosen_and_give_the_couch_movement(panel):
    assert "Choose the isocenter" in panel.tables[-1].note
    pick(panel.ui.movingCenterComboBox, "iso of marks")
    pick(panel.ui.fixedCenterComboBox, "Isocenter")
    whole, about, couch = panel.tables
    shift = np.add(CENTER, (1, 2, 3)) - PLANNED
    assert [row[1] for row in about.rows] == [f"{value:.2f} mm" for value in shift]
    assert "HFS" in couch.title  # as the database says of the image
    x, y, z = shift
    assert [row[1] for row in couch.rows] == [f"{v + 0:.2f} mm" for v in (x, z, -y)]
    # Turned about the patient's left as about the room's x; about the head as about y
    assert couch.rows[0][2] == "4.000°"
    assert whole.title in panel.ui.numbersBrowser.plainText
    panel.ui.copyNumbersButton.click()
    copied = slicer.app.clipboard().text()
    assert repr(float(transform().matrix[0, 3])) in copied
    assert "lateral (x)" in copied


def test_the_choice_of_centers_is_kept_and_a_position_can_be_given(panel):
    pick(panel.ui.movingCenterComboBox, "Same numbers")
    pick(panel.ui.fixedCenterComboBox, "Isocenter")
    pick(panel.ui.couchPositionComboBox, "FFP")
    assert panel.state.movingCenter == "same"
    assert "FFP" in panel.tables[-1].title
    panel.module.exit()
    panel.module.enter()
    assert "FFP" in panel.tables[-1].title


def test_without_a_registration_there_are_no_numbers(panel):
    panel.chosen.registration = None
    settle()
    assert panel.tables == ()
    assert panel.ui.noNumbersLabel.visible
    centers = centersIn(slicer.mrmlScene, "1.2.1")
    assert centers[0].key == ORIGIN
    np.testing.assert_allclose(centers[-1].point, CENTER)
