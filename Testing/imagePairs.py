"""Two image series with a deformation between them, in closed form, and points in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from pydicom import Dataset

from builders import ctSeries, deformableRegistration, ds, mrSeries, petSeries
from deformationCases import declared, setGrid
from deformedLattices import (
    CENTER,
    GRID,
    LATTICE,
    REGISTERED,
    SOURCE,
    THERE,
    about,
    latticeAround,
    smooth,
    voxelCenters,
)
from IHERODeformationLib.frameWays import registrationWay
from IHERODeformationLib.imageDeformer import DeformedSeries, deformedSeries
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERORegistrationLib.geometry import mapped
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.lattice import Lattice
from writtenSeries import seriesOf

NOW = datetime(2024, 5, 6, 7, 8, 9)
PRE = about(CENTER, THERE, (20, -35, 50))
FINE = latticeAround(THERE, (30, 34, 29), (12, -25, 40), (1.5, 1.25, 1.3))
HOLE = (6, 5, 4)  # node of GRID
OF_SOURCE = {
    "FrameOfReferenceUID": SOURCE,
    "StudyInstanceUID": "2.25.91",
    "SeriesInstanceUID": "2.25.92",
    "StudyDate": "20230405",
    "StudyTime": "060708",
    "SeriesDate": "20230405",
    "SeriesTime": "061708",
    "AcquisitionDate": "20230406",
    "ContentDate": "20230407",
    "PatientPosition": "FFP",
    "PositionReferenceIndicator": "XY",
    "SeriesDescription": "moving",
}
MAKERS = {"CT": ctSeries, "MR": mrSeries, "PT": petSeries}


def intensity(points: np.ndarray) -> np.ndarray:
    """A smooth anatomy of values between 100 and 1300."""
    x, y, z = np.moveaxis(points - THERE, -1, 0)
    return 700 + 400 * np.sin(x / 9) * np.cos(y / 11 + 0.4) + 180 * np.cos(z / 8 - 1)


def datasetsOn(lattice: Lattice, modality: str, **changes: object) -> list[Dataset]:
    """Images of `intensity` on `lattice`."""
    made = MAKERS[modality](lattice.size[2], **changes)
    if modality == "PT":
        for one in made:
            one.pop("PatientPosition", None)
    di, dj, dk = lattice.spacing
    for k, one in enumerate(made):
        one.SOPInstanceUID = f"{one.SeriesInstanceUID}.{k + 1}"
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
        one.ImagePositionPatient = ds(lattice.sliceOrigin(k))
        one.ImageOrientationPatient = ds(lattice.directions.T[:2].ravel())
        one.PixelSpacing, one.SliceThickness = ds((dj, di)), ds((dk,))[0]
        one.Columns, one.Rows = lattice.size[:2]
        slope, intercept = (float(one.get(f"Rescale{w}", d)) for w, d in
                            (("Slope", 1), ("Intercept", 0)))  # fmt: skip
    values = (intensity(voxelCenters(lattice)) - intercept) / slope
    for k, one in enumerate(made):
        one.PixelData = np.rint(values[k]).astype("<u2").tobytes()
    return made


def registrationDataset(
    base: Sequence[Dataset],
    moving: Sequence[Dataset],
    lattice: Lattice = GRID,
    undefined: Sequence[tuple[int, int, int]] = (),
    **changes: object,
) -> Dataset:
    """By DRRO: a rigid matrix, then the vectors of `smooth`."""
    made = deformableRegistration(base, moving, **changes)
    vectors = smooth(voxelCenters(lattice))
    for i, j, k in undefined:
        vectors[k, j, i] = np.nan
    setGrid(made, lattice, vectors)
    matrix = [declared(PRE.ravel())]
    made.DeformableRegistrationSequence[1].PreDeformationMatrixRegistrationSequence = matrix
    return made


def expectedPoints() -> np.ndarray:
    """Where the voxel centers of LATTICE lie in the source, in closed form."""
    points = voxelCenters(LATTICE)
    return mapped(PRE, points) + smooth(points)


class Pair:
    """A registered CT, a source of some modality, and what registers them."""

    def __init__(self, folder: Path, modality: str = "CT", *, lattice=GRID, undefined=(), **source):
        base = datasetsOn(LATTICE, "CT", FrameOfReferenceUID=REGISTERED, PatientPosition="HFP")
        moving = datasetsOn(FINE, modality, **{**OF_SOURCE, **source})
        self.base = seriesOf(base, folder / "base")
        self.source = seriesOf(moving, folder / "source")
        self.dataset = registrationDataset(base, moving, lattice, undefined)
        self.registration = deformableRegistrationFromDataset(self.dataset)

    def deformed(self, registrations=None, base: ImageSeries | None = None, way=(), **choices):
        registrations = registrations or [self.registration]
        base = base or self.base
        chain = registrationWay(registrations, base.frame, self.source.frame, **dict(way))
        return deformedSeries(self.source, base, chain, registrations, created=NOW, **choices)


def valuesOf(series: DeformedSeries) -> np.ndarray:
    """What the images show, (nk, nj, ni)."""
    made = [float(one.get("RescaleSlope", 1)) * one.pixel_array for one in series.datasets]
    return np.stack(made)


def deepInside(points: np.ndarray, margin: float = 2.0) -> np.ndarray:
    """Whether points, LPS mm, lie that many voxels inside the outermost voxel centers of FINE."""
    index = FINE.indices(points)
    return np.all((index >= margin) & (index <= np.array(FINE.size) - 1 - margin), axis=-1)
