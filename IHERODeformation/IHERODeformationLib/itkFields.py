"""ITK's transform files that are more than a matrix, as steps from fixed to moving points."""

from __future__ import annotations

from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.itkTransformFiles import itkKind, itkTransform, matrixOf, parts

from .fieldContent import FIXED, MOVING, FieldContent
from .fieldImages import stepFromField
from .oneGrid import Step
from .splineStep import stepFromSpline

if TYPE_CHECKING:
    import SimpleITK as sitk


def isITKTransform(path: Path, beginning: bytes) -> bool:
    """Whether the file begins like a transform file of ITK."""
    return itkKind(beginning) is not None


def fieldFromITK(path: Path) -> FieldContent:
    """A transform file (.tfm, .txt, .h5, .mat): displacement fields, B-splines, linear transforms
    and composites of them. ITK's definition is fixed → moving, LPS mm.

    Raises
        MalformedObjectError: it is truncated, not one 3-D transform, or of another kind.

    Source
        ITK software guide, 3.9; itk::CompositeTransform: the last one that was added applies first
    """
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            kind = itkKind(content)
            if kind is None:
                raise MalformedObjectError(f"expected a transform file of ITK, found {path}")
            transform = itkTransform(content, kind, path)
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror or error}") from error
    steps: list[Step] = []
    remarks: list[str] = []
    for part in parts(transform):
        step, told = _step(part, path)
        steps.append(step)
        remarks += told
    return FieldContent(tuple(steps), tuple(remarks))


def _step(part: sitk.Transform, path: Path) -> tuple[Step, tuple[str, ...]]:
    import SimpleITK as sitk

    if part.IsLinear():
        matrix = matrixOf(part)
        if not np.isfinite(matrix).all():
            raise MalformedObjectError(f"expected finite numbers, found others: {path}")
        return AffineTransform(matrix, FIXED, MOVING), ()
    kind = part.GetName()
    if kind == "DisplacementFieldTransform":
        field = sitk.DisplacementFieldTransform(part).GetDisplacementField()
        return stepFromField(field, path)
    if kind == "BSplineTransform":
        if not np.isfinite([*part.GetParameters(), *part.GetFixedParameters()]).all():
            raise MalformedObjectError(f"expected finite numbers, found others: {path}")
        return stepFromSpline(part), ()
    raise MalformedObjectError(
        f"expected linear transforms, displacement fields and B-splines, found {kind}: {path}"
    )
