"""Pictures of both images by each reading: gray where they agree, colored where they do not."""

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOImage import vtkPNGReader

from fieldScenes import breathingScene
from IHERODeformationLib.direction import directionProof
from IHERODeformationLib.nodeRegistration import registrationOfNode
from IHERODeformationLib.readingPictures import readingPictures
from IHERODeformationLib.readings import ReadingName


def pixels(png, folder):
    """Shape (rows, columns, 3), the top row first."""
    path = folder / "a.png"
    path.write_bytes(png)
    reader = vtkPNGReader()
    reader.SetFileName(str(path))
    reader.Update()
    columns, rows, _ = reader.GetOutput().GetDimensions()
    values = vtk_to_numpy(reader.GetOutput().GetPointData().GetScalars())
    return values.reshape(rows, columns, 3)[::-1].astype(int)


@pytest.mark.parametrize("sense", [1, -1])
def test_the_right_reading_is_gray_and_the_other_colored(scene, tmp_path, sense):
    one = breathingScene(scene, sense)
    between = registrationOfNode(one.transform, one.base, one.overlay)
    proof = directionProof(between.registration, between.base, between.overlay)
    found = {each.name: each.png for each in readingPictures(between, proof)}
    assert next(iter(found)) is ReadingName.STANDARD
    right = ReadingName.STANDARD if sense == 1 else ReadingName.INVERSE
    colored = {}
    for name, png in found.items():
        image = pixels(png, tmp_path)
        assert max(image.shape[:2]) == 180
        assert image.shape[1] / image.shape[0] == pytest.approx(123 / 105, abs=0.02)
        inner = image[30:-30, 20:-20]
        colored[name] = float((np.ptp(inner, axis=-1) > 25).mean())
    assert colored[right] < 0.02
    assert all(share > 0.1 for name, share in colored.items() if name is not right)
