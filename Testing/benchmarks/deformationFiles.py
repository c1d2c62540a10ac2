"""Reading and writing a Deformable Spatial Registration with 512 × 512 × 200 vectors, 629 MB.

The peer is numpy alone: `fromfile` of the vectors at their place in the same file, and `tofile` of
the same array. Neither side asks the disk to be done. That the vectors can be used as fast is
measured beside it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from builders import ctSeries
from deformationCases import PRE, Case, asRead
from IHERODeformationLib.deformableRegistration import DeformableSpatialRegistration
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.reader import (
    deformableRegistrationFromDataset,
    deformableRegistrationFromFile,
)
from IHERODeformationLib.writer import (
    datasetFromDeformableRegistration,
    saveDeformableRegistration,
)
from IHERORegistrationLib.lattice import Lattice

from .timing import Row, absolute, comparison, memory

SIZE = (512, 512, 200)
PAGE = 1024  # numbers
NOW = datetime(2024, 5, 6)

READ = """
from pathlib import Path
from IHERODeformationLib.reader import deformableRegistrationFromFile
deformableRegistrationFromFile(Path({path!r})).oneDeformation().grid.vectors.sum()
"""
INSPECT = """
from IHERORegistrationLib.cli import main
main(["inspect", {path!r}])
"""
WRITE = """
from datetime import datetime
from pathlib import Path
from benchmarks import deformationFiles
registration = deformationFiles.read(Path({path!r}))
deformationFiles.write(registration, Path({path!r}).with_suffix(".again.dcm"))
"""


def read(path: Path) -> DeformableSpatialRegistration:
    """The object, with every page of its vectors in memory."""
    registration = deformableRegistrationFromFile(path)
    registration.oneDeformation().grid.vectors.reshape(-1)[::PAGE].sum()
    return registration


def used(path: Path) -> np.ndarray:
    """A number that every vector has its part in."""
    return deformableRegistrationFromFile(path).oneDeformation().grid.vectors.sum()


def write(registration: DeformableSpatialRegistration, path: Path) -> None:
    """Value → data set → file; the vectors are checked on the way."""
    dataset = datasetFromDeformableRegistration(registration, ctSeries()[0], created=NOW)
    saveDeformableRegistration(dataset, path, force=True)


def registrationToWrite() -> DeformableSpatialRegistration:
    """A rotation before random vectors."""
    registration = deformableRegistrationFromDataset(asRead(Case(pre=PRE).dataset()))
    lattice = Lattice.fromAxes(SIZE, (-250.5, -261.25, -410), np.eye(3), (0.9765625, 0.9765625, 2))
    random = np.random.default_rng(3)
    vectors = random.standard_normal((*lattice.shape, 3), dtype=np.float32)
    registered, source = registration.items
    grid = DisplacementGrid(lattice, vectors)
    return replace(registration, items=(registered, replace(source, grid=grid)))


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path, raw = Path(folder) / "deformation.dcm", Path(folder) / "vectors.raw"
        registration = registrationToWrite()
        vectors = registration.oneDeformation().grid.vectors
        written = comparison(
            "writing a grid of 629 MB, checked",
            lambda: write(registration, path),
            lambda: vectors.tofile(raw),
            limit=1.5,
        )
        start = path.read_bytes().index(vectors[0, 0].tobytes())
        if not np.array_equal(
            np.fromfile(path, "<f4", vectors.size, offset=start), vectors.ravel()
        ):
            raise ValueError("the vectors in the file are not those that were written")
        raw.unlink()
        return [written, *_reading(path, start, vectors.size), *_memory(path, vectors.nbytes / 1e6)]


def _reading(path: Path, start: int, count: int) -> list[Row]:
    command = [sys.executable, "-m", "IHERORegistrationLib.cli", "inspect", str(path)]

    def peer() -> np.ndarray:
        return np.fromfile(path, "<f4", count, offset=start)

    return [
        comparison("reading a grid of 629 MB", lambda: read(path), peer, limit=1.3),
        comparison(
            "reading it and using every vector once",
            lambda: used(path),
            lambda: peer().sum(),
            limit=1.3,
        ),
        absolute(
            "ihero inspect of it, with start-up",
            lambda: subprocess.run(command, check=True, capture_output=True),
            limit=0.5,
        ),
    ]


def _memory(path: Path, size: float) -> list[Row]:
    return [
        memory(name, code.format(path=str(path)), size, limit=limit)
        for name, code, limit in (
            ("memory to read it and use every vector", READ, 1.15),
            ("memory to write it from the file it was read from", WRITE, 1.15),
            ("memory to inspect it", INSPECT, 0.2),
        )
    ]
