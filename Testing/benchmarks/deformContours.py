"""Deforming a structure set of 60 ROIs and writing it, per 100,000 points of its contours."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np

from builders import CT_FRAME, MR_FRAME, imageSeries, mrSeries
from IHERODeformationLib.contourDeformer import structureSetDeformed
from IHERODeformationLib.deformableRegistration import (
    DEFORMABLE_SPATIAL_REGISTRATION,
    DeformableRegistrationItem,
    DeformableSpatialRegistration,
)
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.structures import StructureSet
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from writtenSeries import seriesOf

from .rasterizeStructures import LATTICE, structureSet
from .timing import Row, seconds

GRID = Lattice.fromAxes((256, 256, 100), (-191.25, -191.25, -127), np.eye(3), (1.5, 1.5, 2.56))
LIMIT = 10.0  # seconds


def registration() -> DeformableSpatialRegistration:
    """Waves of 6 mm, from the frame of the structures to that of the MR."""
    vectors = np.empty((*GRID.shape, 3), "<f4")
    for k in range(GRID.size[2]):
        i, j = np.meshgrid(np.arange(GRID.size[0]), np.arange(GRID.size[1]))
        points = GRID.points(np.stack([i, j, np.full_like(i, k)], axis=-1))
        vectors[k] = 6 * np.sin(np.roll(points, 1, axis=-1) / (31, 27, 23))
    grid = DisplacementGrid(GRID, vectors)
    items = (
        DeformableRegistrationItem(1, CT_FRAME, ()),
        DeformableRegistrationItem(2, MR_FRAME, (), grid=grid),
    )
    return DeformableSpatialRegistration(
        "1.2.3.4", CT_FRAME, items, DEFORMABLE_SPATIAL_REGISTRATION,
        studyInstanceUID="1.2.3.2", seriesInstanceUID="1.2.3.3",
    )  # fmt: skip


def run() -> list[Row]:
    """Rows of this benchmark."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        structureSet(folder / "sixty.dcm")
        source = structureSetFromFile(folder / "sixty.dcm")
        slices = imageSeries(
            mrSeries(1)[0].SOPClassUID, "MR", 20, LATTICE.size[2], MR_FRAME,
            ((1, 0, 0), (0, 1, 0)), (1.5, 1.5, 2), (-190.95, -191.05, -126.3),
        )  # fmt: skip
        target = seriesOf(slices, folder / "images")
        used = registration()

        def ours(structures: StructureSet = source) -> None:
            made = structureSetDeformed(
                structures,
                target,
                [used],
                label="SIXTY",
                profile="DICOM",
                created=datetime(2026, 1, 2),
            )
            saveDataset(made.dataset, folder / "deformed.dcm", force=True)

        points = sum(len(one.points) for one in source.structures)
        needed = seconds(ours) * 1e5 / points
        title = f"deform and write 60 ROIs, per 100,000 of {points} points"
        return [Row(title, needed, None, None, LIMIT)]
