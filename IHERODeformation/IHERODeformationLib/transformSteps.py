"""What transforms between frames consist of: matrices, deformations and numerical inverses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from IHERORegistrationLib.frames import Transform, TransformChain
from IHERORegistrationLib.geometry import AffineTransform, inverted

from .deformation import DeformableTransform, OutsideGrid
from .numericalInverse import NumericalInverse


def stepsOf(transform: Transform) -> Iterator[Transform]:
    """The transforms that `transform` consists of, the first one first."""
    if isinstance(transform, TransformChain):
        for step in transform.transforms:
            yield from stepsOf(step)
    else:
        yield transform


def deformationsOf(transform: Transform) -> Iterator[DeformableTransform]:
    """The steps that have a grid, those that are inverted as they are the other way."""
    for step in stepsOf(transform):
        forward = step.forward if isinstance(step, NumericalInverse) else step
        if isinstance(forward, DeformableTransform):
            yield forward


def isDeformable(transform: Transform) -> bool:
    """Whether some step of it has a grid, in either direction."""
    return any(True for _ in deformationsOf(transform))


def isNumericallyInverted(transform: Transform) -> bool:
    """Whether some step of it is found by search."""
    return any(isinstance(step, NumericalInverse) for step in stepsOf(transform))


def isRigidOutside(transform: Transform) -> bool:
    """Whether it goes on rigidly outside a grid, which somebody chose."""
    return any(one.outsideGrid is OutsideGrid.RIGID for one in deformationsOf(transform))


def affinePart(*transforms: Transform) -> np.ndarray:
    """`transforms` one after another without their displacements, shape (4, 4), LPS mm.

    Raises
        NotInvertibleError: the matrices around a grid that is gone through backwards are singular.
        TypeError: a step is neither a matrix, a deformation nor a numerical inverse.
    """
    product = np.eye(4)
    for step in (step for transform in transforms for step in stepsOf(transform)):
        if isinstance(step, AffineTransform):
            product = step.matrix @ product
        elif isinstance(step, DeformableTransform):
            product = step.affine @ product
        elif isinstance(step, NumericalInverse):
            product = inverted(step.forward.affine) @ product
        else:
            raise TypeError(f"expected a matrix or a deformation, got {type(step).__name__}")
    return product
