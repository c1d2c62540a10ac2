"""Image series written as files, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom import Dataset

from builders import ds
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.seriesReading import seriesFromFiles

ORIGIN = np.array([-70.0, 30.0, 110.0])
STORED = np.arange(30).reshape(5, 6)  # of slice 0 of every built series; slice k adds 100 k
SAGITTAL = (0, 1, 0, 0, 0, -1)


def written(datasets: Sequence[Dataset], folder: Path) -> list[Path]:
    """Files of `datasets`, named so that their order is not that of the slices."""
    names = [f"{(7 * n + 3) % 11:02}-{n}.dcm" for n in range(len(datasets))]
    pairs = zip(datasets, names, strict=True)
    return sorted(saveDataset(one, folder / name) for one, name in pairs)


def seriesOf(datasets: Sequence[Dataset], folder: Path) -> ImageSeries:
    """The only series in `datasets`."""
    (series,) = seriesFromFiles(written(datasets, folder))
    return series


def turned(datasets: Sequence[Dataset], cosines: Sequence[float], step: float) -> list[Dataset]:
    """`datasets` on planes of other `cosines`, `step` mm apart along the normal."""
    normal = np.cross(cosines[:3], cosines[3:])
    for k, one in enumerate(datasets):
        one.ImageOrientationPatient = ds(cosines)
        one.ImagePositionPatient = ds(ORIGIN + k * step * normal)
    return list(datasets)


def placed(datasets: Sequence[Dataset], heights: Sequence[float]) -> list[Dataset]:
    """`datasets` at these distances along z."""
    for one, z in zip(datasets, heights, strict=True):
        one.ImagePositionPatient = ds(ORIGIN + np.array((0, 0, z)))
    return list(datasets)
