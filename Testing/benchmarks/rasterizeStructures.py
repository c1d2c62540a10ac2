"""Reading and rasterizing a structure set of 60 ROIs against pydicom reading its contours alone."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np
from pydicom import dcmread

from builders import ctSeries
from drawnStructures import ellipsoidContours
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.patient import UNKNOWN_PATIENT
from IHERORegistrationLib.references import InstanceReference, SeriesReference
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.structureMask import maskFromStructure
from IHERORegistrationLib.structures import Contour, Structure, StructureSet
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from IHERORegistrationLib.structureSetWriter import datasetFromStructureSet

from .timing import Row, comparison

LATTICE = Lattice.fromAxes((256, 256, 128), (-191.25, -191.25, -127), np.eye(3), (1.5, 1.5, 2))
STRUCTURES = 60


def structureSet(path: Path) -> None:
    """Write ellipsoids of 8 to 45 mm, and a body, on 128 slices."""
    template = ctSeries(1)[0]
    heights = LATTICE.points(np.array([(0, 0, k) for k in range(LATTICE.size[2])]))[:, 2]
    images = [InstanceReference(template.SOPClassUID, f"1.2.3.{k}") for k in range(len(heights))]
    imageOf = dict(zip(heights.tolist(), images, strict=True))
    frame = str(template.FrameOfReferenceUID)
    random = np.random.default_rng(11)
    structures = []
    for number in range(1, STRUCTURES + 1):
        radii = random.uniform(8, 45, 3) if number > 1 else np.array((150.0, 110, 115))
        center = random.uniform(-60, 60, 3) if number > 1 else np.zeros(3)
        contours = tuple(
            Contour(one.points, one.geometricType, imageOf[float(one.points[0, 2])])
            for one in ellipsoidContours(center, radii, heights)
        )
        structures.append(Structure(number, f"ROI {number}", frame, contours))
    series = SeriesReference(template.StudyInstanceUID, template.SeriesInstanceUID, tuple(images))
    value = StructureSet(
        sopInstanceUID="", sopClassUID="", studyInstanceUID="", seriesInstanceUID="",
        patient=UNKNOWN_PATIENT, label="SIXTY", name="", description="", frames=(frame,),
        series=(series,), structures=tuple(structures), header=template,
    )  # fmt: skip
    saveDataset(datasetFromStructureSet(value, template, created=datetime(2026, 1, 2)), path)


def run() -> list[Row]:
    """Rows of this benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sixty.dcm"
        structureSet(path)

        def ours() -> None:
            for one in structureSetFromFile(path).structures:
                assert maskFromStructure(one, LATTICE).any()

        def theirs() -> None:
            for roi in dcmread(path).ROIContourSequence:
                for one in roi.ContourSequence:
                    len(one.ContourData)

        name = "read and rasterize 60 ROIs / pydicom reading their contours"
        return [comparison(name, ours, theirs, limit=1.5, repeats=3)]
