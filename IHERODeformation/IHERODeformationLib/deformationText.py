"""What a deformation says beside its vectors, as text that a node can carry, and back.

The lattice and the matrices to the last bit, and which nodes of the grid are undefined: vectors
that are shown must be numbers.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib

import numpy as np

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.keptText import readsKeptText
from IHERORegistrationLib.lattice import Lattice

from .deformableRegistration import DeclaredMatrix

ALL_DEFINED = ""


def textFromLattice(lattice: Lattice) -> str:
    """Size and matrix of `lattice`."""
    return json.dumps({"size": lattice.size, "ijkToLPS": lattice.ijkToLPS.tolist()})


@readsKeptText
def latticeFromText(text: str) -> Lattice:
    """The lattice that `textFromLattice` told."""
    kept = json.loads(text)
    return Lattice(tuple(kept["size"]), _matrix(kept["ijkToLPS"]))


def textFromMatrix(matrix: DeclaredMatrix | None) -> str:
    """A pre or post deformation matrix as declared, or that there is none."""
    if matrix is None:
        return json.dumps(None)
    return json.dumps({"matrix": matrix.matrix.tolist(), "type": matrix.declaredType})


@readsKeptText
def matrixFromText(text: str) -> DeclaredMatrix | None:
    """The matrix that `textFromMatrix` told."""
    kept = json.loads(text)
    if kept is None:
        return None
    return DeclaredMatrix(_matrix(kept["matrix"]), str(kept["type"]))


def _matrix(kept: object) -> np.ndarray:
    matrix = np.array(kept, float).reshape(4, 4)
    if not np.isfinite(matrix).all():
        raise ValueError("expected numbers, found infinity or none")
    return matrix


def textFromUndefined(undefined: np.ndarray) -> str:
    """`undefined`, bool of any shape: true at nodes without displacement."""
    if not undefined.any():
        return ALL_DEFINED
    return base64.b64encode(zlib.compress(np.packbits(undefined).tobytes())).decode()


@readsKeptText
def undefinedFromText(text: str, shape: tuple[int, ...]) -> np.ndarray:
    """What `textFromUndefined` told of an array of `shape`.

    Raises
        MalformedObjectError: the text does not tell of so many nodes.
    """
    count = int(np.prod(shape))
    if text == ALL_DEFINED:
        return np.zeros(shape, dtype=bool)
    expected = -(-count // 8)
    try:  # never more than expected, whatever the text would inflate to
        bits = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), expected + 1)
    except (binascii.Error, zlib.error) as error:
        raise MalformedObjectError("cannot read which nodes of the grid are undefined") from error
    if len(bits) != expected:
        raise MalformedObjectError(
            f"expected {expected} bytes that tell which of {count} nodes are undefined, "
            f"found {'more' if len(bits) > expected else len(bits)}"
        )
    return np.unpackbits(np.frombuffer(bits, np.uint8), count=count).astype(bool).reshape(shape)
