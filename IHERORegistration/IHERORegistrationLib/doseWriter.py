"""A dose resampled onto another lattice, for display, as an RT Dose object.

Resampled dose is no output of the MMRO profile: the object is plain DICOM, and says by Spatial
Transform of Dose and in its comment what was done to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydicom import Dataset

from .dose import Dose
from .doseObject import DoseContent, SpatialTransform, datasetFromDose
from .errors import FrameOfReferenceError
from .frames import Transform, TransformChain
from .geometry import AffineTransform, MatrixType, matrixType
from .images import ImageSeries
from .lattice import Volume
from .references import InstanceReference
from .sentences import percentage


def spatialTransform(transform: Transform) -> SpatialTransform:
    """The kind of `transform`, by its matrices: scaling and shearing are not rigid."""
    if isinstance(transform, TransformChain):
        kinds = {spatialTransform(step) for step in transform.transforms}
        for worst in (SpatialTransform.NON_RIGID, SpatialTransform.RIGID):
            if worst in kinds:
                return worst
        return SpatialTransform.NONE
    if isinstance(transform, AffineTransform) and matrixType(transform.matrix) is MatrixType.RIGID:
        return SpatialTransform.RIGID
    return SpatialTransform.NON_RIGID


@dataclass(frozen=True, eq=False)
class ResampledDose:
    """What is to be written: `volume`, in the units of `source`, in the frame of `target`.

    `outside`, bool of the shape of the values, is true where `source` has no value and the volume
    holds 0. `transform` maps points of the volume's frame to the frame of `source`;
    `registrations` are the objects it was taken from; `remarks`, sentences on them, become the
    Derivation Description.
    """

    volume: Volume
    outside: np.ndarray
    source: Dose
    target: ImageSeries
    transform: Transform
    registrations: tuple[InstanceReference, ...]
    remarks: tuple[str, ...] = ()

    @property
    def kind(self) -> SpatialTransform:
        return spatialTransform(self.transform)

    @property
    def statement(self) -> str:
        """What was done, at most 64 characters: it goes with every picture and into the object."""
        how = {
            SpatialTransform.NONE: "Resampled in its own frame",
            SpatialTransform.RIGID: "Display only: resampled, RIGID",
            SpatialTransform.NON_RIGID: "Display only: resampled, NON_RIGID",
        }[self.kind]
        return f"{how}; {percentage(self.outside.mean())} beyond source is 0"


def datasetFromResampledDose(
    dose: ResampledDose, description: str, *, created: datetime
) -> Dataset:
    """The RT Dose object in the study and frame of the target, 32 bit; see `datasetFromDose`.

    Raises
        FrameOfReferenceError: volume, target, source and transform do not meet.
    """
    ends = (dose.transform.fromFrame, dose.transform.toFrame)
    if dose.volume.frame != dose.target.frame or ends != (dose.target.frame, dose.source.frame):
        raise FrameOfReferenceError(
            f"expected a dose in {dose.target.frame} and a transform from there to "
            f"{dose.source.frame}, found a dose in {dose.volume.frame} and a transform from "
            f"{ends[0]} to {ends[1]}"
        )
    content = DoseContent(
        volume=dose.volume,
        sources=(dose.source,),
        target=dose.target,
        kind=dose.kind,
        registrations=dose.registrations,
        statement=dose.statement,
        summationType=dose.source.summationType,
        derivation=" ".join(dose.remarks),
    )
    return datasetFromDose(content, description, created=created)
