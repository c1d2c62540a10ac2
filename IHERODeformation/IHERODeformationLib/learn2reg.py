"""Displacement fields of the Learn2Reg challenges: vectors in voxels, which no file can tell."""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.itkTransformFiles import quietLibraries
from IHERORegistrationLib.lattice import Lattice

from .fieldContent import FieldContent, gridStep
from .fieldImages import DISPLACEMENTS_RAS
from .imageFiles import imageFile, requireBytes

ASSUMPTION = "Learn2Reg: vectors in voxels of the fixed image, in its order"
SAME_PLACE = 0.01  # of a voxel
LONGEST_SIDE = 1 << 16
# What damaged archives of NumPy raise
UNREADABLE = (OSError, ValueError, EOFError, BadZipFile, NotImplementedError, zlib.error)


def fieldFromLearn2Reg(path: Path, fixed: Lattice) -> FieldContent:
    """A field of the fixed image's size: .npz of shape (3, ni, nj, nk), or .nii and .nii.gz of
    shape (ni, nj, nk, 3), whose vectors are voxels of the fixed image along i, j, k.

    The axes are those of the file where it lies as the fixed image does; where it has none, those
    of the image as it is stored in DICOM.

    Raises
        MalformedObjectError: the file is truncated, of another size, lies elsewhere or is no field.

    Source
        https://learn2reg.grand-challenge.org/Submission
    """
    if path.suffix == ".npz":
        voxels, lattice = _fromZip(path, fixed)
    else:
        voxels, lattice = _fromNIfTI(path, fixed)
    toMM = lattice.ijkToLPS[:3, :3].T
    vectors = np.empty(voxels.shape, "<f4")
    for k, slab in enumerate(voxels):
        vectors[k] = slab.astype(float) @ toMM
    try:
        step, remarks = gridStep(vectors, lattice.origin, lattice.directions, lattice.spacing)
    except MalformedObjectError as error:
        raise MalformedObjectError(f"{error}: {path}") from None
    return FieldContent((step,), remarks, ASSUMPTION)


def _fromZip(path: Path, fixed: Lattice) -> tuple[np.ndarray, Lattice]:
    """The only array in an .npz file as shape (nk, nj, ni, 3)."""
    expected = (3, *fixed.size)
    try:
        with ZipFile(path) as archive:
            members = archive.namelist()
            if len(members) != 1:
                raise MalformedObjectError(f"expected 1 array, found {len(members)}: {path}")
            with archive.open(members[0]) as file:
                version = np.lib.format.read_magic(file)
                if version not in ((1, 0), (2, 0)):
                    raise MalformedObjectError(f"expected NumPy's format, found another: {path}")
                header = np.lib.format.read_array_header_1_0
                if version == (2, 0):
                    header = np.lib.format.read_array_header_2_0
                shape, isFortran, kind = header(file)
                if shape != expected or kind.kind != "f":
                    raise _wrongShape(expected, f"{shape} {kind}", path)
                count = math.prod(shape)
                content = file.read(count * kind.itemsize)
    except UNREADABLE as error:
        raise MalformedObjectError(f"cannot read {path}: {error}") from None
    if len(content) < count * kind.itemsize:
        raise MalformedObjectError(f"truncated: expected {count} numbers: {path}")
    values = np.frombuffer(content, kind).reshape(shape, order="F" if isFortran else "C")
    return values.transpose(3, 2, 1, 0), fixed


def _fromNIfTI(path: Path, fixed: Lattice) -> tuple[np.ndarray, Lattice]:
    import SimpleITK as sitk

    if not path.name.endswith((".nii", ".nii.gz")):
        raise MalformedObjectError(f"expected a .npz, .nii or .nii.gz file, found {path}")
    file = imageFile(path)
    if file.fields["intent code"] == DISPLACEMENTS_RAS:
        raise MalformedObjectError(
            f"expected vectors in voxels, found NIfTI intent DISPVECT, which is mm: {path}"
        )
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        with quietLibraries():
            reader.ReadImageInformation()
            size, components = reader.GetSize(), reader.GetNumberOfComponents()
            sides = [*(one for one in size[3:] if one != 1), *([components] * (components != 1))]
            if max(size) > LONGEST_SIDE or sides != [3] or len(size) < 3:
                shown = " × ".join(map(str, (*size, components)))
                raise _wrongShape((*fixed.size, 3), shown, path)
            requireBytes(file, 3 * math.prod(size[:3]))  # at least 1 byte a number
            image = reader.Execute()
    except (RuntimeError, UnicodeDecodeError):
        raise MalformedObjectError(f"cannot read the image: {path}") from None
    values = sitk.GetArrayFromImage(image)
    if values.dtype.kind != "f":
        raise MalformedObjectError(f"expected floating point numbers, found others: {path}")
    nk, nj, ni = size[2::-1]
    vectors = values.reshape(nk, nj, ni, 3) if components == 3 else values.reshape(3, nk, nj, ni)
    if components != 3:
        vectors = np.moveaxis(vectors, 0, -1)
    requireBytes(file, values.nbytes)
    return vectors, _placed(
        (ni, nj, nk), image.GetOrigin(), image.GetSpacing(), image.GetDirection(), fixed, path
    )


def _placed(
    size: tuple[int, int, int],
    origin: tuple[float, ...],
    spacing: tuple[float, ...],
    direction: tuple[float, ...],
    fixed: Lattice,
    path: Path,
) -> Lattice:
    """Where the voxels of the file lie: as its header says, if that is where those of `fixed` are,
    in whatever order; as those of `fixed`, if it says nothing.
    """
    axes = np.reshape(direction, (len(origin), -1))[:3, :3]
    here = Lattice.fromAxes(size, np.array(origin[:3]), axes, np.array(spacing[:3]))
    index = fixed.indices(here.corners)
    ends = np.array(fixed.size) - 1
    order = np.argmax(np.abs(fixed.directions.T @ axes), axis=0)
    if (
        sorted(order) == [0, 1, 2]
        and tuple(np.array(fixed.size)[order]) == size
        and np.minimum(np.abs(index), np.abs(index - ends)).max() <= SAME_PLACE
    ):
        return here
    isUnplaced = np.array_equal(np.abs(axes), np.eye(3)) and not np.any(origin[:3])
    if isUnplaced and set(spacing[:3]) == {1.0} and size == fixed.size:
        return fixed
    raise MalformedObjectError(
        f"expected a field on the voxels of the fixed image, {_sides(fixed.size)}, or without a "
        f"place, found {_sides(size)} voxels elsewhere: {path}"
    )


def _sides(size: tuple[int, ...]) -> str:
    return " × ".join(map(str, size))


def _wrongShape(expected: tuple[int, ...], found: str, path: Path) -> MalformedObjectError:
    return MalformedObjectError(
        f"expected floating point numbers of shape {expected}, for the voxels of the fixed image, "
        f"found {found}: {path}"
    )
