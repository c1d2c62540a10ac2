"""An image without symmetry, balls in a ball, in closed form, wherever a test wants it."""

import numpy as np

from IHERORegistrationLib.dataNodes import volumeNodeFromVolume
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.patient import Patient
from IHERORegistrationLib.references import SeriesReference
from IHERORegistrationLib.subjectHierarchy import markSeries, placeInStudy

FIXED, MOVING = "1.2.3.1", "1.2.3.2"
CENTER = np.array([-40.0, 25.0, 310.0])
# Balls without symmetry: center relative to CENTER, radius, value; their edges are soft
BALLS = (
    ((0, 0, 0), 45, 40.0),
    ((18, 8, 5), 12, 300.0),
    ((-15, 14, -20), 9, -700.0),
    ((-6, -22, 16), 7, 700.0),
    ((10, -12, -24), 8, -400.0),
    ((-20, -2, 8), 6, 500.0),
)


def head(points):
    """HU at points, shape (..., 3), LPS mm of the fixed frame."""
    values = np.full(points.shape[:-1], -1000.0)
    for center, radius, value in BALLS:
        depth = radius - np.linalg.norm(points - CENTER - center, axis=-1)
        values += (value - values) / (1 + np.exp(-depth / 1.5))
    return values


def surfacePoints(count):
    """`count` directions from each of the inner balls, on its surface: there the image tells
    something. Shape (n, 3), LPS mm of the fixed frame.
    """
    directions = np.random.default_rng(5).normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    return np.concatenate(
        [CENTER + center + radius * directions for center, radius, _ in BALLS[1:]]
    )


def lattice(size, spacing, center, directions=None):
    directions = np.eye(3) if directions is None else directions
    half = (np.array(size) - 1) / 2 * spacing
    return Lattice.fromAxes(size, center - directions @ half, directions, np.array(spacing))


def volume(place, frame, toFixed=lambda points: points, contrast=lambda values: values):
    indices = np.indices(place.shape)[::-1]
    points = place.points(np.moveaxis(indices, 0, -1))
    return Volume(contrast(head(toFixed(points))).astype(np.float32), place, frame)


def rotation(degrees, axis):
    """Rotation about an axis through the origin, shape (4, 4)."""
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    matrix = np.eye(4)
    matrix[:3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return matrix


def turned(degrees, axis, shift):
    """Rotation about CENTER followed by a shift; shape (4, 4)."""
    matrix = rotation(degrees, axis)
    matrix[:3, 3] = CENTER - matrix[:3, :3] @ CENTER + shift
    return matrix


def bent(points):
    """Fixed points to moving ones in the fixed frame: smooth, up to 9 mm, without folding."""
    x, y, z = np.moveaxis((points - CENTER) / 45.0, -1, 0)
    swell = np.exp(-(x**2 + y**2 + z**2))
    shift = swell[..., None] * np.array([5.0, -4.0, 6.0])
    return points + shift * (1 + 0.3 * x)[..., None]


def unbent(points):
    """The inverse of `bent` by iteration, which contracts."""
    found = points
    for _ in range(40):
        found = found - (bent(found) - points)
    return found


def imageNode(scene, image, name, modality="CT", patientID="P1"):
    """A volume node of `image` under a patient, as if it came from DICOM."""
    node = volumeNodeFromVolume(image, scene, name)
    patient = Patient(patientID, "Made^Patient", "19500101", "O")
    placeInStudy(node, patient, f"1.9.{patientID}")
    markSeries(node, SeriesReference(f"1.9.{patientID}", f"1.8.{name}", ()), modality, image.frame)
    return node
