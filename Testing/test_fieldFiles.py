"""Formats of other programs than ITK: their numbers, what is assumed, and what is refused."""

from __future__ import annotations

import struct
import zipfile

import numpy as np
import pytest
import SimpleITK as sitk

from elastixParameterFiles import FIXED, chain, content
from foreignFields import (
    OBLIQUE,
    ORIGIN,
    SIZE,
    SPACING,
    coefficients,
    displacementsAt,
    fieldImage,
    somePoints,
    splineAt,
    vectorsOf,
)
from IHERODeformationLib.fieldContent import importedDeformation
from IHERODeformationLib.fieldFiles import fieldFormat
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.lattice import Lattice

HEADER = {
    "img_origin": "10.0 -200.0 33.0",
    "img_spacing": "3.0 4.0 5.0",
    "img_dim": "23 19 14",
    "roi_offset": "0 0 0",
    "roi_dim": "23 19 14",
    "vox_per_rgn": "7 6 4",
    "direction_cosines": "1.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 1.0",
}


def plastimatchFile(folder, count=3 * 7**3, **changes):
    lines = [f"{name} = {value}" for name, value in {**HEADER, **changes}.items() if value]
    numbers = [f"{one:.20f}" for one in coefficients((7, 7, 7)).ravel()[:count]]
    path = folder / "bspline.txt"
    path.write_text("\n".join(["MGH_GPUIT_BSP <experimental>", *lines, *numbers]) + "\n")
    return path


@pytest.mark.parametrize("axes", [HEADER["direction_cosines"], None])
def test_splines_of_plastimatch_begin_one_region_before_the_image(axes, tmp_path):
    """As plastimatch 1.10 makes vector fields of them, to 3e-7 mm."""
    voxels = np.random.default_rng(2).uniform(0, (22, 18, 13), (80, 3))
    points = np.array([10, -200, 33]) + voxels * (3, 4, 5)
    expected = points + splineAt(coefficients((7, 7, 7)), voxels / (7, 6, 4) + 1, 3)
    found = content(plastimatchFile(tmp_path, direction_cosines=axes))(points)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"direction_cosines": "0 1 0 -1 0 0 0 0 1"}, "along the patient's axes"),
        ({"roi_offset": "1 0 0"}, "a part of it"),
        ({"roi_dim": "22 19 14"}, "a part of it"),
        ({"img_dim": "23000 19 14", "roi_dim": "23000 19 14"}, "coefficients, found 1029"),
        ({"vox_per_rgn": "0 6 4"}, "whole numbers of voxels"),
        ({"img_spacing": "0 4 5"}, "positive spacings"),
        ({"img_spacing": None}, "numbers of img_spacing, found 0"),
        ({"img_origin": "1 nan 3"}, "finite numbers of img_origin"),
        ({"count": 1028}, "expected 1029 coefficients, found 1028"),
    ],
)
def test_files_of_plastimatch_that_were_not_verified_are_refused(changes, found, tmp_path):
    with pytest.raises(MalformedObjectError, match=found):
        content(plastimatchFile(tmp_path, **changes))


def velocityFile(folder, size=SIZE, spacing=(8.0, 10.0, 12.0), name="field.bdf", count=None):
    vectors = vectorsOf(fieldImage()).astype("<f4").tobytes()[:count]
    path = folder / name
    path.write_bytes(struct.pack("<3I3f", *size, *spacing) + vectors)
    return path


def test_velocity_files_lie_at_the_fixed_image(tmp_path):
    found = content(velocityFile(tmp_path))
    assert found.assumption == "Velocity .bdf: LPS mm, first node and axes of the fixed image"
    made = importedDeformation(found, FIXED, "1.2", "1.3").sampled.transform
    np.testing.assert_array_equal(made.grid.vectors, vectorsOf(fieldImage()))
    index = np.array([[1.25, 2.5, 0.75]])
    points = ORIGIN + (index * (8, 10, 12)) @ OBLIQUE.T
    np.testing.assert_allclose(made(points), points + displacementsAt(index), atol=2e-6)


def test_velocity_files_may_be_called_otherwise_if_named(tmp_path):
    path = velocityFile(tmp_path, name="field.bin")
    assert fieldFormat(path) is None
    assert content(path, "velocity").assumption


@pytest.mark.parametrize(
    "changes",
    [
        {"size": (6, 5, 3)},
        {"size": (4000000000, 4000000000, 4000000000)},
        {"size": (0, 5, 4)},
        {"spacing": (8.0, 0.0, 12.0)},
        {"spacing": (8.0, float("nan"), 12.0)},
        {"count": -1},
        {"count": 0},
    ],
)
def test_velocity_files_whose_size_lies_are_refused(changes, tmp_path):
    with pytest.raises(MalformedObjectError, match="expected"):
        content(velocityFile(tmp_path, **changes))


def inVoxels():
    """Halves of voxels along i, j, k at each voxel (i, j, k): shape (ni, nj, nk, 3)."""
    i, j, k = np.indices(SIZE)
    return np.stack([0.5 * i - j, 1 + 0.5 * k, i - 0.5 * k * j], axis=-1).astype(np.float16)


def archive(folder, values, name="disp.npz"):
    np.savez_compressed(folder / name, values)
    return folder / name


