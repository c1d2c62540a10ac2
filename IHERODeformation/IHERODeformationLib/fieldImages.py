"""Displacement fields stored as images: fixed point + vector = moving point, LPS mm."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.itkTransformFiles import quietLibraries

from .fieldContent import FieldContent, gridStep
from .imageFiles import ImageFile, imageFile, imageSuffix, requireBytes

if TYPE_CHECKING:
    import SimpleITK as sitk

    from .deformation import DeformableTransform

DISPLACEMENTS_RAS = "1006"  # NIfTI's intent: ITK turns these vectors to LPS, and no others
LPS = ("left-posterior-superior", "lps")
# fmt: off
OTHER_VECTORS = {  # what a NIfTI intent name says that is no displacement in LPS
    "NREG_TRANS": "a transformation of NiftyReg",
    "Mapping":    "positions, as SPM writes them",
}
# fmt: on


def isFieldImage(path: Path, beginning: bytes) -> bool:
    """Whether the file is called like an image that can hold vectors."""
    return bool(imageSuffix(path))


def fieldFromImage(path: Path) -> FieldContent:
    """The displacement field in an image of 3 components (.mha, .mhd, .nrrd, .nii, .nii.gz).

    Raises
        MalformedObjectError: it is truncated, not 3-D, has not 3 components of floating point
        numbers, or a header that says the vectors mean something else.

    Source
        ITK software guide, DisplacementFieldTransform; NIfTI-1 intent codes
    """
    import SimpleITK as sitk

    file = imageFile(path)
    _requireDisplacements(file, path)
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        with quietLibraries():
            reader.ReadImageInformation()
            _requireVectors(reader, file, path)
            image = reader.Execute()
    except (RuntimeError, UnicodeDecodeError) as error:  # its message may quote the file
        found = re.search(r"ITK ERROR: (?:\w+\([^)]*\): )?(.*)", str(error))
        reason = found[1].strip() if found else "ITK cannot"
        raise MalformedObjectError(f"cannot read the image: {reason}: {path}") from None
    step, remarks = stepFromField(image, path)
    if file.fields.get("intent code") == DISPLACEMENTS_RAS:
        remarks += ("NIfTI intent DISPVECT: its vectors are RAS and were turned to LPS",)
    return FieldContent((step,), remarks)


def stepFromField(image: sitk.Image, path: Path) -> tuple[DeformableTransform, tuple[str, ...]]:
    """A displacement field that ITK holds, as step; and remarks.

    Raises
        MalformedObjectError: see `gridStep`.
    """
    import SimpleITK as sitk

    vectors = sitk.GetArrayFromImage(image)
    directions = np.reshape(image.GetDirection(), (3, 3))
    origin, spacing = np.array(image.GetOrigin()), np.array(image.GetSpacing())
    if not np.isfinite([*origin, *spacing, *directions.ravel()]).all():
        raise MalformedObjectError(f"expected finite numbers for the grid, found others: {path}")
    try:
        return gridStep(vectors, origin, directions, spacing)
    except MalformedObjectError as error:
        raise MalformedObjectError(f"{error}: {path}") from None


def _requireDisplacements(file: ImageFile, path: Path) -> None:
    """Raise if the header says that the vectors are something else, or in other axes."""
    fields = file.fields
    found = OTHER_VECTORS.get(fields.get("intent name", ""))
    if "space" in fields and fields["space"].lower() not in LPS:
        found = f"an NRRD space {fields['space']!r}, of which nobody knows what the vectors are in"
    frame = re.findall(r"[-+.\deE]+", fields.get("measurement frame", ""))
    if frame and not np.array_equal([float(one) for one in frame], np.eye(3).ravel()):
        found = "a measurement frame"
    if found:
        raise MalformedObjectError(f"expected displacements in LPS mm, found {found}: {path}")


def _requireVectors(reader: sitk.ImageFileReader, file: ImageFile, path: Path) -> None:
    import SimpleITK as sitk

    size, components = reader.GetSize(), reader.GetNumberOfComponents()
    if len(size) != 3 or components != 3:
        shown = " × ".join(map(str, size))
        hint = "; fields of Learn2Reg have to be named" if size[-1] == 3 and len(size) > 3 else ""
        raise MalformedObjectError(
            f"expected a 3-D image of 3 components, found {len(size)} dimensions ({shown}) of "
            f"{components}{hint}: {path}"
        )
    kinds = {sitk.sitkVectorFloat32: 4, sitk.sitkVectorFloat64: 8}
    kind = reader.GetPixelID()
    if kind not in kinds:
        raise MalformedObjectError(
            "expected vectors of 32 or 64 bit floating point numbers, found "
            f"{sitk.GetPixelIDValueAsString(kind)}: {path}"
        )
    requireBytes(file, 3 * kinds[kind] * math.prod(size))
