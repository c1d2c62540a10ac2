"""Loading a CT of 250 slices of 512 × 512 from its folder, against SimpleITK's series reader."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import SimpleITK

from builders import ctSeries, ds
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.saving import saveDataset

from .timing import Row, comparison

SLICES, ROWS = 250, 512
LIMIT = 1.3


def run() -> list[Row]:
    """From the name of a folder to rescaled values on a lattice; both sort the files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder)
        peer = SimpleITK.GetArrayFromImage(_loadedBySimpleITK(folder))
        if not np.array_equal(_loaded(folder).values, peer):
            raise ValueError("the values differ from those of SimpleITK")
        return [
            comparison(
                f"load a CT of {SLICES} slices of {ROWS} × {ROWS}",
                lambda: _loaded(folder),
                lambda: _loadedBySimpleITK(folder),
                limit=LIMIT,
            )
        ]


def _write(folder: Path) -> None:
    random = np.random.default_rng(5)
    values = random.integers(0, 4096, (ROWS, ROWS)).astype("<u2")
    for k, one in enumerate(ctSeries(SLICES)):
        one.Rows = one.Columns = ROWS
        one.BitsStored, one.HighBit = 12, 11
        one.ImagePositionPatient = ds((-250.5, -261.25, -410 + 2.0 * k))
        one.PixelSpacing, one.SliceThickness = ds((0.9765625, 0.9765625)), "2"
        one.PixelData = np.roll(values, 37 * k).tobytes()
        saveDataset(one, folder / f"{(k * 101) % SLICES:03}.dcm")


def _loaded(folder: Path) -> Volume:
    return dataFolder(folder).oneSeries().volume()


def _loadedBySimpleITK(folder: Path) -> SimpleITK.Image:
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()
