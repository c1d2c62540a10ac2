"""Displacement fields in images: taken bit for bit, or refused in one sentence."""

import re
import struct
import subprocess
import sys

import numpy as np
import pytest
import SimpleITK as sitk

from foreignFields import (
    OBLIQUE,
    ORIGIN,
    SIZE,
    damage,
    displacementsAt,
    fieldImage,
    somePoints,
    vectorsOf,
)
from IHERODeformationLib.fieldContent import importedDeformation
from IHERODeformationLib.fieldImages import fieldFromImage
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.lattice import Lattice

ENDINGS = (".mha", ".mhd", ".nrrd", ".nii", ".nii.gz")
ANYWHERE = Lattice((3, 3, 3), np.eye(4))  # the fixed image does not matter for a grid


def stored(image, folder, ending=".mha", compressed=False):
    path = folder / f"field{ending}"
    sitk.WriteImage(image, str(path), useCompression=compressed)
    return path


def deformation(path):
    made = importedDeformation(fieldFromImage(path), ANYWHERE, "1.2", "1.3")
    assert not made.isSampled
    return made.sampled


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("ending", ENDINGS)
def test_vectors_are_taken_bit_for_bit_and_map_fixed_to_moving(ending, compressed, tmp_path, capfd):
    image = fieldImage()
    made = deformation(stored(image, tmp_path, ending, compressed))
    np.testing.assert_array_equal(made.transform.grid.vectors, vectorsOf(image))
    points, index = somePoints()
    np.testing.assert_allclose(
        made.transform(points),
        points + displacementsAt(index),
        atol=5e-5 if "nii" in ending else 2e-6,
    )
    np.testing.assert_array_equal(made.transform.affine, np.eye(4))
    axes = made.transform.grid.lattice.directions
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_left_handed_grid_loses_nothing(axis, tmp_path):
    directions = OBLIQUE.copy()
    directions[:, axis] *= -1
    image = fieldImage(directions)
    content = fieldFromImage(stored(image, tmp_path, ".nrrd"))
    assert "left-handed" in content.remarks[0]
    made = importedDeformation(content, ANYWHERE, "1.2", "1.3").sampled.transform
    np.testing.assert_array_equal(made.grid.vectors, vectorsOf(image)[::-1])
    assert np.linalg.det(made.grid.lattice.directions) > 0
    points, index = somePoints(directions)
    np.testing.assert_allclose(made(points), points + displacementsAt(index), atol=2e-6)


def test_undefined_nodes_stay_undefined(tmp_path):
    image = fieldImage()
    image[2, 3, 1] = (float("nan"), 1.0, 2.0)
    grid = deformation(stored(image, tmp_path)).transform.grid
    expected = np.zeros(SIZE[::-1], bool)
    expected[1, 3, 2] = True
    np.testing.assert_array_equal(grid.undefinedNodes, expected)


def test_64_bits_are_rounded_and_that_is_told(tmp_path):
    image = fieldImage(kind=np.float64)
    image[1, 2, 3] = (0.1, 0.2, 0.3)
    content = fieldFromImage(stored(image, tmp_path))
    assert re.search(r"rounded from 64 to 32 bits, by up to 1\.2e-08 mm", content.remarks[0])
    made = importedDeformation(content, ANYWHERE, "1.2", "1.3").sampled.transform
    np.testing.assert_array_equal(made.grid.vectors, vectorsOf(image).astype("f4"))


def test_what_64_bits_hold_and_32_do_not_is_refused(tmp_path):
    image = fieldImage(kind=np.float64)
    image[1, 2, 3] = (1e39, 0, 0)
    with pytest.raises(MalformedObjectError, match="expected finite vectors in 32 bits"):
        fieldFromImage(stored(image, tmp_path))


def test_slanting_axes_are_sampled_over_the_fixed_image(tmp_path):
    path = stored(fieldImage(np.eye(3)), tmp_path, ".nrrd")
    content = path.read_bytes()
    slanting = content.replace(b"(0,11,0)", b"(3,11,0)")
    assert slanting != content
    path.write_bytes(slanting)
    corner = ORIGIN + np.array([8.0, 5, 5])
    over = Lattice.fromAxes((9, 8, 7), corner, np.eye(3), np.array([3.0, 4, 5]))
    made = importedDeformation(fieldFromImage(path), over, "1.2", "1.3", error=0.3)
    assert made.isSampled
    index = np.random.default_rng(0).uniform((0.9, 0.9, 0.9), (3, 2, 2), (100, 3))
    axes = np.array([[9.0, 3, 0], [0, 11, 0], [0, 0, 13.5]])
    points = ORIGIN + index @ axes.T
    found = made.sampled.transform(points)
    assert np.linalg.norm(found - points - displacementsAt(index), axis=-1).max() <= 0.3


def withIntent(path, code, name=b""):
    content = bytearray(path.read_bytes())
    content[68:70] = struct.pack("<h", code)
    content[328 : 328 + len(name)] = name
    path.write_bytes(content)
    return path


