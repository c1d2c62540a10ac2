"""Inspecting a Spatial Registration with 500 + 500 references, in the process and as a command.

The peer is pydicom alone: reading the file and walking every element. In the process both parse
the same file; what is ours is the value, the notes, the sentences and the findings of DICOM and
MMRO-III as consumer. The command is timed whole, with the start of Python.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from pydicom import dcmread

from builders import ctSeries, mrSeries, spatialRegistration
from IHERORegistrationLib.dicomFile import datasetFromFile
from IHERORegistrationLib.inspection import Inspection
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.saving import saveDataset

from .timing import Row, absolute, comparison

IMAGES = 500


def inspected(path: Path) -> str:
    """What `ihero inspect` prints of one object."""
    dataset = datasetFromFile(path)
    registration = registrationFromDataset(dataset)
    found = tuple(conformanceFindings(dataset))
    return Inspection(path, registration, found, {}, {}, None).asText()


def parsed(path: Path) -> int:
    """Every element of the object, as pydicom gives it."""
    return sum(1 for _ in dcmread(path).iterall())


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "registration.dcm"
        saveDataset(spatialRegistration(ctSeries(IMAGES), mrSeries(IMAGES)), path)
        command = [sys.executable, "-m", "IHERORegistrationLib.cli", "inspect", str(path)]
        return [
            comparison(
                "inspecting 500 + 500 references, in the process",
                lambda: inspected(path),
                lambda: parsed(path),
                limit=2.0,
            ),
            absolute(
                "ihero inspect of the same, with start-up",
                lambda: subprocess.run(command, check=True, capture_output=True),
                limit=0.4,
            ),
        ]
