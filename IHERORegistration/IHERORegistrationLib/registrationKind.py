"""Which kind of registration a file may hold, found without reading its elements."""

from __future__ import annotations

from pathlib import Path

from pydicom.uid import DeflatedExplicitVRLittleEndian

SMALL = 8 << 20  # bytes
HEAD = 4096  # bytes
SEQUENCE_TAGS = (b"\x64\x00\x02\x00", b"\x00\x64\x00\x02")  # in either byte order
DEFLATED = DeflatedExplicitVRLittleEndian.encode()


def mayBeDeformable(path: Path) -> bool:
    """Whether a file is large, compressed, or has the bytes of the tag of Deformable Registration
    Sequence: to walk through a thousand references only to find none takes its time.
    """
    try:
        if path.is_file() and path.stat().st_size <= SMALL:
            content = path.read_bytes()
            return any(one in content for one in SEQUENCE_TAGS) or DEFLATED in content[:HEAD]
    except OSError:  # who reads the whole file tells why
        return True
    return True
