"""A deformation in numbers: what was put into its vectors comes out again."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

import slicer

from application.mainWindows import settle
from application.runningApplication import loadModule, runningApplication
from IHERODeformationLib.deformableRegistration import (
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from IHERODeformationLib.deformationNumbers import deformationTables
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.scene import transformNodesFromDeformation
from IHERORegistrationLib.lattice import Lattice

ROOT = Path(__file__).resolve().parents[1]
SPACING = (4.0, 3.0, 5.0)
MOTION = np.eye(4)
MOTION[:3, :3] = Rotation.from_euler("zxy", [5, -3, 2], degrees=True).as_matrix()
MOTION[:3, 3] = (5, -7, 11)


def registration(vectors, lattice):
    item = DeformableRegistrationItem(
        number=1, sourceFrame="1.2.1", images=(), grid=DisplacementGrid(lattice, vectors)
    )
    return DeformableSpatialRegistration("1.2.9", "1.2.2", (item,), label="BENT")


def movedRigidly():
    """Vectors that do nothing but MOTION, one of them not defined; and their lengths."""
    toLPS = np.diag([*SPACING, 1.0])
    toLPS[:3, 3] = (-20, 30, 40)
    lattice = Lattice((6, 5, 4), toLPS)
    nodes = lattice.points(np.moveaxis(np.indices((4, 5, 6))[::-1], 0, -1))
    vectors = (nodes @ MOTION[:3, :3].T + MOTION[:3, 3] - nodes).astype(np.float32)
    vectors[1, 2, 3] = np.nan
    return registration(vectors, lattice), np.linalg.norm(vectors, axis=-1)


def test_grid_vectors_and_the_rigid_motion_in_them_are_told(scene):
    made, lengths = movedRigidly()
    (node,) = transformNodesFromDeformation(made, scene)
    pre, post, grid, vectors, rigid, left = deformationTables(node)
    for table in (pre, post):
        assert table.rows[0][:4] == ("1.000", "0.000", "0.000", "0.00")
    assert dict(grid.rows)["Nodes"] == "6 × 5 × 4"
    assert dict(grid.rows)["Spacing"] == "4 × 3 × 5 mm"
    told = dict(vectors.rows)
    assert told["Undefined"] == "1 of 120 (0.8 %)"
    assert told["Longest"] == f"{np.nanmax(lengths):.2f} mm"
    assert told["Mean"] == f"{np.nanmean(lengths):.2f} mm"
    copied = np.array([line.split() for line in rigid.text.splitlines()[1:5]], float)
    np.testing.assert_allclose(copied, MOTION, atol=1e-5)
    assert dict(left.rows)["Longest"] == "0.00 mm"


def test_the_panel_shows_them_and_copies_all_digits(tmp_path):
    made, _ = movedRigidly()
    with runningApplication(tmp_path):
        from IHERODeformationLib.widgets.deformationNumbersPanel import DeformationNumbersPanel

        (node,) = transformNodesFromDeformation(made, slicer.mrmlScene)
        widget = loadModule(ROOT / "IHERODeformation" / "IHERODeformation.py").widget()
        widget.enter()
        widget.chosen.registration = node
        panel = widget.panel(DeformationNumbersPanel)
        panel.ui.numbersButton.collapsed = False
        settle()
        assert "6 × 5 × 4" in panel.ui.numbersBrowser.plainText
        assert not panel.ui.centersWidget.visible
        panel.ui.copyNumbersButton.click()
        assert "Nodes: 6 × 5 × 4" in slicer.app.clipboard().text()


def test_a_transform_of_another_kind_is_named(scene):
    node = scene.AddNewNodeByClass("vtkMRMLBSplineTransformNode", "splines")
    (table,) = deformationTables(node)
    assert "splines is not one grid" in table.note
