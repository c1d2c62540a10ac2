import gzip
import os

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from IHERORegistrationLib.errors import (
    DeformableContentError,
    MalformedObjectError,
    NotInvertibleError,
)
from IHERORegistrationLib.transformFiles import LARGEST_FILE, Maps, movingToFixedFromFile

POINTS = np.array([[0, 0, 0], [100.5, -20, 33], [-1, 400, -777.25], [5, 6, 7]])
MATRIX = np.array([[0.6, -0.8, 0, 12.5], [0.8, 0.6, 0, -250.75], [0, 0, 1, 3], [0, 0, 0, 1]])


def affine():
    matrix = [1.1, 0.2, -0.1, 0.05, 0.9, 0.3, -0.2, 0.1, 1.2]
    return sitk.AffineTransform(matrix, (10, -20, 30), (7, 8, -9))


def versor():
    return sitk.VersorRigid3DTransform((2, -3, 6), 0.4, (15, -25, 4), (100, 20, -60))


def composite():
    return sitk.CompositeTransform([affine(), sitk.TranslationTransform(3, (3, 40, -5)), versor()])


def eulerOrderedZYX():
    euler = sitk.Euler3DTransform((1, 2, 3), 0.3, -0.2, 0.1, (4, -5, 6))
    euler.SetComputeZYX(True)
    return euler


LINEAR = {
    "euler": lambda: sitk.Euler3DTransform((10, 20, 30), 0.1, 0.2, 0.3, (1, 2, 3)),
    "euler zyx": eulerOrderedZYX,
    "versor rigid": versor,
    "versor": lambda: sitk.VersorTransform((1, 2, -2), 0.7, (3, 30, 300)),
    "similarity": lambda: sitk.Similarity3DTransform(
        1.25, (0, 0.6, 0.8), 0.3, (1, -2, 30), (9, 8, 7)
    ),
    "scale": lambda: sitk.ScaleTransform(3, (1.5, 0.5, 2)),
    "affine": affine,
    "translation": lambda: sitk.TranslationTransform(3, (1.5, -2.5, 30)),
    "composite": composite,
    "identity": lambda: sitk.Transform(3, sitk.sitkIdentity),
}


def mapped(matrix, points):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


@pytest.mark.parametrize("suffix", [".tfm", ".txt", ".h5"])
@pytest.mark.parametrize("name", LINEAR)
def test_itk_files_map_fixed_to_moving_and_are_read_inverted(tmp_path, name, suffix):
    transform = LINEAR[name]()
    path = tmp_path / f"t{suffix}"
    sitk.WriteTransform(transform, str(path))
    moving = np.array([transform.TransformPoint(point) for point in POINTS.tolist()])
    np.testing.assert_allclose(mapped(movingToFixedFromFile(path), moving), POINTS, atol=1e-9)


def test_the_file_of_a_widely_used_registration_program_is_read(tmp_path):
    transform = affine()
    path = tmp_path / "0GenericAffine.mat"
    sitk.WriteTransform(transform, str(path))
    moving = np.array([transform.TransformPoint(point) for point in POINTS.tolist()])
    np.testing.assert_allclose(mapped(movingToFixedFromFile(path), moving), POINTS, atol=1e-9)


def test_content_counts_and_not_the_name_of_the_file(tmp_path):
    sitk.WriteTransform(affine(), str(tmp_path / "t.h5"))
    (tmp_path / "t.h5").rename(tmp_path / "tränsform.csv")
    assert movingToFixedFromFile(tmp_path / "tränsform.csv").shape == (4, 4)


@pytest.mark.parametrize("suffix", [".tfm", ".h5"])
def test_what_slicer_writes_is_read_in_lps(tmp_path, suffix):
    scene = slicer.vtkMRMLScene()
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    toParent = vtkMatrix4x4()
    toParent.DeepCopy(MATRIX.ravel().tolist())
    node.SetMatrixTransformToParent(toParent)  # RAS, moving to fixed
    storage = scene.AddNewNodeByClass("vtkMRMLTransformStorageNode")
    storage.SetFileName(str(tmp_path / f"t{suffix}"))
    assert storage.WriteData(node)
    flip = np.diag([-1, -1, 1, 1])
    np.testing.assert_allclose(
        movingToFixedFromFile(tmp_path / f"t{suffix}"), flip @ MATRIX @ flip, atol=1e-12
    )


def textFile(folder, text="0.6 -0.8 0 12.5\n0.8 0.6 0 -250.75\n0 0 1 3\n0 0 0 1\n"):
    path = folder / "matrix.txt"
    path.write_text(text)
    return path


