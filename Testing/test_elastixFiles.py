"""Parameter files of elastix move points as elastix does, or are refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from elastixParameterFiles import (
    FIXED,
    affine,
    chain,
    content,
    euler,
    parameterFile,
    similarity,
    words,
)
from foreignFields import OBLIQUE, damage
from IHERORegistrationLib.errors import MalformedObjectError

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
    damage(path, "TransformParametersFileName", "TransformParameterFileName")
    damage(path, '"BSplineTransform"', '"RecursiveBSplineTransform"')
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
    damage(path, old, new)
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
