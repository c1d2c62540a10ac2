"""Image files that vectors come in: what their headers say, and whether all bytes are there.

ITK reads them; but it fills up what a file lacks, and takes memory for what a header claims.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from IHERORegistrationLib.errors import MalformedObjectError

LONGEST_HEADER = 1 << 16  # bytes
PIECE = 1 << 20  # bytes inflated at once


@dataclass(frozen=True)
class ImageFile:
    """Where the values of an image lie: from byte `begin` of `data`, perhaps compressed. `fields`
    are what the header says, by name in lower case.
    """

    data: Path
    begin: int
    isCompressed: bool
    fields: dict[str, str]


def imageFile(path: Path) -> ImageFile:
    """The header of an image, read by what the name of the file ends in.

    Raises
        MalformedObjectError: it is no such image, or its values lie where they are not sought.
    """
    try:
        with path.open("rb") as file:
            return _READERS[imageSuffix(path)](path, file)
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror or error}") from error


def imageSuffix(path: Path) -> str:
    """The known end of the file's name, or nothing."""
    return next((one for one in _READERS if path.name.endswith(one)), "")


def requireBytes(image: ImageFile, expected: int) -> None:
    """Raise unless there are as many bytes of values as the header claims.

    Raises
        MalformedObjectError: saying how many there are.
    """
    try:
        found = _inflated(image, expected) if image.isCompressed else _stored(image)
    except OSError as error:
        reason = error.strerror or error
        raise MalformedObjectError(f"cannot read {image.data}: {reason}") from error
    if found < expected:
        raise MalformedObjectError(
            f"truncated: expected {expected} bytes of vectors, found {found}: {image.data}"
        )


def _stored(image: ImageFile) -> int:
    return max(image.data.stat().st_size - image.begin, 0)


def _inflated(image: ImageFile, enough: int) -> int:
    """How many bytes of values come out of the compressed ones, counted to little more than
    `enough`.
    """
    skipped = image.begin if image.data.suffix == ".gz" else 0  # then all of the file is compressed
    count, isAtEnd = -skipped, False
    with image.data.open("rb") as file:
        file.seek(image.begin - skipped)
        inflate = zlib.decompressobj(wbits=47)  # gzip or zlib
        waiting = file.read(PIECE)
        while waiting and count <= enough:
            try:
                count += len(inflate.decompress(waiting, PIECE))
            except zlib.error:
                break
            waiting, isAtEnd = inflate.unconsumed_tail, inflate.eof
            if isAtEnd:  # another one may follow
                waiting = inflate.unused_data
                inflate = zlib.decompressobj(wbits=47)
            waiting = waiting or file.read(PIECE)
    if count == enough and not isAtEnd:
        raise MalformedObjectError(
            f"truncated: expected the end of the compressed vectors, found none: {image.data}"
        )
    return count


def _meta(path: Path, file: BinaryIO) -> ImageFile:
    """MetaImage: lines “Name = value”, the last of which names the file of the values."""
    head = file.read(LONGEST_HEADER)
    found = re.search(rb"^ElementDataFile *= *([^\r\n]*)\r?\n", head, re.MULTILINE)
    if found is None:
        raise MalformedObjectError(f"expected a line ElementDataFile, found none: {path}")
    fields = _lines(head[: found.end()], "=")
    name = fields["elementdatafile"]
    isCompressed = fields.get("compresseddata", "").lower() == "true"
    if name == "LOCAL":
        return ImageFile(path, found.end(), isCompressed, fields)
    if name != Path(name).name or "\\" in name or not (path.parent / name).is_file():
        raise MalformedObjectError(
            f"expected vectors in the file itself or in one file beside it, found {name!r}: {path}"
        )
    return ImageFile(path.parent / name, 0, isCompressed, fields)


def _nrrd(path: Path, file: BinaryIO) -> ImageFile:
    """NRRD: lines “name: value” up to an empty line."""
    head = file.read(LONGEST_HEADER)
    found = re.search(rb"\r?\n\r?\n", head)
    if not head.startswith(b"NRRD") or found is None:
        raise MalformedObjectError(f"expected an NRRD header, found something else: {path}")
    fields = _lines(head[: found.start()], ":")
    if {"data file", "datafile"} & set(fields):
        raise MalformedObjectError(f"expected vectors in the file itself, found a name: {path}")
    encoding = fields.get("encoding", "")
    if encoding not in ("raw", "gzip", "gz"):
        raise MalformedObjectError(f"expected encoding raw or gzip, found {encoding!r}: {path}")
    return ImageFile(path, found.end(), encoding != "raw", fields)


def _lines(head: bytes, mark: str) -> dict[str, str]:
    pairs = (line.partition(mark) for line in head.decode("latin-1").splitlines())
    return {name.strip().lower(): value.strip() for name, between, value in pairs if between}


def _nifti(path: Path, file: BinaryIO) -> ImageFile:
    head, isCompressed = file.read(PIECE), path.suffix == ".gz"
    if isCompressed:
        try:
            head = zlib.decompressobj(wbits=47).decompress(head, 600)
        except zlib.error:
            raise MalformedObjectError(f"expected a gzip file, found another: {path}") from None
    for order in "<>":
        for size, offset, intent, name in ((348, "f108", "h68", 328), (540, "q168", "i504", 508)):
            if len(head) >= size and struct.unpack_from(order + "i", head) == (size,):
                begin = struct.unpack_from(order + offset[0], head, int(offset[1:]))[0]
                code = struct.unpack_from(order + intent[0], head, int(intent[1:]))[0]
                named = head[name : name + 16].split(b"\0")[0].decode("latin-1")
                fields = {"intent code": str(code), "intent name": named}
                if not 0 <= begin < 1 << 40:
                    raise MalformedObjectError(f"expected where values begin, found none: {path}")
                return ImageFile(path, int(begin), isCompressed, fields)
    raise MalformedObjectError(f"expected a NIfTI header, found something else: {path}")


_READERS: dict[str, Callable[[Path, BinaryIO], ImageFile]] = {
    ".mha": _meta,
    ".mhd": _meta,
    ".nrrd": _nrrd,
    ".nii": _nifti,
    ".nii.gz": _nifti,
}
