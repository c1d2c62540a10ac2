"""Each row on Deformable Spatial Registrations in the DICOM table, broken once or more."""

from __future__ import annotations

import numpy as np
from pydicom import Dataset

from breaking import Breaking
from builders import ABSENT, IDENTITY, MATRIX, code, ctSeries, ds
from deformedObjects import (
    declared,
    grid,
    sourceItem,
    sourceSeries,
    vectors,
)

ITEMS = "DeformableRegistrationSequence"
REGISTERED, SOURCE = f"{ITEMS}[1]", f"{ITEMS}[2]"
GRIDS = f"{SOURCE}/DeformableRegistrationGridSequence"
GRID = f"{GRIDS}[1]"
PRES, POSTS = (f"{SOURCE}/{name}DeformationMatrixRegistrationSequence" for name in ("Pre", "Post"))
PRE_MATRIX = f"{PRES}[1]/FrameOfReferenceTransformationMatrix"
POST_MATRIX = f"{POSTS}[1]/FrameOfReferenceTransformationMatrix"
METHOD = "RegistrationTypeCodeSequence"


def with_(node: tuple[int, int, int], *values: float) -> bytes:
    """The vectors with one at node (i, j, k) replaced."""
    made = vectors()
    made[node[::-1]] = values
    return made.tobytes()


def folding() -> bytes:
    """Vectors that shrink 4 mm between two nodes by 5 mm."""
    made = vectors()
    made[2, 3, 1, 0], made[2, 3, 3, 0] = 5, -5.5
    return made.tobytes()


def beside(series: list[Dataset], shift: float) -> list[Dataset]:
    """`series` moved along x by `shift` mm."""
    for one in series:
        x, y, z = one.ImagePositionPatient
        one.ImagePositionPatient = ds((float(x) + shift, y, z))
    return series


# fmt: off
BROKEN_DSR = (
    Breaking("DCM-DSR-001", ITEMS, "DSRO", {ITEMS: ABSENT}),
    Breaking("DCM-DSR-001", ITEMS, "DSRO", {GRIDS: ABSENT}),
    Breaking("DCM-DSR-001", GRIDS, "DSRO", {GRIDS: [grid(), grid()]}),
    Breaking("DCM-DSR-002", f"{REGISTERED}/SourceFrameOfReferenceUID", "DSRO", {f"{REGISTERED}/SourceFrameOfReferenceUID": ABSENT}),
    Breaking("DCM-DSR-002", f"{SOURCE}/SourceFrameOfReferenceUID", "DSRO", {f"{SOURCE}/SourceFrameOfReferenceUID": ""}),
    Breaking("DCM-DSR-003", f"{SOURCE}/ReferencedImageSequence", "DSRO", {f"{SOURCE}/ReferencedImageSequence": []}),
    Breaking("DCM-DSR-004", PRES, "DSRO", {PRES: [declared(IDENTITY), declared(MATRIX)]}),
    Breaking("DCM-DSR-004", PRE_MATRIX, "DSRO", {PRE_MATRIX: ds(MATRIX[:15])}),
    Breaking("DCM-DSR-004", PRE_MATRIX, "DSRO", {PRE_MATRIX: ABSENT}),
    Breaking("DCM-DSR-004", POST_MATRIX, "DSRO", {POST_MATRIX: b"inf" + rb"\0" * 15}),
    Breaking("DCM-DSR-004", POST_MATRIX, "DSRO", {POST_MATRIX: ds((*IDENTITY[:12], 0, 0.001, 0, 1))}),
    Breaking("DCM-DSR-005", f"{GRID}/ImageOrientationPatient", "DSRO", {f"{GRID}/ImageOrientationPatient": ds((1, 0, 0, 0, 1.0002, 0))}),
    Breaking("DCM-DSR-005", f"{GRID}/ImageOrientationPatient", "DSRO", {f"{GRID}/ImageOrientationPatient": ds((1, 0, 0, 0.00015, 1, 0))}),
    Breaking("DCM-DSR-005", f"{GRID}/ImageOrientationPatient", "DSRO", {f"{GRID}/ImageOrientationPatient": ABSENT}),
    Breaking("DCM-DSR-006", f"{GRID}/GridDimensions", "DSRO", {f"{GRID}/GridDimensions": [5, 0, 4]}),
    Breaking("DCM-DSR-006", f"{GRID}/GridDimensions", "DSRO", {f"{GRID}/GridDimensions": [5, 6]}),
    Breaking("DCM-DSR-006", f"{GRID}/GridResolution", "DSRO", {f"{GRID}/GridResolution": [4.0, float("inf"), 5.0]}),
    Breaking("DCM-DSR-006", f"{GRID}/GridResolution", "DSRO", {f"{GRID}/GridResolution": [4.0, -3.0, 5.0]}),
    Breaking("DCM-DSR-006", f"{GRID}/GridResolution", "DSRO", {f"{GRID}/GridResolution": ABSENT}),
    Breaking("DCM-DSR-007", f"{GRID}/VectorGridData", "DSRO", {f"{GRID}/VectorGridData": vectors().tobytes()[:-4]}),
    Breaking("DCM-DSR-007", f"{GRID}/VectorGridData", "DSRO", {f"{GRID}/VectorGridData": ABSENT}),
    Breaking("DCM-DSR-007", f"{GRID}/VectorGridData", "DSRO", {f"{GRID}/GridDimensions": [4294967295, 4294967295, 4294967295]}),
    Breaking("DCM-DSR-008", f"{GRID}/VectorGridData", "DSRO", {f"{GRID}/VectorGridData": with_((4, 0, 3), 0, np.nan, 0)}),
    Breaking("DCM-DSR-008", f"{GRID}/VectorGridData", "DSRO", {f"{GRID}/VectorGridData": with_((0, 5, 1), 1, 2, np.inf)}),
    Breaking("DCM-DSR-009", GRID, "DSRO", {f"{GRID}/ImagePositionPatient": ds((-66, 26, 107))}, study=ctSeries),
    Breaking("DCM-DSR-010", f"{GRID}/VectorGridData", "DSRO", {f"{GRID}/VectorGridData": with_((2, 2, 2), 80, 61, 0)}),
    Breaking("DCM-DSR-010", f"{GRID}/VectorGridData", "DSRO", {f"{GRID}/VectorGridData": folding()}),
    Breaking("DCM-DSR-010", GRID, "DSRO", study=lambda: beside(ctSeries(), 30)),
    Breaking("DCM-DSR-010", GRID, "DSRO", study=lambda: beside(sourceSeries(), -40)),
    Breaking("DCM-DSR-011", f"{SOURCE}/{METHOD}", "DSRO", {f"{SOURCE}/{METHOD}": ABSENT}),
    Breaking("DCM-DSR-011", f"{SOURCE}/{METHOD}", "DSRO", {ITEMS: [sourceItem(**{METHOD: ABSENT}), sourceItem(**{METHOD: [code("1", "a"), code("2", "b")]})]}),
    Breaking("DCM-DSR-012", f"{PRE_MATRIX}Type", "DSRO", {f"{PRE_MATRIX}Type": "HOMOGENEOUS"}),
    Breaking("DCM-DSR-012", f"{POST_MATRIX}Type", "DSRO", {f"{POST_MATRIX}Type": ABSENT}),
)
# fmt: on
