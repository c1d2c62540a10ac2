"""The fixed image of fields made elsewhere, what is read of their files, and parameter files of
elastix.
"""

from __future__ import annotations

import numpy as np

from foreignFields import OBLIQUE, ORIGIN, SIZE, SPACING
from IHERODeformationLib.fieldFiles import fieldFormat
from IHERORegistrationLib.lattice import Lattice

FIXED = Lattice.fromAxes(SIZE, ORIGIN, OBLIQUE, SPACING)
FIRST = ORIGIN - OBLIQUE @ SPACING * 1.2
WAVES = 3 * np.sin(0.7 * np.arange(3 * 7 * 6 * 8))  # coefficients that anybody can make again


def content(path, name=None):
    kind = fieldFormat(path, name)
    return kind.read(path, FIXED)


def words(values):
    return " ".join(repr(float(one)) for one in np.ravel(values))


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