def nifti(folder, values=None, header=FIXED, kind=np.float32):
    """A 4-D image with the header of a lattice, or none."""
    values = inVoxels() if values is None else values
    image = sitk.GetImageFromArray(values.transpose(3, 2, 1, 0).astype(kind), isVector=False)
    if header is not None:
        axes = np.eye(4)
        axes[:3, :3] = header.directions
        image.SetDirection(axes.ravel())
        image.SetOrigin((*header.origin, 0.0))
        image.SetSpacing((*header.spacing, 1.0))
    sitk.WriteImage(image, str(folder / "disp.nii.gz"))
    return folder / "disp.nii.gz"


@pytest.mark.parametrize("make", [lambda f: archive(f, inVoxels().transpose(3, 0, 1, 2)), nifti])
def test_fields_of_learn2reg_are_voxels_of_the_fixed_image(make, tmp_path):
    path = make(tmp_path)
    found = content(path, "learn2reg")
    assert found.assumption == "Learn2Reg: vectors in voxels of the fixed image, in its order"
    made = importedDeformation(found, FIXED, "1.2", "1.3").sampled.transform
    for i, j, k in ((0, 0, 0), (5, 1, 2), (3, 4, 3)):
        here = np.array([i, j, k], float)
        there = here + inVoxels()[i, j, k]
        np.testing.assert_allclose(made(FIXED.points(here)), FIXED.points(there), atol=1e-4)
    if path.suffix == ".npz":
        assert fieldFormat(path) is None  # never guessed


def test_a_field_of_learn2reg_in_another_order_of_voxels(tmp_path):
    """As converters store images: rows from the other end."""
    axes = FIXED.directions * [1, -1, 1]
    turned = Lattice.fromAxes(SIZE, FIXED.points(np.array([0, 4.0, 0])), axes, SPACING)
    path = nifti(tmp_path, header=turned)
    found = content(path, "learn2reg")
    here, step = np.array([5.0, 1, 2]), inVoxels()[5, 1, 2].astype(float)
    expected = turned.points(here + step)
    np.testing.assert_allclose(found(turned.points(here)[None])[0], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda f: archive(f, np.zeros((3, 3, 2, 2), "f2")), "voxels of the fixed image"),
        (lambda f: archive(f, np.zeros((3, *SIZE), "i2")), "floating point"),
        (lambda f: archive(f, np.array([{"a": 1}], object)), "expected floating point"),
        (lambda f: nifti(f, np.zeros((3, 3, 2, 3)), None), "found 3 × 3 × 2 voxels elsewhere"),
        (lambda f: nifti(f, header=Lattice(SIZE, FIXED.ijkToLPS + np.eye(4)[3])), "voxels else"),
        (lambda f: nifti(f, kind=np.int16), "floating point numbers, found others"),
        (lambda f: nifti(f, np.zeros((*SIZE, 2))), "expected floating point numbers of shape"),
        (lambda f: velocityFile(f), "expected a .npz, .nii or .nii.gz file"),
    ],
)
def test_other_arrays_are_no_fields_of_learn2reg(make, found, tmp_path):
    with pytest.raises(MalformedObjectError, match=found):
        content(make(tmp_path), "learn2reg")


def test_broken_archives_are_refused(tmp_path):
    path = archive(tmp_path, inVoxels().transpose(3, 0, 1, 2))
    whole = path.read_bytes()
    for left in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:left])
        with pytest.raises(MalformedObjectError):
            content(path, "learn2reg")
    for at in range(60, len(whole) - 100, 7):
        path.write_bytes(whole[:at] + b"\xff\xff" + whole[at + 2 :])
        with pytest.raises(MalformedObjectError):
            content(path, "learn2reg")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("arr_0.npy", b"\x93NUMPY\x01\x00\x10\x00{'descr': 'f2'")
    with pytest.raises(MalformedObjectError):
        content(path, "learn2reg")


def test_what_a_file_is_its_name_or_beginning_tells(tmp_path):
    sitk.WriteImage(fieldImage(), str(tmp_path / "a.nii.gz"))
    sitk.WriteTransform(sitk.BSplineTransform(3), str(tmp_path / "b.h5"))
    (tmp_path / "c.txt").write_text("1 0 0 1\n0 1 0 2\n0 0 1 3\n0 0 0 1\n")
    kinds = {
        tmp_path / "a.nii.gz": "image",
        tmp_path / "b.h5": "itk",
        chain(tmp_path): "elastix",
        plastimatchFile(tmp_path): "plastimatch",
        velocityFile(tmp_path): "velocity",
    }
    assert {path: fieldFormat(path).name for path in kinds} == kinds
    assert fieldFormat(tmp_path / "c.txt") is None


def test_what_is_not_there_or_empty_is_refused(tmp_path):
    with pytest.raises(MalformedObjectError, match="found none"):
        fieldFormat(tmp_path / "absent.mha")
    with pytest.raises(MalformedObjectError, match="expected one of image, itk"):
        fieldFormat(velocityFile(tmp_path), "guess")
    (tmp_path / "empty.mha").touch()
    with pytest.raises(MalformedObjectError, match="0 bytes"):
        fieldFormat(tmp_path / "empty.mha")


def test_points_in_a_field_are_found_where_they_are(tmp_path):
    sitk.WriteImage(fieldImage(), str(tmp_path / "a.mha"))
    points, index = somePoints()
    found = content(tmp_path / "a.mha")
    np.testing.assert_allclose(found(points), points + displacementsAt(index), atol=2e-6)
    assert np.isnan(found(points + 1000)).all()