def test_a_matrix_in_text_goes_the_way_that_is_named(tmp_path):
    path = textFile(tmp_path)
    forth = movingToFixedFromFile(path, Maps.MOVING_TO_FIXED)
    np.testing.assert_array_equal(forth, MATRIX)
    back = movingToFixedFromFile(path, Maps.FIXED_TO_MOVING)
    np.testing.assert_allclose(mapped(back, mapped(MATRIX, POINTS)), POINTS, atol=1e-9)


def test_a_matrix_in_text_without_a_direction_is_refused(tmp_path):
    with pytest.raises(MalformedObjectError, match="moving-to-fixed or fixed-to-moving"):
        movingToFixedFromFile(textFile(tmp_path))


def test_a_direction_that_contradicts_the_file_is_refused(tmp_path):
    path = tmp_path / "t.tfm"
    sitk.WriteTransform(affine(), str(path))
    with pytest.raises(MalformedObjectError, match="fixed to moving points, not moving-to-fixed"):
        movingToFixedFromFile(path, Maps.MOVING_TO_FIXED)
    agreed = movingToFixedFromFile(path, Maps.FIXED_TO_MOVING)
    np.testing.assert_array_equal(agreed, movingToFixedFromFile(path))


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("-1 0 0 5\n0 1 0 6\n0 0 1 7", "mirror"),
        ("1 2 3 5\n2 4 6 6\n0 0 1 7", "singular"),
        ("0 0 0 5\n0 0 0 6\n0 0 0 7", "singular"),
    ],
)
@pytest.mark.parametrize("maps", Maps)
def test_mirrors_and_singular_matrices_are_refused(tmp_path, rows, found, maps):
    with pytest.raises(NotInvertibleError, match=f"found a {found}"):
        movingToFixedFromFile(textFile(tmp_path, rows), maps)


def itkText(folder, *transforms):
    """A file of (type, parameters, fixed parameters)."""
    lines = ["#Insight Transform File V1.0"]
    for number, (kind, parameters, fixed) in enumerate(transforms):
        lines += [f"#Transform {number}", f"Transform: {kind}", f"Parameters: {parameters}"]
        lines += [f"FixedParameters: {fixed}"]
    path = folder / "t.tfm"
    path.write_text("\n".join(lines) + "\n")
    return path


AFFINE_3D = "AffineTransform_double_3_3"
BROKEN = {
    "mirror": ([(AFFINE_3D, "-1 0 0 0 1 0 0 0 1 5 6 7", "0 0 0")], "mirror"),
    "immense": ([(AFFINE_3D, "1 0 0 0 1 0 0 0 1 1e300 6 7", "0 0 0")], "up to 1e"),
    "singular": ([(AFFINE_3D, "1 0 0 0 1 0 0 0 0 5 6 7", "0 0 0")], "singular"),
    "too few": ([(AFFINE_3D, "1 0 0 0 1 0 0 0 1 5 6", "0 0 0")], "less than expected"),
    "too many": (
        [(AFFINE_3D, "1 0 0 0 1 0 0 0 1 5 6 7 8", "0 0 0")],
        "expected 12 parameters of AffineTransform, found 13",
    ),
    "nan": ([(AFFINE_3D, "1 0 0 0 1 0 0 0 1 5 nan 7", "0 0 0")], "less than expected"),
    "words": ([(AFFINE_3D, "1 0 0 0 1 0 0 0 1 5 6 x", "0 0 0")], "less than expected"),
    "two dimensions": ([("Euler2DTransform_double_2_2", "0.2 1 2", "0 0")], "found 2 dimensions"),
    "an unknown type": ([("FooTransform_double_3_3", "1", "0")], "FooTransform_double_3_3"),
    "two transforms": (
        [("TranslationTransform_double_3_3", f"{n} 2 3", "") for n in (1, 5)],
        "found 2 transforms of which ITK takes 1",
    ),
    "none": ([], "cannot read the ITK transform"),
}


