"""What Slicer saves is imported as Slicer shows it: fixed → moving is from the parent."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform, vtkTransform

from foreignFields import OBLIQUE, ORIGIN, SIZE, SPACING, displacementsAt, lattice, somePoints
from IHERODeformationLib.fieldContent import importedDeformation
from IHERODeformationLib.fieldFiles import fieldFormat
from IHERORegistrationLib.errors import MalformedObjectError

RAS = np.array([-1.0, -1, 1])
OVER = lattice((8, 7, 6), 4.0)


def grid():
    """The displacements of the tests, LPS, as Slicer holds them: RAS."""
    k, j, i = np.indices(SIZE[::-1])
    vectors = displacementsAt(np.stack([i, j, k], axis=-1)) * RAS
    image = vtkImageData()
    image.SetDimensions(SIZE)
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN * RAS)
    image.GetPointData().SetScalars(numpy_to_vtk(vectors.reshape(-1, 3), deep=True))
    directions = vtkMatrix4x4()
    for row in range(3):
        for column in range(3):
            directions.SetElement(row, column, RAS[row] * OBLIQUE[row, column])
    transform = slicer.vtkOrientedGridTransform()
    transform.SetGridDirectionMatrix(directions)
    transform.SetDisplacementGridData(image)
    transform.SetInterpolationModeToLinear()
    return transform


def linear():
    transform = vtkTransform()
    transform.Translate(5, -7, 11)
    transform.RotateWXYZ(12, 0.2, 0.5, -0.4)
    return transform


def afterGrid():
    both = vtkGeneralTransform()
    both.PostMultiply()
    both.Concatenate(grid())
    both.Concatenate(linear())
    return both


def stored(transform, end, path):
    """The node, saved."""
    scene = slicer.vtkMRMLScene()
    node = scene.AddNewNodeByClass("vtkMRMLTransformNode")
    getattr(node, f"SetAndObserveTransform{end}Parent")(transform)
    storage = scene.AddNewNodeByClass("vtkMRMLTransformStorageNode")
    storage.SetFileName(str(path))
    assert storage.WriteData(node)
    return node


def shown(node, points):
    transform = node.GetTransformFromParent()
    return np.array([transform.TransformPoint(point) for point in points * RAS]) * RAS


@pytest.mark.parametrize("ending", [".h5", ".tfm", ".nrrd", ".nii.gz", ".mha"])
def test_a_grid_that_slicer_saves_is_imported_as_shown(ending, tmp_path):
    path = tmp_path / f"t{ending}"
    node = stored(grid(), "From", path)
    content = fieldFormat(path).read(path, OVER)
    made = importedDeformation(content, OVER, "1.2", "1.3")
    assert not made.isSampled
    points, index = somePoints()
    found = made.sampled.transform(points)
    np.testing.assert_allclose(found, points + displacementsAt(index), atol=5e-5)
    np.testing.assert_allclose(found, shown(node, points), atol=2e-4)  # VTK's weights


@pytest.mark.parametrize("ending", [".h5", ".tfm"])
def test_a_composite_that_slicer_saves_is_imported_as_shown(ending, tmp_path):
    path = tmp_path / f"t{ending}"
    node = stored(afterGrid(), "From", path)
    content = fieldFormat(path).read(path, OVER)
    made = importedDeformation(content, OVER, "1.2", "1.3")
    assert not made.isSampled
    points, _ = somePoints()
    np.testing.assert_allclose(made.sampled.transform(points), shown(node, points), atol=2e-4)


def test_an_inverse_that_slicer_saves_is_refused(tmp_path):
    """Neither ITK nor DICOM has it; exporting the node samples it."""
    path = tmp_path / "t.h5"
    stored(grid(), "To", path)
    with pytest.raises(MalformedObjectError, match="Inverse"):
        fieldFormat(path).read(path, OVER)
