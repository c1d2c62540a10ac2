"""A patient with much in his record: 30 series of images and 20 registrations between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom import Dataset

import builders
from IHERORegistrationLib.saving import saveDataset

SERIES, IMAGES, SIZE = 30, 30, 128
RIGID, DEFORMABLE = 12, 8
GRID = (64, 48, 40)  # of a deformation


def manySeries(folder: Path) -> None:
    """Write the record into `folder`."""
    for dataset in record():
        saveDataset(dataset, folder / f"{dataset.SOPInstanceUID}.dcm")


def record() -> list[Dataset]:
    """Images first; each registration connects two series that no other one connects."""
    series = [_images(number) for number in range(SERIES)]
    made = []
    for number in range(RIGID + DEFORMABLE):
        # the first and the last series in turn are moved onto the one that follows
        moving, base = series[number], series[(number + 1) % SERIES]
        if number < RIGID:
            one = builders.spatialRegistration(base, moving)
        else:
            one = builders.deformableRegistration(base, moving)
            _setGrid(one)
        one.ContentLabel = f"REG_{number}"
        _renumber(one, 100 + number, 0)
        made.append(one)
    return [*(image for images in series for image in images), *made]


def _images(number: int) -> list[Dataset]:
    make = builders.ctSeries if number % 2 == 0 else builders.mrSeries
    images = make(IMAGES, SeriesDescription=f"Series {number}")
    random = np.random.default_rng(number)
    values = random.integers(900, 1200, (SIZE, SIZE)).astype("<u2")
    for place, one in enumerate(images):
        one.FrameOfReferenceUID = f"{builders.ROOT}.8.{number}"
        one.Rows = one.Columns = SIZE
        one.PixelData = np.roll(values, place).tobytes()
        _renumber(one, number, place)
    return images


def _setGrid(registration: Dataset) -> None:
    """Waves of 5 mm instead of the small grid."""
    grid = registration.DeformableRegistrationSequence[1].DeformableRegistrationGridSequence[0]
    k, j, i = np.meshgrid(*(np.arange(n) for n in GRID[::-1]), indexing="ij")
    vectors = 5 * np.stack([np.sin(j / 9), np.cos(k / 7), np.sin(i / 11)], axis=-1)
    grid.GridDimensions = list(GRID)
    grid.VectorGridData = vectors.astype("<f4").tobytes()


def _renumber(dataset: Dataset, series: int, place: int) -> None:
    dataset.SeriesInstanceUID = f"{builders.ROOT}.9.{series}"
    dataset.SOPInstanceUID = f"{builders.ROOT}.9.{series}.{place}"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
