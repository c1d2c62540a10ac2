"""A made patient who breathed between two scans: every deformable actor plays its part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from IHERORegistrationLib.codes import IMAGE_CONTENT_ALIGNMENT
from IHERORegistrationLib.dataFolder import DataFolder, dataFolder
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.saving import saveDataset, saveSeries
from IHERORegistrationLib.structures import StructureSet
from IHERORegistrationLib.structureSetReader import structureSetFromDataset

from .contourDeformer import DeformedStructureSet, structureSetDeformed
from .deformableRegistration import DeformableSpatialRegistration
from .deformableRegistrator import DeformableAlignment, deformableRegistrationObject
from .doseDeformer import DeformedDose, datasetFromDeformedDose, deformedDose
from .doseStatistics import StructureDose, sourceField, structureSetDose
from .frameWays import registrationWay
from .imageDeformer import DeformedSeries, deformedSeries
from .phantoms.deformedPhantom import DeformedPhantom, writeDeformedPhantom
from .phantoms.encodings import ENCODINGS
from .phantoms.pairs import Extent, PairRecipe
from .reader import deformableRegistrationFromFile
from .sampledDeformation import SampledDeformation, sampledDeformation

CARRIED = ("Lung_R", "Heart", "Liver", "SpinalCanal", "GTV", "PTV")
CHECKED = 4  # every so many voxels along each axis are held against the truth

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Registered:
    """The registration that the Registrator wrote: its file, how the map was sampled for it, and
    by how much it misses the landmarks, mm.
    """

    path: Path
    registration: DeformableSpatialRegistration
    sampled: SampledDeformation
    landmarkErrors: np.ndarray


@dataclass(frozen=True, eq=False)
class _MadePatient:
    """Who was made, and what lies in his folder."""

    phantom: DeformedPhantom
    data: DataFolder

    @property
    def fixed(self) -> ImageSeries:
        """The registered images."""
        return self.data.oneSeries(frame=self.phantom.registered.frame)

    @property
    def moving(self) -> ImageSeries:
        """The source images."""
        return self.data.oneSeries(frame=self.phantom.source.frame)


@dataclass(frozen=True, eq=False)
class DeformableDemonstration(_MadePatient):
    """What was made, and how far it is from the truth that the patient was made from.

    `imageError` is the mean difference of the deformed image in HU, `doseError` that of the
    deformed dose as a part of its maximum, `contourErrors` are by structure the distances in mm of
    95 % of the new contours' points from the true surface.
    """

    folder: Path
    registered: Registered
    image: DeformedSeries
    imageError: float
    contours: DeformedStructureSet
    contourErrors: dict[str, float]
    dose: DeformedDose
    doseError: float
    doseBefore: tuple[StructureDose, ...]
    doseAfter: tuple[StructureDose, ...]

    @property
    def written(self) -> tuple[Path, ...]:
        """Every DICOM file that the actors wrote."""
        return tuple(sorted((self.folder / "deformed results").rglob("*.dcm")))


@dataclass(frozen=True, eq=False)
class _Stage(_MadePatient):
    """What every actor is given."""

    results: Path
    created: datetime
    force: bool

    def structures(self, frame: str) -> StructureSet:
        """Some structures of the scan in `frame`."""
        (one,) = (each for each in self.data.structureSets if each.frame == frame)
        kept = tuple(each for each in one.structures if each.name in CARRIED)
        return replace(one, structures=kept)


def deformableDemonstration(
    folder: Path, progress: Progress, *, force: bool = False
) -> DeformableDemonstration:
    """Make the patient in `folder`/deformed patient, the results in `folder`/deformed results.

    Raises
        FileExistsRefusal: a file is in the way and `force` is not set.
    """
    progress("making a patient who breathed between two CT")
    encodings = [one for one in ENCODINGS if one.name == "drro"]
    recipe = PairRecipe(extent=Extent.DEMO)
    where = folder / "deformed patient"
    phantom = writeDeformedPhantom(where, recipe, encodings=encodings, force=force)
    results = folder / "deformed results"
    stage = _Stage(phantom, dataFolder(where), results, datetime.now(), force)
    progress("Deformable Registrator: the known deformation as an object")
    registered = _register(stage)
    given = [registered.registration]
    progress("Image Deformer: the source image on the registered one")
    image, imageError = _image(stage, given)
    progress("Contour Deformer: structures from the registered image to the source")
    contours, contourErrors = _contours(stage, given)
    progress("Dose Deformer: dose from the source to the registered image")
    dose, doseError = _dose(stage, given)
    before = structureSetDose(
        stage.structures(phantom.source.frame), sourceField(stage.data.oneDose())
    )
    after = structureSetDose(stage.structures(phantom.registered.frame), dose.field)
    return DeformableDemonstration(
        phantom, stage.data, folder, registered, image, imageError, contours, contourErrors,
        dose, doseError, before.structures, after.structures,
    )  # fmt: skip


def _register(stage: _Stage) -> Registered:
    fixed, moving = stage.fixed, stage.moving
    sampled = sampledDeformation(stage.phantom.toSource, fixed.lattice, fixed.frame, moving.frame)
    alignment = DeformableAlignment(
        moving=moving,
        fixedToMoving=sampled.transform,
        label="BREATHING",
        description="How the made patient breathed, from the formula he was made from",
        method=IMAGE_CONTENT_ALIGNMENT,
        comment=f"sampled within {sampled.error:.2f} mm",
    )
    made = deformableRegistrationObject(fixed, alignment, created=stage.created)
    path = saveDataset(made.dataset, stage.results / "Registered to Source.dcm", force=stage.force)
    registration = deformableRegistrationFromFile(path)
    here, there = (stage.phantom.landmarks(one.frame) for one in (fixed, moving))
    names = [name for name in here if name in there]
    mapped = registration.oneDeformation()(np.array([here[name] for name in names]))
    errors = np.linalg.norm(mapped - np.array([there[name] for name in names]), axis=-1)
    return Registered(path, registration, sampled, errors)


def _image(
    stage: _Stage, given: list[DeformableSpatialRegistration]
) -> tuple[DeformedSeries, float]:
    fixed, moving = stage.fixed, stage.moving
    way = registrationWay(given, fixed.frame, moving.frame)
    made = deformedSeries(moving, fixed, way, given, created=stage.created)
    folder = stage.results / "image on Registered"
    saveSeries(list(made.datasets), folder, force=stage.force)
    volume = dataFolder(folder).oneSeries().volume()
    every = tuple(slice(None, None, CHECKED) for _ in range(3))
    axes: np.ndarray = np.indices(volume.values.shape)
    k, j, i = (axis[every] for axis in axes)
    points = volume.lattice.points(np.stack([i, j, k], axis=-1).reshape(-1, 3))
    isInside = moving.lattice.contains(way(points))
    truth = stage.phantom.intensity(points)
    found = volume.values[every].reshape(-1)
    return made, float(np.abs(found - truth)[isInside].mean())


def _contours(
    stage: _Stage, given: list[DeformableSpatialRegistration]
) -> tuple[DeformedStructureSet, dict[str, float]]:
    frame = stage.phantom.source.frame
    made = structureSetDeformed(
        stage.structures(stage.phantom.registered.frame),
        stage.moving,
        given,
        label="ON_SOURCE",
        created=stage.created,
    )
    saveSeries([made.dataset], stage.results / "contours on Source", force=stage.force)
    errors = {}
    for one in structureSetFromDataset(made.dataset).structures:
        away = np.abs(stage.phantom.distance(one.name, one.points, frame))
        errors[one.name] = float(np.quantile(away, 0.95))
    return made, errors


def _dose(stage: _Stage, given: list[DeformableSpatialRegistration]) -> tuple[DeformedDose, float]:
    made = deformedDose(stage.data.oneDose(), stage.fixed, given)
    written = datasetFromDeformedDose(made, "Dose deformed to Registered", created=stage.created)
    saveSeries([written.dataset], stage.results / "dose on Registered", force=stage.force)
    k, j, i = np.nonzero(made.defined)
    points = made.volume.lattice.points(np.stack([i, j, k], axis=-1))
    values = made.volume.values[made.defined]
    error = np.abs(values - stage.phantom.doseAt(points)).mean() / values.max()
    return made, float(error)