@pytest.mark.parametrize(("transforms", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_itk_files_are_refused_and_nothing_else_is_printed(
    tmp_path, capfd, transforms, message
):
    path = itkText(tmp_path, *transforms)
    expected = NotInvertibleError if message in ("mirror", "singular") else MalformedObjectError
    with pytest.raises(expected, match=message) as refused:
        movingToFixedFromFile(path)
    assert str(path) in str(refused.value)
    assert capfd.readouterr() == ("", "")


def test_an_empty_composite_is_no_identity(tmp_path):
    path = tmp_path / "t.tfm"
    path.write_text(
        "#Insight Transform File V1.0\n#Transform 0\nTransform: CompositeTransform_double_3_3\n"
    )
    with pytest.raises(MalformedObjectError, match="empty composite"):
        movingToFixedFromFile(path)


def test_a_truncated_hdf5_file_is_refused_and_nothing_else_is_printed(tmp_path, capfd):
    sitk.WriteTransform(affine(), str(tmp_path / "whole.h5"))
    path = tmp_path / "t.h5"
    path.write_bytes((tmp_path / "whole.h5").read_bytes()[:3000])
    with pytest.raises(MalformedObjectError, match="cannot read the ITK transform"):
        movingToFixedFromFile(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", [".tfm", ".mat"])
def test_a_file_cut_anywhere_is_refused(tmp_path, suffix):
    transform = affine()
    transform.SetCenter((1, 20, -300))
    sitk.WriteTransform(transform, str(tmp_path / f"whole{suffix}"))
    content = (tmp_path / f"whole{suffix}").read_bytes()
    path = tmp_path / f"cut{suffix}"
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        with pytest.raises(MalformedObjectError):
            movingToFixedFromFile(path)


@pytest.mark.parametrize("line", ["Parameters", "FixedParameters"])
def test_a_transform_without_its_lines_is_no_identity(tmp_path, line):
    path = itkText(tmp_path, (AFFINE_3D, "0 -1 0 1 0 0 0 0 1 5 6 7", "0 0 0"))
    kept = [one for one in path.read_text().splitlines() if not one.startswith(f"{line}:")]
    path.write_text("\n".join(kept) + "\n")
    with pytest.raises(MalformedObjectError, match=f"expected 1 lines {line}, found 0"):
        movingToFixedFromFile(path)


def displacementField():
    field = sitk.Image((4, 5, 6), sitk.sitkVectorFloat64, 3)
    field.SetSpacing((2, 3, 4))
    return field


@pytest.mark.parametrize("suffix", [".mha", ".mhd", ".nii", ".nii.gz", ".nrrd"])
def test_displacement_fields_are_named_and_refused(tmp_path, suffix):
    path = tmp_path / f"field{suffix}"
    sitk.WriteImage(displacementField(), str(path))
    with pytest.raises(DeformableContentError, match="Deformable Spatial Registration"):
        movingToFixedFromFile(path)


@pytest.mark.parametrize(
    "transform",
    [
        lambda: sitk.DisplacementFieldTransform(displacementField()),
        lambda: sitk.BSplineTransform(3),
        lambda: sitk.CompositeTransform([affine(), sitk.BSplineTransform(3)]),
    ],
)
@pytest.mark.parametrize("suffix", [".tfm", ".h5"])
def test_deformable_itk_transforms_are_named_and_refused(tmp_path, transform, suffix):
    path = tmp_path / f"t{suffix}"
    sitk.WriteTransform(transform(), str(path))
    with pytest.raises(DeformableContentError, match=r"ITK's (DisplacementField|BSpline)Transform"):
        movingToFixedFromFile(path)


@pytest.mark.parametrize(
    ("begin", "error", "message"),
    [
        (b"#Insight Transform File V1.0\n", DeformableContentError, "more than matrices need"),
        (b"\x89HDF\r\n\x1a\n", DeformableContentError, "more than matrices need"),
        (b"NRRD0005\n", DeformableContentError, "an image"),
        (b"1 0 0 0 ", MalformedObjectError, "bytes of something else"),
    ],
)
def test_a_huge_file_is_refused_without_being_read(tmp_path, begin, error, message):
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(50 * LARGEST_FILE)
    with pytest.raises(error, match=message):
        movingToFixedFromFile(path, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 bytes"),
        (bytes(128) + b"DICM" + bytes(10), "a DICOM file"),
        (b"\xff\xfe1\x000\x00", "found something else"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "found something else"),
        (b"Miller^Jane\n1 0 0 0", "something else in line 1"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / "other.txt"
    path.write_bytes(content)
    with pytest.raises(MalformedObjectError, match=message):
        movingToFixedFromFile(path, Maps.MOVING_TO_FIXED)


def test_a_compressed_file_is_taken_for_an_image(tmp_path):
    path = tmp_path / "t.tfm"
    path.write_bytes(gzip.compress(b"1 0 0 0"))
    with pytest.raises(DeformableContentError):
        movingToFixedFromFile(path)


def test_no_file_a_folder_and_an_unreadable_file_are_refused(tmp_path, monkeypatch):
    with pytest.raises(MalformedObjectError, match="found none"):
        movingToFixedFromFile(tmp_path / "absent.tfm")
    with pytest.raises(MalformedObjectError, match="found none"):
        movingToFixedFromFile(tmp_path)
    path = textFile(tmp_path)
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything

        def refuse(*_args, **_keywords):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(MalformedObjectError, match="Permission denied"):
        movingToFixedFromFile(path, Maps.MOVING_TO_FIXED)
