"""A made patient on whom every rigid actor plays its part, with the files that come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from .carriedSet import CarriedStructureSet
from .couch import CouchMovement, couchMovement, patientMovement
from .dataFolder import DataFolder, dataFolder
from .derivedImages import datasetsFromResampled
from .doseWriter import ResampledDose, datasetFromResampledDose
from .images import ImageSeries
from .landmarks import LandmarkFit
from .macros import text
from .phantoms.phantom import Phantom, writePhantom
from .phantoms.scans import Recipe, Size, separateScans
from .reader import registrationFromDataset, registrationFromFile
from .registeredContourer import structureSetOnTarget
from .registeredDisplay import registeredDisplay
from .registeredDoseDisplay import doseOnTarget
from .registration import SpatialRegistration, frameGraph
from .registrator import alignmentFromFiducials, registrationObject
from .resampledSeries import imageOnBase
from .saving import saveDataset, saveSeries

# How far off the isocenter the made patient lies on the day of treatment, LPS mm
SETUP_ERROR = np.array([4.0, -6.0, 9.0])
MOVING = ("MR", "PET")

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class MadeRegistration:
    """A registration made from landmarks, how well they fit, and how far its result is from the
    truth, mm, at worst over the corners of the moving images.
    """

    path: Path
    registration: SpatialRegistration
    fit: LandmarkFit
    error: float


@dataclass(frozen=True, eq=False)
class Demonstration:
    """What was made. `registrations` and `contours` are by the name of the moving scan; `outside`
    is the share of the CT's voxels that lie outside the MR.
    """

    folder: Path
    phantom: Phantom
    data: DataFolder
    given: tuple[SpatialRegistration, ...]
    registrations: dict[str, MadeRegistration]
    contours: dict[str, CarriedStructureSet]
    outside: float
    dose: ResampledDose
    couch: tuple[CouchMovement, ...]

    def series(self, name: str) -> ImageSeries:
        """The images of the scan called `name`."""
        return self.data.oneSeries(frame=self.phantom.named(name).frame)

    @property
    def written(self) -> tuple[Path, ...]:
        """Every DICOM file that the actors wrote."""
        results = self.folder / "results"
        return tuple(sorted(results.rglob("*.dcm")))


@dataclass(frozen=True, eq=False)
class _Stage:
    """What every actor is given."""

    phantom: Phantom
    data: DataFolder
    given: tuple[SpatialRegistration, ...]
    results: Path
    created: datetime
    force: bool

    @property
    def planned(self) -> ImageSeries:
        return self.data.oneSeries(frame=self.phantom.primary.frame)

    def series(self, name: str) -> ImageSeries:
        return self.data.oneSeries(frame=self.phantom.named(name).frame)


def demonstration(folder: Path, progress: Progress, *, force: bool = False) -> Demonstration:
    """Make the patient in `folder`/patient and the actors' results in `folder`/results.

    Raises
        FileExistsRefusal: a file is in the way and `force` is not set.
    """
    progress("making a patient: CT, MR, PET, structures, plan, dose, landmarks, registrations")
    recipe = Recipe(separateScans(), size=Size.DEMO)
    phantom = writePhantom(folder / "patient", recipe, force=force)
    data = dataFolder(phantom.folder)
    given = tuple(registrationFromFile(one.path) for one in phantom.registrations)
    stage = _Stage(phantom, data, given, folder / "results", datetime.now(), force)
    registrations, contours = {}, {}
    for name in MOVING:
        progress(f"Registrator: {name} to CT from landmarks")
        registrations[name] = _register(stage, name)
        progress(f"Registered Contourer: structures from CT to {name}")
        contours[name] = _contour(stage, name)
    progress("Registered Display: MR resampled onto the CT")
    outside = _resample(stage)
    progress("Registered Dose Display: dose on the PET")
    dose = _dose(stage)
    return Demonstration(
        folder, phantom, data, given, registrations, contours, outside, dose, _couch(stage)
    )


def _register(stage: _Stage, name: str) -> MadeRegistration:
    fixed, moving = stage.planned, stage.series(name)
    byFrame = {one.sets[0].frame: one for one in stage.data.fiducials}
    alignment, fit = alignmentFromFiducials(
        fixed,
        moving,
        byFrame[fixed.frame],
        byFrame[moving.frame],
        label=f"{name}_LANDMARKS",
        description=f"{name} registered to the planning CT from landmarks",
    )
    made = registrationObject(fixed, alignment, profile="MMRO-III", created=stage.created)
    path = saveDataset(made.dataset, stage.results / f"{name} to CT.dcm", force=stage.force)
    registration = registrationFromDataset(made.dataset)
    truth = stage.phantom.transform(moving.frame, fixed.frame)
    corners = moving.lattice.corners
    error = np.linalg.norm(registration.transforms[0](corners) - truth(corners), axis=1).max()
    return MadeRegistration(path, registration, fit, float(error))


def _contour(stage: _Stage, name: str) -> CarriedStructureSet:
    carried = structureSetOnTarget(
        stage.data.oneStructureSet(),
        stage.series(name),
        stage.given,
        label=f"ON_{name}",
        created=stage.created,
    )
    saveSeries([carried.dataset], stage.results / f"contours on {name}", force=stage.force)
    return carried


def _resample(stage: _Stage) -> float:
    """The MR on the CT's lattice; returns the share of voxels that lie outside the MR."""
    base, series = stage.planned, stage.series("MR")
    display = registeredDisplay(base, [series], frameGraph(stage.given))
    resampled = imageOnBase(display.image(series.seriesInstanceUID), base, stage.given)
    datasets = datasetsFromResampled(resampled, "MR on CT", created=stage.created)
    saveSeries(datasets, stage.results / "MR on CT", force=stage.force)
    return float(resampled.outside.mean())


def _dose(stage: _Stage) -> ResampledDose:
    resampled = doseOnTarget(stage.data.oneDose(), stage.series("PET"), stage.given)
    dataset = datasetFromResampledDose(resampled, "Dose on PET", created=stage.created)
    saveSeries([dataset], stage.results / "dose on PET", force=stage.force)
    return resampled


def _couch(stage: _Stage) -> tuple[CouchMovement, ...]:
    """How the couch would have to move if the patient lay as in the MR, a little off."""
    phantom, here, there = stage.phantom, stage.series("MR").frame, stage.planned.frame
    today = phantom.transform(here, there)
    (plan,) = stage.data.plans
    (planned,) = plan.differentIsocenters
    isocenters = {
        "todaysIsocenter": phantom.isocenter(here) + SETUP_ERROR,
        "plannedIsocenter": planned,
    }
    position = text(stage.planned.headers[0], "PatientPosition")
    return (
        patientMovement(today, **isocenters),
        couchMovement(today, **isocenters, patientPosition=position),
    )
