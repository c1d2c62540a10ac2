"""Transforms made elsewhere, by the format of their file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.lattice import Lattice

from .elastixFiles import fieldFromElastix, isElastix
from .fieldContent import FieldContent
from .fieldImages import fieldFromImage, isFieldImage
from .itkFields import fieldFromITK, isITKTransform
from .learn2reg import fieldFromLearn2Reg
from .plastimatchFiles import fieldFromPlastimatch, isPlastimatch
from .velocityFiles import fieldFromVelocity, isVelocity

BEGINNING = 4096  # bytes by which a file is recognized

FieldReader = Callable[[Path, Lattice], FieldContent]  # a file, and the fixed image's voxels


@dataclass(frozen=True)
class FieldFormat:
    """`isOne` tells by a file's name and first bytes; None: only who made it can tell."""

    name: str
    isOne: Callable[[Path, bytes], bool] | None
    read: FieldReader


def _whateverIsFixed(read: Callable[[Path], FieldContent]) -> FieldReader:
    return lambda path, fixed: read(path)


# fmt: off
FORMATS = {one.name: one for one in (
    #           name           recognized by    read by
    FieldFormat("image",       isFieldImage,    _whateverIsFixed(fieldFromImage)),
    FieldFormat("itk",         isITKTransform,  _whateverIsFixed(fieldFromITK)),
    FieldFormat("elastix",     isElastix,       _whateverIsFixed(fieldFromElastix)),
    FieldFormat("plastimatch", isPlastimatch,   _whateverIsFixed(fieldFromPlastimatch)),
    FieldFormat("velocity",    isVelocity,      fieldFromVelocity),
    FieldFormat("learn2reg",   None,            fieldFromLearn2Reg),
)}
# fmt: on


def fieldFormat(path: Path, name: str | None = None) -> FieldFormat | None:
    """The format that is named, else the one that the file has; None: none that is known.

    Raises
        MalformedObjectError: there is no such file or format.
    """
    if name is not None and name not in FORMATS:
        raise MalformedObjectError(f"expected one of {', '.join(FORMATS)}, found {name!r}")
    if not path.is_file():
        raise MalformedObjectError(f"expected a transform file, found none: {path}")
    try:
        with path.open("rb") as file:
            beginning = file.read(BEGINNING)
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror or error}") from error
    if not beginning:
        raise MalformedObjectError(f"expected a transform file, found 0 bytes: {path}")
    if name is not None:
        return FORMATS[name]
    fitting = (one for one in FORMATS.values() if one.isOne and one.isOne(path, beginning))
    return next(fitting, None)
