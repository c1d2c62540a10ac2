"""A made patient whose two scans differ by a known deformation, written as DICOM sets."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset

from IHERORegistrationLib.errors import FileExistsRefusal, ReferenceNotFoundError
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.phantoms import treatment
from IHERORegistrationLib.phantoms.imageFiles import ScannedSeries, writeImages
from IHERORegistrationLib.phantoms.regions import REGIONS
from IHERORegistrationLib.phantoms.registrationFiles import fiducialsDataset, landmarksIn
from IHERORegistrationLib.phantoms.shapes import distanceOf
from IHERORegistrationLib.phantoms.structureFile import structureSetDataset
from IHERORegistrationLib.phantoms.treatmentFiles import doseDataset, planDataset
from IHERORegistrationLib.phantoms.voxels import valuesAt
from IHERORegistrationLib.registrationRecord import UNWATCHED, Watch
from IHERORegistrationLib.saving import saveDataset

from .deformationFiles import deformationDataset
from .encodedMap import EncodedMap, encodedMap
from .encodings import ENCODINGS, Encoding
from .pairs import TARGET, Extent, Kind, PairRecipe, ScannedPair, scannedPair
from .pointMap import PointMap

_FINER = {Extent.TRUNK: 1.0, Extent.DEMO: 2.0, Extent.DETAIL: 4.0}  # grids
_DETAILS = tuple(one for one in REGIONS if one.name in ("GTV", "CTV"))


@dataclass(frozen=True, eq=False)
class WrittenDeformation:
    """A Deformable Spatial Registration file and the numbers it holds."""

    path: Path
    encoded: EncodedMap


@dataclass(frozen=True, eq=False)
class DeformedPhantom:
    """What was written and what is true of it. Points are LPS mm, of shape (..., 3).

    Images lie in the folders Source and Registered under `folder`, registrations in REG. Plan and
    dose belong to the source; structures and landmarks are there for both.
    """

    folder: Path
    recipe: PairRecipe
    registered: ScannedSeries
    source: ScannedSeries
    toSource: PointMap
    structureSets: Mapping[str, Path]  # by frame
    plan: Path
    dose: Path
    doseLattice: Lattice
    fiducials: Mapping[str, Path]  # by frame
    landmarkPairs: Path  # CSV
    deformations: Mapping[str, WrittenDeformation]  # by the name of their encoding

    @property
    def frames(self) -> tuple[str, str]:
        """Frames of Reference of the registered images and of the source."""
        return self.registered.frame, self.source.frame

    @property
    def target(self) -> np.ndarray:
        """Middle of the PTV in the registered images."""
        return self.registered.pointOf(np.array(TARGET))

    def deformation(self, name: str = "drro") -> WrittenDeformation:
        """The registration in the encoding called `name`; `drro` is the one by the profile.

        Raises
            ReferenceNotFoundError: there is none; the message lists the names.
        """
        if name not in self.deformations:
            names = ", ".join(self.deformations)
            raise ReferenceNotFoundError(f"expected an encoding ({names}), found {name}")
        return self.deformations[name]

    def intensity(self, points: np.ndarray) -> np.ndarray:
        """What the source image shows (HU, MR signal, Bq/ml) of the tissue at registered `points`,
        shape (n, 3): the deformed image. NaN in the hole.
        """
        source = self.source
        return self._mapped(points, lambda p: valuesAt(source.scan, p, source.toBody.matrix))

    def scanned(self, points: np.ndarray) -> np.ndarray:
        """What the registered image shows at `points`, shape (n, 3): not the deformed image where
        density changed, where the couch is, or of another modality.
        """
        one = self.registered
        return valuesAt(one.scan, points, one.toBody.matrix, one.change)

    def doseAt(self, points: np.ndarray) -> np.ndarray:
        """The dose in Gy that the tissue at registered `points` got; NaN in the hole."""
        return self._mapped(points, self.sourceDoseAt)

    def sourceDoseAt(self, points: np.ndarray) -> np.ndarray:
        """The dose in Gy at points of the source frame."""
        body = self.source.bodyAt(points)
        return treatment.dose(body[..., 0], body[..., 1], body[..., 2])

    def distance(self, region: str, points: np.ndarray, frame: str) -> np.ndarray:
        """Distance of `points` to the surface of the region with that ROI Name, mm, negative
        inside. Seen from the registered frame it is measured where the points lie in the source.

        Raises
            ReferenceNotFoundError: there is no such region, or no such frame.
        """
        for one in REGIONS:
            if one.name == region:
                return distanceOf(one.shape, self._inFrame(frame).bodyAt(points))
        names = ", ".join(one.name for one in REGIONS)
        raise ReferenceNotFoundError(f"expected the name of a region ({names}), found {region}")

    def landmarks(self, frame: str) -> Mapping[str, np.ndarray]:
        """The landmarks by identifier, each (3,)."""
        return landmarksIn(self._inFrame(frame))

    def _mapped(
        self, points: np.ndarray, function: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        values = function(self.toSource.continued(points))
        return np.where(self.toSource.undefined(points), np.nan, values)

    def _inFrame(self, frame: str) -> ScannedSeries:
        for one in (self.registered, self.source):
            if one.frame == frame:
                return one
        raise ReferenceNotFoundError(f"no scan of the phantom lies in Frame of Reference {frame}")


def writeDeformedPhantom(
    folder: Path,
    recipe: PairRecipe | None = None,
    *,
    encodings: Iterable[Encoding] = ENCODINGS,
    force: bool = False,
    watch: Watch = UNWATCHED,
) -> DeformedPhantom:
    """Write the patient that `recipe` describes (by default breathing, CT to CT, small) under
    `folder`, with his deformation in all of `encodings`. The same recipe gives the same bytes.

    Raises
        FileExistsRefusal: a file is in the way and `force` is not set.
        RegistrationCancelledError: who watches wants it to end; some files are there.
    """
    recipe = recipe or PairRecipe()
    seed = repr(recipe)  # what differs has other UIDs
    pair = scannedPair(recipe, seed)
    both = pair.registered, pair.source
    writeImages(folder, both, seed, watch, force=force)
    structures = {one.frame: _structures(one, recipe.extent, seed) for one in both}
    landmarks = {one.frame: fiducialsDataset(one, seed) for one in both}
    plan = planDataset(pair.source, seed, structures[pair.source.frame])
    dose = doseDataset(pair.source, seed, pair.doseLattice, 32, plan)

    def saved(dataset: Dataset, series: ScannedSeries, kind: str) -> Path:
        return saveDataset(dataset, folder / f"{series.scan.name}-{kind}.dcm", force=force)

    return DeformedPhantom(
        folder=folder,
        recipe=recipe,
        registered=pair.registered,
        source=pair.source,
        toSource=pair.toSource,
        structureSets={one.frame: saved(structures[one.frame], one, "RTSTRUCT") for one in both},
        plan=saved(plan, pair.source, "RTPLAN"),
        dose=saved(dose, pair.source, "RTDOSE"),
        doseLattice=pair.doseLattice,
        fiducials={one.frame: saved(landmarks[one.frame], one, "FID") for one in both},
        landmarkPairs=_writeLandmarkPairs(pair, folder / "landmarks.csv", force=force),
        deformations=_writeDeformations(folder / "REG", recipe, pair, seed, encodings, force),
    )


def _structures(series: ScannedSeries, extent: Extent, seed: str) -> Dataset:
    regions = _DETAILS if extent is Extent.DETAIL else REGIONS
    return structureSetDataset(series, seed, f"Structures {series.scan.name}", regions)


def _writeDeformations(
    folder: Path,
    recipe: PairRecipe,
    pair: ScannedPair,
    seed: str,
    encodings: Iterable[Encoding],
    force: bool,
) -> Mapping[str, WrittenDeformation]:
    written = {}
    for encoding in encodings:
        encoded = encodedMap(
            encoding,
            pair.toSource,
            pair.registered.lattice,
            pair.registered.pointOf(np.array(TARGET)),
            finer=_FINER[recipe.extent],
            hasScatteredHoles=recipe.kind is Kind.NAN_NODES,
        )
        dataset = deformationDataset(encoded, pair.registered, pair.source, seed)
        path = saveDataset(dataset, folder / f"{encoding.name}.dcm", force=force)
        written[encoding.name] = WrittenDeformation(path, encoded)
    return written


def _writeLandmarkPairs(pair: ScannedPair, path: Path, *, force: bool) -> Path:
    """The landmarks as text, one row each: registered and source position in LPS mm."""
    if path.exists() and not force:
        raise FileExistsRefusal(f"{path} exists; --force overwrites it")
    here, there = landmarksIn(pair.registered), landmarksIn(pair.source)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("label", "xR", "yR", "zR", "xS", "yS", "zS"))
        for label, point in here.items():
            rows.writerow((label, *(f"{x:.9f}" for x in (*point, *there[label]))))
    return path
