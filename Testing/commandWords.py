"""Words of commands on objects that a test has made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydicom import Dataset
from pydicom.config import disable_value_validation

from builders import spatialRegistration
from IHERORegistrationLib.saving import saveDataset

OTHER = (0, -1, 0, 10, 1, 0, 0, -20, 0, 0, 1, 5, 0, 0, 0, 1)

Words = list[object]


def stored(dataset: Dataset, path: Path) -> Path:
    with disable_value_validation():
        return saveDataset(dataset, path, force=True)


def points(folder: Path, text: str = "x,y,z\n1,2,3\n") -> Path:
    path = folder / "points.csv"
    path.write_text(text)
    return path


def mapping(*registrations: Path, folder: Path, more: Words = ()) -> Words:
    out = folder / "out" / "mapped.csv"
    return ["map", *registrations, "--points", points(folder), "--out", out, *more]


def mapped(dataset: Dataset) -> Callable[[Path], Words]:
    """`map` through this object."""
    return lambda folder: mapping(stored(dataset, folder / "one.dcm"), folder=folder)


def dataOf(*series: list[Dataset], folder: Path) -> Path:
    data = folder / "data"
    for number, images in enumerate(series):
        for place, image in enumerate(images):
            stored(image, data / str(number) / f"{place}.dcm")
    return data


def imageOn(*series: list[Dataset], registration: Dataset | None = None):
    """`image` with a data folder of these series."""

    def words(folder: Path) -> Words:
        path = stored(registration or spatialRegistration(), folder / "one.dcm")
        data = dataOf(*series, folder=folder)
        return ["image", path, "--data", data, "--out", folder / "out"]

    return words
