"""Doses, targets and deformable registrations with a dose known in closed form everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from pydicom import Dataset
from scipy.spatial.transform import Rotation

import builders
from deformationCases import OBLIQUE, Case, asRead
from IHERODeformationLib.deformableRegistration import DeformableSpatialRegistration
from IHERODeformationLib.phantoms.deformedPhantom import DeformedPhantom
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERORegistrationLib.dose import Dose, doseFromDataset
from IHERORegistrationLib.lattice import Lattice, Volume

CT, MR = builders.CT_FRAME, builders.MR_FRAME
PEAK = 60.0  # Gy
WIDTH = 26.0  # mm, of the built hill of dose
TURNED = Rotation.from_euler("xyz", (-35, 12, 20), degrees=True).as_matrix()
# a big smooth deformation: nodes every 14 to 20 mm, Δ bilinear over 26 mm and more
BIG = Case(
    orientation=OBLIQUE,
    position=(-60.0, -150.0, -70.0),
    size=(9, 8, 7),
    spacing=(16.0, 14.0, 20.0),
)


def registration(
    case: Case, *, onMR: bool = False, number: int = 55, toFrame: str = ""
) -> DeformableSpatialRegistration:
    """`case` from the CT to the MR, or with `onMR` from the MR to the CT."""
    return deformableRegistrationFromDataset(
        asRead(registrationDataset(case, onMR=onMR, number=number, toFrame=toFrame))
    )


def registrationDataset(
    case: Case, *, onMR: bool = False, number: int = 55, toFrame: str = ""
) -> Dataset:
    dataset = replace(case, changes={"SOPInstanceUID": f"2.25.77.4.{number}"}).dataset()
    if onMR:
        dataset.FrameOfReferenceUID = MR
        for one in dataset.DeformableRegistrationSequence:
            here = one.SourceFrameOfReferenceUID
            one.SourceFrameOfReferenceUID = (toFrame or CT) if here == MR else MR
    return dataset


def hill(center: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """A smooth dose around `center`, shape (3,), in closed form."""

    def doseAt(points: np.ndarray) -> np.ndarray:
        away = (points - center) / WIDTH
        return PEAK * np.exp(-np.sum(away**2, axis=-1) / 2) * (1 + 0.2 * np.tanh(away[..., 0]))

    return doseAt


def doseOf(
    function: Callable[[np.ndarray], np.ndarray],
    center: np.ndarray,
    frame: str,
    *,
    size: tuple[int, int, int] = (44, 40, 36),
    spacing: tuple[float, float, float] = (2.0, 2.5, 3.0),
    directions: np.ndarray = TURNED,
    **changes: object,
) -> Dose:
    """The dose `function` of points on a lattice around `center`."""
    half = (np.array(size) - 1) / 2 * spacing
    lattice = Lattice.fromAxes(size, center - directions @ half, directions, np.array(spacing))
    values = function(centers(lattice)).astype(np.float32)
    made = doseFromDataset(builders.dose(FrameOfReferenceUID=frame, **changes))
    return replace(made, volume=Volume(values, lattice, frame))


def centers(lattice: Lattice) -> np.ndarray:
    """Voxel centers, shape (nk, nj, ni, 3)."""
    k, j, i = np.indices(lattice.shape)
    return lattice.points(np.stack([i, j, k], axis=-1))


def assertDoseOf(patient: DeformedPhantom, dose: Dose) -> None:
    """`dose`, deformed onto the registered images of `patient`, is that of his tissue."""
    lattice, values = dose.volume.lattice, dose.volume.values
    k, j, i = np.indices(lattice.shape)
    truth = patient.doseAt(lattice.points(np.stack([i, j, k], axis=-1)))
    known = values > 0
    assert known.mean() > 0.1
    assert np.abs(values - truth)[known].mean() < 0.01 * values.max()