def test_what_itk_turns_from_ras_is_told(tmp_path):
    image = fieldImage()
    content = fieldFromImage(withIntent(stored(image, tmp_path, ".nii"), 1006))
    assert "RAS" in content.remarks[0]
    made = importedDeformation(content, ANYWHERE, "1.2", "1.3").sampled.transform
    np.testing.assert_array_equal(made.grid.vectors, vectorsOf(image) * np.float32([-1, -1, 1]))


@pytest.mark.parametrize("name", [b"NREG_TRANS", b"Mapping"])
def test_nifti_vectors_that_are_no_displacements_are_refused(name, tmp_path):
    path = withIntent(stored(fieldImage(), tmp_path, ".nii"), 1007, name)
    with pytest.raises(MalformedObjectError, match="expected displacements in LPS mm"):
        fieldFromImage(path)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (b"left-posterior-superior", b"right-anterior-superior", "an NRRD space"),
        (
            b"encoding: raw",
            b"measurement frame: (0,1,0) (1,0,0) (0,0,1)\nencoding: raw",
            "measurem",
        ),
        (b"encoding: raw", b"encoding: raw\ndata file: ../../secret", "found a name"),
        (b"encoding: raw", b"encoding: hex", "expected encoding raw"),
        (b"NRRD000", b"NORRD00", "expected an NRRD header"),
        (b"sizes: 3 6 5 4", b"sizes: 3 60000 50000 40000", "truncated: expected 1440000000000000"),
        (b"sizes: 3 6 5 4", b"sizes: 3 6 5", "cannot read the image"),
    ],
)
def test_nrrd_headers_that_say_something_else_are_refused(old, new, found, tmp_path, capfd):
    path = stored(fieldImage(), tmp_path, ".nrrd")
    damage(path, old, new)
    with pytest.raises(MalformedObjectError, match=found):
        fieldFromImage(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["../field.raw", "/etc/passwd", "absent.raw", "LIST", "f%03d.raw"])
def test_data_of_mhd_files_lie_beside_them(name, tmp_path):
    path = stored(fieldImage(), tmp_path, ".mhd")
    damage(path, "field.raw", name)
    with pytest.raises(MalformedObjectError, match="in one file beside it"):
        fieldFromImage(path)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("ending", ENDINGS)
def test_truncated_images_are_refused(ending, compressed, tmp_path, capfd):
    path = stored(fieldImage(), tmp_path, ending, compressed)
    data = next(iter(tmp_path.glob("*raw")), path) if ending == ".mhd" else path
    content = data.read_bytes()
    for left in (len(content) - 9, len(content) * 2 // 3, 30, 1):
        data.write_bytes(content[:left])
        with pytest.raises(MalformedObjectError):
            fieldFromImage(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ending", [".mha", ".nii"])
def test_sizes_that_lie_take_no_memory(ending, tmp_path):
    path = stored(fieldImage(), tmp_path, ending)
    content = path.read_bytes()
    if ending == ".mha":
        content = content.replace(b"DimSize = 6 5 4", b"DimSize = 9000 9000 9000")
    else:
        content = content[:42] + struct.pack("<3h", 9000, 9000, 9000) + content[48:]
    path.write_bytes(content)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from IHERODeformationLib.fieldImages import fieldFromImage\n"
        "import SimpleITK; before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: fieldFromImage(Path(sys.argv[1]))\n"
        "except Exception as error: print(error)\n"
        "assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + 100_000\n"
    )
    pythonPath = ":".join(one for one in sys.path if "IHERO" in one)
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={"PYTHONPATH": pythonPath},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "truncated: expected 8748000000000 bytes of vectors, found" in run.stdout


def scalar():
    return sitk.Image(SIZE, sitk.sitkFloat32)


WRONG = {
    "scalars": (scalar, r"3 dimensions \(6 × 5 × 4\) of 1"),
    "2-D": (lambda: sitk.Image((6, 5), sitk.sitkVectorFloat32, 2), "found 2 dimensions"),
    "2 components": (lambda: sitk.Image(SIZE, sitk.sitkVectorFloat32, 2), "of 2"),
    "integers": (lambda: sitk.Image(SIZE, sitk.sitkVectorInt16, 3), "found vector of 16-bit"),
    "infinity": (lambda: scaled(float("inf")), "infinite component"),
    "nothing defined": (lambda: scaled(float("nan")), "no vector that is defined"),
}


def scaled(factor):
    return sitk.Compose([scalar() + factor] * 3)


@pytest.mark.parametrize("kind", WRONG)
def test_images_that_are_no_displacements_are_refused(kind, tmp_path):
    make, found = WRONG[kind]
    with pytest.raises(MalformedObjectError, match=found):
        fieldFromImage(stored(make(), tmp_path))


def test_fields_with_a_fourth_dimension_are_not_taken_for_millimeters(tmp_path):
    image = sitk.Image((6, 5, 4, 3), sitk.sitkFloat32)
    with pytest.raises(MalformedObjectError, match="fields of Learn2Reg have to be named"):
        fieldFromImage(stored(image, tmp_path, ".nii.gz"))
