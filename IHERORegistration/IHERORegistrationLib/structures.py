"""RT Structure Set as a value: contours of structures in their Frames of Reference.

Contours of one structure that lie in one plane combine by the even-odd rule, which reads both ways
of drawing a hole: a keyhole in one polygon, and a polygon inside another.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from pydicom import Dataset

from .errors import FrameOfReferenceError
from .notes import Note
from .patient import Patient
from .references import InstanceReference, SeriesReference


class GeometricType(StrEnum):
    """What the points of a contour mean (PS3.3 C.8.8.6.1)."""

    POINT = "POINT"
    OPEN_PLANAR = "OPEN_PLANAR"
    OPEN_NONPLANAR = "OPEN_NONPLANAR"
    CLOSED_PLANAR = "CLOSED_PLANAR"
    CLOSED_PLANAR_XOR = "CLOSEDPLANAR_XOR"


CLOSED_TYPES = (GeometricType.CLOSED_PLANAR, GeometricType.CLOSED_PLANAR_XOR)


@dataclass(frozen=True, eq=False)
class Contour:
    """Points, shape (n, 3), LPS mm, read-only; a closed contour does not repeat its first point
    by rule, but may as it was read. `image` is the slice it was drawn on, if the object says.
    """

    points: np.ndarray
    geometricType: GeometricType
    image: InstanceReference | None = None

    @property
    def isClosed(self) -> bool:
        return self.geometricType in CLOSED_TYPES

    @property
    def encloses(self) -> bool:
        """Whether it is closed and has the three points that an area needs."""
        return self.isClosed and len(self.points) >= 3


@dataclass(frozen=True, eq=False)
class Structure:
    """One ROI: its contours in Frame of Reference `frame`.

    `color` holds red, green, blue from 0 to 255, None if the object gives none. `interpretedType`
    is that of the first observation that has one. `observations` are the items of RT ROI
    Observations Sequence about it.
    """

    number: int
    name: str
    frame: str
    contours: tuple[Contour, ...] = ()
    description: str = ""
    color: tuple[int, int, int] | None = None
    interpretedType: str = ""
    generationAlgorithm: str = ""
    observations: tuple[Dataset, ...] = ()

    @property
    def isPoints(self) -> bool:
        """Whether it has contours and all are points."""
        return bool(self.contours) and all(
            contour.geometricType is GeometricType.POINT for contour in self.contours
        )

    @property
    def points(self) -> np.ndarray:
        """Every point of every contour, shape (n, 3), LPS mm."""
        return np.concatenate([np.empty((0, 3)), *(contour.points for contour in self.contours)])


@dataclass(frozen=True, eq=False)
class StructureSet:
    """The object: structures, and the image series they were drawn on.

    `series` lists the images of Referenced Frame of Reference Sequence, `frames` the Frames of
    Reference of that sequence and of the structures. `header` is the data set without its
    contours.
    """

    sopInstanceUID: str
    sopClassUID: str
    studyInstanceUID: str
    seriesInstanceUID: str
    patient: Patient
    label: str
    name: str
    description: str
    frames: tuple[str, ...]
    series: tuple[SeriesReference, ...]
    structures: tuple[Structure, ...]
    header: Dataset
    notes: tuple[Note, ...] = ()

    @property
    def frame(self) -> str:
        """The one Frame of Reference in which all contours lie.

        Raises
            FrameOfReferenceError: they lie in several, or there is none; see `inFrame`.
        """
        used = {one.frame for one in self.structures if one.contours} or set(self.frames)
        if len(used) != 1:
            raise FrameOfReferenceError(
                f"expected contours in one Frame of Reference, found {len(used)} in structure set "
                f"{self.sopInstanceUID}: {', '.join(sorted(used))}"
            )
        return used.pop()

    @property
    def reference(self) -> SeriesReference:
        """The structure set itself, as another object refers to it."""
        itself = InstanceReference(self.sopClassUID, self.sopInstanceUID)
        return SeriesReference(self.studyInstanceUID, self.seriesInstanceUID, (itself,))

    def inFrame(self, frame: str) -> StructureSet:
        """The set with only the structures of Frame of Reference `frame`."""
        chosen = tuple(one for one in self.structures if one.frame == frame)
        return replace(self, frames=(frame,), structures=chosen)

    def missingImages(self, present: Collection[str]) -> tuple[InstanceReference, ...]:
        """The images it refers to whose SOP Instance UIDs are not in `present`, each once."""
        images = [image for series in self.series for image in series]
        for structure in self.structures:
            images.extend(one.image for one in structure.contours if one.image is not None)
        missing = {
            image.sopInstanceUID: image for image in images if image.sopInstanceUID not in present
        }
        return tuple(missing.values())
