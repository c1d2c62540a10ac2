"""Formats of other programs than ITK: their numbers, what is assumed, and what is refused."""

from __future__ import annotations

import struct
import zipfile

import numpy as np
import pytest
import SimpleITK as sitk

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

FIXED = Lattice.fromAxes(SIZE, ORIGIN, OBLIQUE, SPACING)
NODES = (7, 6, 8)
FIRST = ORIGIN - OBLIQUE @ SPACING * 1.2
WAVES = 3 * np.sin(0.7 * np.arange(3 * 7 * 6 * 8))  # coefficients that anybody can make again


def content(path, name=None):
    kind = fieldFormat(path, name)
    return kind.read(path, FIXED)


def words(values):
    return " ".join(repr(float(one)) for one in np.ravel(values))


# --- elastix


def parameterFile(path, kind, parameters, *more, start="NoInitialTransform", how="Compose"):
    lines = [
        f'(Transform "{kind}")',
        f"(NumberOfParameters {len(parameters)})",
        f"(TransformParameters {words(parameters)})",
        f'(InitialTransformParametersFileName "{start}")',
        '(UseBinaryFormatForTransformationParameters "false")',
        f'(HowToCombineTransforms "{how}")',
        "",
        "// Image specific",
        "(FixedImageDimension 3)",
        "(MovingImageDimension 3)",
        '(UseDirectionCosines "true")',
        *more,
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


CENTER = "(CenterOfRotationPoint 5 -190 740)"
MOTION = (0.02, -0.03, 0.04, 1, 2, -3)
SPLINE = (
    "(GridSize 7 6 8)",
    "(GridIndex 0 0 0)",
    f"(GridSpacing {words(SPACING)})",
    f"(GridOrigin {words(FIRST)})",
    f"(GridDirection {words(OBLIQUE.T)})",
    '(UseCyclicTransform "false")',
)


def ofOrder(order):
    return (*SPLINE, f"(BSplineTransformSplineOrder {order})")


def euler(folder, zyx="false"):
    path = folder / "TransformParameters.0.txt"
    return parameterFile(path, "EulerTransform", MOTION, CENTER, f'(ComputeZYX "{zyx}")')


def chain(folder, order=3, how="Compose", start="/somewhere/else/TransformParameters.0.txt"):
    euler(folder)
    path = folder / "TransformParameters.1.txt"
    return parameterFile(path, "BSplineTransform", WAVES, *ofOrder(order), start=start, how=how)


def affine(folder):
    matrix = (1.1, 0.2, -0.1, 0.05, 0.9, 0.3, -0.2, 0.1, 1.2, 1, 2, -3)
    return parameterFile(folder / "a.txt", "AffineTransform", matrix, CENTER)


def similarity(folder):
    return parameterFile(folder / "s.txt", "SimilarityTransform", (*MOTION, 1.05), CENTER)


# What itk-elastix 0.25.4 (elastix 5) moves the nodes (2, 1, 1) and (1, 2, 2) by, in mm
BY_ELASTIX = {
    "Euler": (euler, (3.775051, 1.794846, -4.592766), (3.392297, 1.092184, -4.918045)),
    "ZYX": (
        lambda f: euler(f, "true"),
        (3.806732, 1.785095, -4.592407),
        (3.426008, 1.077217, -4.917712),
    ),
    "similarity": (similarity, (6.003849, -0.937081, -7.339108), (4.798812, -2.549046, -7.182365)),
    "affine": (affine, (-9.078495, -0.480102, -9.015874), (-12.246714, 4.597793, -4.109447)),
    "order 1": (
        lambda f: chain(f, 1),
        (5.790143, -0.610263, -2.21462),
        (1.190456, 2.776189, -5.792254),
    ),
    "order 2": (
        lambda f: chain(f, 2),
        (4.921407, 0.399049, -3.189522),
        (2.028399, 2.164568, -5.512993),
    ),
    "order 3": (chain, (4.595395, 0.781567, -3.562226), (2.385256, 1.89863, -5.384081)),
    "1 added": (
        lambda f: chain(f, 1, "Add"),
        (5.503716, 0.456871, -3.877449),
        (2.880961, 0.844863, -3.954947),
    ),
    "2 added": (
        lambda f: chain(f, 2, "Add"),
        (5.031101, 0.863572, -4.147726),
        (3.102886, 0.813932, -4.120374),
    ),
    "3 added": (
        lambda f: chain(f, 3, "Add"),
        (4.671062, 1.165026, -4.338331),
        (3.255141, 0.810539, -4.266429),
    ),
}


@pytest.mark.parametrize("kind", BY_ELASTIX)
def test_elastix_files_move_points_as_elastix_does(kind, tmp_path):
    make, first, second = BY_ELASTIX[kind]
    nodes = FIXED.points(np.array([[2.0, 1, 1], [1, 2, 2]]))
    found = content(make(tmp_path))
    np.testing.assert_allclose(found(nodes) - nodes, [first, second], atol=2e-6)
    assert found.isLinear == ("order" not in kind and "added" not in kind)


def test_a_translation_and_a_newer_name_of_the_start(tmp_path):
    path = chain(tmp_path)
    text = path.read_text().replace("TransformParametersFileName", "TransformParameterFileName")
    path.write_text(text.replace('"BSplineTransform"', '"RecursiveBSplineTransform"'))
    nodes = FIXED.points(np.array([[2.0, 1, 1]]))
    expected = [BY_ELASTIX["order 3"][1]]
    np.testing.assert_allclose(content(path)(nodes) - nodes, expected, atol=2e-6)
    shift = parameterFile(tmp_path / "t.txt", "TranslationTransform", (1.5, -2, 30))
    np.testing.assert_allclose(content(shift).matrix[:3, 3], (1.5, -2, 30))


CHANGES = {
    "an unknown transform": ('"BSplineTransform"', '"SplineKernelTransform"', "found SplineKernel"),
    "2-D": ("(FixedImageDimension 3)", "(FixedImageDimension 2)", "expected a 3-D transform"),
    "no direction cosines": ('Cosines "true"', 'Cosines "false"', "the patient's axes"),
    "binary": ('TransformationParameters "false"', 'TransformationParameters "true"', "binary"),
    "cyclic": ('CyclicTransform "false"', 'CyclicTransform "true"', "cyclic"),
    "another way": ('"Compose"', '"Multiply"', "Compose or Add"),
    "a number less": ("(TransformParameters 0.0 ", "(TransformParameters ", "found 1007"),
    "another count": ("NumberOfParameters 1008", "NumberOfParameters 1009", "Parameters 1009"),
    "text": ("(TransformParameters 0.0 ", "(TransformParameters zero ", "found text"),
    "NaN": ("(TransformParameters 0.0 ", "(TransformParameters nan ", "finite numbers"),
    "a large grid": ("GridSize 7 6 8", "GridSize 700 600 800", "1008000000 numbers"),
    "half a node": ("GridSize 7 6 8", "GridSize 7.5 6 8", "whole numbers"),
    "a flat grid": ("GridSpacing 9.0", "GridSpacing 0.0", "positive spacings"),
    "axes in a plane": (words(OBLIQUE.T), words(np.ones(9)), "axes that ITK can invert|found"),
    "order 7": ("SplineOrder 3", "SplineOrder 7", "found 7"),
    "a name twice": ("(GridIndex 0 0 0)", "(GridSize 7 6 8)", "each name once"),
    "no start": ("TransformParameters.0.txt", "absent.txt", "beside the file"),
    "a start above": ("/somewhere/else/TransformParameters.0.txt", "..", "beside the file"),
    "a start that is itself": ("TransformParameters.0.txt", "TransformParameters.1.txt", "an end"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_elastix_files_that_cannot_be_followed_are_refused_by_name(kind, tmp_path):
    old, new, found = CHANGES[kind]
    path = chain(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(MalformedObjectError, match=found) as refused:
        content(path)
    assert str(path) in str(refused.value)


def test_elastix_files_cut_anywhere_are_refused(tmp_path):
    path = chain(tmp_path)
    text = path.read_text()
    for left in range(200, len(text) - 1, len(text) // 40):
        path.write_text(text[:left])
        with pytest.raises(MalformedObjectError):
            content(path)


def test_a_start_outside_the_folder_is_not_read(tmp_path):
    folder = tmp_path / "inner"
    folder.mkdir()
    path = chain(folder, start="../TransformParameters.0.txt")
    (folder / "TransformParameters.0.txt").rename(tmp_path / "TransformParameters.0.txt")
    with pytest.raises(MalformedObjectError, match="beside the file"):
        content(path)


# --- plastimatch

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


# --- Velocity


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


# --- Learn2Reg


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


# --- which is which


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
