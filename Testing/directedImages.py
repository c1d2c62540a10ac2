"""Two images of one body and the registration between them, in closed form."""

import numpy as np

from balls import rotation
from IHERODeformationLib.deformableRegistration import (
    DeclaredMatrix,
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from IHERODeformationLib.direction import directionProofOf
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.imageAgreement import Similarity
from IHERORegistrationLib.geometry import mapped
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.registration import RegistrationItem, SpatialRegistration

R, S = "1.2.3.4", "1.2.3.5"
CT = Similarity.CORRELATION


def turned(degrees, axis, shift):
    """A rotation about a skew axis and a shift, shape (4, 4)."""
    matrix = rotation(degrees, axis)
    matrix[:3, 3] = shift
    return matrix


PRE = turned(25, (1, -2, 4), (6, -9, 12))
IMAGE = Lattice.fromAxes(
    (34, 30, 26), (-70, -55, 310), turned(12, (3, 1, 2), (0, 0, 0))[:3, :3], (4, 4.5, 5)
)
SOURCE = Lattice.fromAxes(
    (44, 40, 34), (-150, -160, 200), turned(-9, (1, 5, 2), (0, 0, 0))[:3, :3], (5, 5.5, 6)
)
GRID = Lattice.fromAxes((15, 14, 13), (-110, -95, 250), np.eye(3), (14, 15, 16))


def content(points):
    """What the source shows at `points`, shape (..., 3)."""
    x, y, z = np.moveaxis(points, -1, 0)
    return (
        100 * np.sin(x / 9 + 0.3 * np.sin(y / 17))
        + 80 * np.cos(y / 11 - z / 23 + 1)
        + 90 * np.sin(z / 13 + x / 31 + 0.5)
    )


def displacement(points):
    """In mm, shape (..., 3), gentle and without symmetry."""
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack(
        [9 * np.sin(y / 50 + 0.4), 7 * np.cos(z / 60 + x / 90), 8 * np.sin(x / 55 - 0.7)], axis=-1
    )


def nodes(lattice):
    k, j, i = np.indices(lattice.shape)
    return lattice.points(np.stack([i, j, k], axis=-1))


def registration(vectors, pre=PRE, grid=GRID):
    item = DeformableRegistrationItem(
        2, S, (), DeclaredMatrix(pre, "RIGID"), DisplacementGrid(grid, vectors.astype(np.float32))
    )
    return DeformableSpatialRegistration("1.2.9", R, (item,))


TRUE = registration(displacement(nodes(GRID)))


def truth(points):
    """Registered → source, as the standard reads TRUE, but without a grid."""
    return mapped(PRE, points) + displacement(points)


def volume(lattice, function, frame):
    return Volume(function(nodes(lattice)).astype(np.float32), lattice, frame)


FIXED = volume(IMAGE, lambda p: content(truth(p)), R)
MOVING = volume(SOURCE, content, S)


def proof(value, fixed=FIXED, moving=MOVING, measure=CT):
    return directionProofOf(value, fixed, moving, S, measure)


# -- matrices --------------------------------------------------------------------------------------

FIRST, SECOND = turned(20, (1, 2, -1), (-8, 4, 10)), turned(-14, (0, 1, 2), (5, 12, -6))


def rigid(*matrices):
    item = RegistrationItem(2, S, (), matrices, ("RIGID",) * len(matrices))
    return SpatialRegistration("1.2.8", R, (item,))
