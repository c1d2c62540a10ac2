"""Minimal data sets of a deformable registration and of what is made with it, conformant to DRRO.

R is the CT of `builders.ctSeries`; S a second CT in its own frame, turned by an exact 16.26° about
z and far away. The grid covers R with half a node to spare, and its vectors are short.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
from pydicom import Dataset
from pydicom.uid import CTImageStorage, DeformableSpatialRegistrationStorage

import builders
from builders import (
    AXIAL,
    IDENTITY,
    ROOT,
    code,
    ctSeries,
    ds,
    item,
    references,
)

SOURCE_FRAME = f"{ROOT}.2.4"
# (-65, 34, 114.5), the middle of R, goes to (110, -46, -291), the middle of S
PRE = (0.96, -0.28, 0, 181.92, 0.28, 0.96, 0, -60.44, 0, 0, 1, -405.5, 0, 0, 0, 1)
SIZE, SPACING, CORNER = (5, 6, 4), (4.0, 3.0, 5.0), (-74, 26, 107)
DERIVATION = ("125027", "Deformed for Registration")
PURPOSE = ("125028", "Source Deformable Spatial Registration")


def sourceSeries(count: int = 5, **changes: object) -> list[Dataset]:
    """S: axial CT, 5 rows × 6 columns of 2.5 mm, slices 3 mm apart, its middle (110, -46, -291)."""
    fixed = {"KVP": "120", "RescaleIntercept": "-1024", "RescaleSlope": "1", "RescaleType": "HU"}
    series = builders.imageSeries(
        CTImageStorage, "CT", 12, count, SOURCE_FRAME, AXIAL, (2.5, 2.5, 3), (103.75, -51, -297)
    )
    return [builders.changed(one, {**fixed, **changes}) for one in series]


def vectors() -> np.ndarray:
    """Shape (nk, nj, ni, 3), float32: (0.25 i, -0.125 j, 0.5 k + 1) mm."""
    node = np.indices(SIZE[::-1])[::-1].transpose(1, 2, 3, 0)
    return (node * (0.25, -0.125, 0.5) + (0, 0, 1)).astype("<f4")


def declared(matrix: Sequence[float], matrixType: str = "RIGID") -> Dataset:
    return item(
        FrameOfReferenceTransformationMatrix=ds(matrix),
        FrameOfReferenceTransformationMatrixType=matrixType,
    )


def grid(**changes: object) -> Dataset:
    made = item(
        ImageOrientationPatient=ds((1, 0, 0, 0, 1, 0)),
        ImagePositionPatient=ds(CORNER),
        GridDimensions=list(SIZE),
        GridResolution=list(SPACING),
        VectorGridData=vectors().tobytes(),
    )
    return builders.changed(made, changes)


def registeredItem(**changes: object) -> Dataset:
    made = item(
        SourceFrameOfReferenceUID=builders.CT_FRAME,
        ReferencedImageSequence=references(ctSeries()),
        RegistrationTypeCodeSequence=[code(*builders.IDENTITY_CODE)],
    )
    return builders.changed(made, changes)


def sourceItem(**changes: object) -> Dataset:
    made = item(
        SourceFrameOfReferenceUID=SOURCE_FRAME,
        ReferencedImageSequence=references(sourceSeries()),
        RegistrationTypeCodeSequence=[code(*builders.IMAGE_CODE)],
        PreDeformationMatrixRegistrationSequence=[declared(PRE)],
        PostDeformationMatrixRegistrationSequence=[declared(IDENTITY)],
        DeformableRegistrationGridSequence=[grid()],
    )
    return builders.changed(made, changes)


def deformation(**changes: object) -> Dataset:
    """R → S by every row of DRRO."""
    made = builders.newObject(DeformableSpatialRegistrationStorage, "REG", 56)
    made.FrameOfReferenceUID, made.PositionReferenceIndicator = builders.CT_FRAME, "SN"
    made.SeriesDate, made.SeriesTime = "20240103", "091011"
    made.ContentDate, made.ContentTime = "20240103", "091011"
    made.InstanceNumber, made.ContentCreatorName = 1, ""
    made.ContentLabel, made.ContentDescription = "CT_ON_CT", "second CT on the planning CT"
    made.DeformableRegistrationSequence = [registeredItem(), sourceItem()]
    builders.addReferencedSeries(made, ctSeries(), sourceSeries())
    return builders.changed(made, changes)


def usedDeformation(purpose: tuple[str, str] = PURPOSE) -> Dataset:
    """An item of Source Instance Sequence for `deformation()`."""
    (used,) = references([deformation()])
    used.PurposeOfReferenceCodeSequence = [code(*purpose)]
    return used


def deformedSeries(source: Sequence[Dataset] | None = None, **changes: object) -> list[Dataset]:
    """S on the lattice of R."""
    source = sourceSeries() if source is None else source
    made = []
    for place, there in enumerate(ctSeries(), start=1):
        one = copy.deepcopy(source[0])
        one.SOPInstanceUID = f"{ROOT}.4.41.{place}"
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
        one.SeriesInstanceUID, one.SeriesNumber = f"{ROOT}.3.41", 41
        one.InstanceNumber = place
        one.Manufacturer, one.ManufacturerModelName = "Deformer", "D1"
        one.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
        for keyword in (
            *("FrameOfReferenceUID", "PositionReferenceIndicator", "ImagePositionPatient"),
            *("ImageOrientationPatient", "PixelSpacing", "Rows", "Columns", "SliceThickness"),
        ):
            setattr(one, keyword, there[keyword].value)
        one.DerivationDescription = "deformed, linear"
        one.DerivationCodeSequence = [code(*DERIVATION)]
        one.SourceImageSequence = references(source)
        for used in one.SourceImageSequence:
            used.PurposeOfReferenceCodeSequence = [
                code("121322", "Source image for image processing operation")
            ]
        one.SourceInstanceSequence = [usedDeformation()]
        builders.addReferencedSeries(one, source, [deformation()])
        made.append(builders.changed(one, changes))
    return made


def sourceDose() -> Dataset:
    """A dose on S."""
    position = ds((105, -50, -295))
    return builders.dose(
        sourceSeries(), SOPInstanceUID=f"{ROOT}.4.91", ImagePositionPatient=position
    )


def deformedDose(**changes: object) -> Dataset:
    """The dose of S on R."""
    made = builders.dose(SOPInstanceUID=f"{ROOT}.4.92", SeriesInstanceUID=f"{ROOT}.3.92")
    made.SpatialTransformOfDose = "NON_RIGID"
    made.ReferencedSpatialRegistrationSequence = references([deformation()])
    (used,) = references([sourceDose()])
    used.PurposeOfReferenceCodeSequence = [code("121372", "Source dose for composing current dose")]
    made.ReferencedInstanceSequence = [used]
    return builders.changed(made, changes)


def deformedStructures(**changes: object) -> Dataset:
    """Structures of R carried to S."""
    made = builders.structureSet(
        sourceSeries(),
        SOPInstanceUID=f"{ROOT}.4.71",
        SeriesInstanceUID=f"{ROOT}.3.71",
        StructureSetLabel="CARRIED",
    )
    made.PredecessorStructureSetSequence = references([builders.structureSet()])
    made.SourceInstanceSequence = [usedDeformation()]
    return builders.changed(made, changes)
