"""A made patient with a known truth, written as complete DICOM sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import ReferenceNotFoundError
from ..geometry import AffineTransform
from ..lattice import Lattice
from ..registrationRecord import UNWATCHED, Watch
from ..saving import saveDataset
from . import treatment
from .identity import frameUID, uid
from .imageFiles import ScannedSeries, scannedSeries, writeImages
from .regions import REGIONS
from .registrationFiles import fiducialsDataset, landmarksIn, registrationDataset
from .scans import Recipe, doseLattice, imageLattice, separateScans, setup
from .shapes import distanceOf
from .structureFile import structureSetDataset
from .treatmentFiles import doseDataset, planDataset
from .voxels import valuesAt


@dataclass(frozen=True, eq=False)
class WrittenRegistration:
    """A Spatial Registration file and the transform whose digits it holds, as many as fit:
    source → registered.
    """

    path: Path
    transform: AffineTransform


@dataclass(frozen=True, eq=False)
class Phantom:
    """What was written and what is true of it.

    `series` are the scans, the primary one first. Frames are Frame of Reference UIDs, points LPS
    mm in the frame that is named.
    """

    folder: Path
    series: tuple[ScannedSeries, ...]
    structureSet: Path
    plan: Path
    dose: Path
    doseLattice: Lattice
    fiducials: Mapping[str, Path]  # by frame
    registrations: tuple[WrittenRegistration, ...]

    @property
    def primary(self) -> ScannedSeries:
        """The series with structures, plan and dose."""
        return self.series[0]

    def named(self, name: str) -> ScannedSeries:
        """The series of the scan called `name`; its files lie in the folder of that name.

        Raises
            ReferenceNotFoundError: there is none; the message lists the names.
        """
        for one in self.series:
            if one.scan.name == name:
                return one
        names = ", ".join(one.scan.name for one in self.series)
        raise ReferenceNotFoundError(f"expected the name of a scan ({names}), found {name}")

    def transform(self, fromFrame: str, toFrame: str) -> AffineTransform:
        """The true transform between two frames."""
        return self._toBody(toFrame).inverse() @ self._toBody(fromFrame)

    def inside(self, region: str, points: np.ndarray, frame: str) -> np.ndarray:
        """Whether each of `points`, shape (..., 3) LPS mm, lies in the region with that ROI Name.

        Raises
            ReferenceNotFoundError: there is no such region, or no such frame.
        """
        return self.distance(region, points, frame) < 0

    def distance(self, region: str, points: np.ndarray, frame: str) -> np.ndarray:
        """Distance of `points`, shape (..., 3) LPS mm, to the surface of a region, mm,
        negative inside; right to first order near the surface. See `inside`. The regions of dose
        are in Gy instead.
        """
        for one in REGIONS:
            if one.name == region:
                return distanceOf(one.shape, self._toBody(frame)(points))
        names = ", ".join(one.name for one in REGIONS)
        raise ReferenceNotFoundError(f"expected the name of a region ({names}), found {region}")

    def doseAt(self, points: np.ndarray, frame: str) -> np.ndarray:
        """The dose in Gy at `points`, shape (..., 3) LPS mm."""
        body = self._toBody(frame)(points)
        return treatment.dose(body[..., 0], body[..., 1], body[..., 2])

    def valuesAt(self, name: str, points: np.ndarray) -> np.ndarray:
        """The image value (HU, MR signal, Bq/ml) of the scan called `name` at `points`, shape
        (n, 3) in its own frame.
        """
        series = self.named(name)
        return valuesAt(series.scan, points, series.toBody.matrix)

    def landmarks(self, frame: str) -> Mapping[str, np.ndarray]:
        """The landmarks by identifier, each (3,) LPS mm."""
        return landmarksIn(self._inFrame(frame))

    def isocenter(self, frame: str) -> np.ndarray:
        """The isocenter of the plan, shape (3,) LPS mm."""
        return self._toBody(frame).inverse()(np.array(treatment.ISOCENTER))

    def _toBody(self, frame: str) -> AffineTransform:
        return self._inFrame(frame).toBody

    def _inFrame(self, frame: str) -> ScannedSeries:
        for one in self.series:
            if one.frame == frame:
                return one
        raise ReferenceNotFoundError(f"no scan of the phantom lies in Frame of Reference {frame}")


def writePhantom(
    folder: Path, recipe: Recipe | None = None, *, force: bool = False, watch: Watch = UNWATCHED
) -> Phantom:
    """Write the patient that `recipe` describes (by default CT, oblique MR and PET in three
    frames, small) under `folder`: a folder for each scan, RT, FID and REG. The same recipe gives
    the same bytes.

    Raises
        FileExistsRefusal: a file is in the way and `force` is not set.
        RegistrationCancelledError: who watches wants it to end; some files are there.
    """
    recipe = recipe or Recipe(separateScans())
    seed = repr(recipe)  # what differs has other UIDs
    scanned = _series(recipe, seed)
    primary = scanned[0]
    writeImages(folder, scanned, seed, watch, force=force)
    grid = doseLattice(primary.scan, recipe.size, primary.toBody.inverse().matrix)
    structures = structureSetDataset(primary, seed)
    plan = planDataset(primary, seed, structures)
    dose = doseDataset(primary, seed, grid, recipe.doseBits, plan)
    fiducials, registrations = _writeRegistrations(folder, scanned, seed, force)
    return Phantom(
        folder=folder,
        series=tuple(scanned),
        structureSet=saveDataset(structures, folder / "RT" / "structures.dcm", force=force),
        plan=saveDataset(plan, folder / "RT" / "plan.dcm", force=force),
        dose=saveDataset(dose, folder / "RT" / "dose.dcm", force=force),
        doseLattice=grid,
        fiducials=fiducials,
        registrations=registrations,
    )


def _writeRegistrations(
    folder: Path, scanned: list[ScannedSeries], seed: str, force: bool
) -> tuple[Mapping[str, Path], tuple[WrittenRegistration, ...]]:
    """Landmarks of every frame, and the registration of every other frame to the primary one."""
    primary = scanned[0]
    firstOfFrame = {one.frame: one for one in reversed(scanned)}
    landmarks = {frame: fiducialsDataset(one, seed) for frame, one in firstOfFrame.items()}
    fiducials = {
        frame: saveDataset(dataset, folder / "FID" / f"{name}.dcm", force=force)
        for frame, dataset in landmarks.items()
        for name in [firstOfFrame[frame].scan.name]
    }
    registrations = []
    for one in scanned:
        if one.frame != primary.frame and one is firstOfFrame[one.frame]:
            exact = primary.toBody.inverse() @ one.toBody
            dataset = registrationDataset(one, primary, seed, exact.matrix, landmarks)
            path = folder / "REG" / f"{dataset.ContentLabel}.dcm"
            saveDataset(dataset, path, force=force)
            registrations.append(WrittenRegistration(path, exact))
    return fiducials, tuple(registrations)


def _series(recipe: Recipe, seed: str) -> list[ScannedSeries]:
    body = uid(seed, "body")
    series = []
    for scan in recipe.scans:
        frame = frameUID(seed, scan.session)
        toFrame = AffineTransform(setup(scan.session), body, frame)
        lattice = imageLattice(scan, recipe.size, toFrame.matrix)
        series.append(scannedSeries(scan, seed, lattice, toFrame.inverse()))
    return series
