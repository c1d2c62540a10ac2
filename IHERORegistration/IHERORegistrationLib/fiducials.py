"""Spatial Fiducials as values (PS3.3 A.40, C.21.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from pydicom.uid import SpatialFiducialsStorage, generate_uid

from .codes import Code
from .errors import (
    FrameOfReferenceError,
    LandmarkError,
    ReferenceNotFoundError,
)
from .landmarks import LandmarkFit, landmarkFit
from .notes import Note
from .patient import UNKNOWN_PATIENT, Patient
from .references import InstanceReference, SeriesReference

NO_CODE = Code("", "", "")


class ShapeType(StrEnum):
    """What the points of a fiducial outline (PS3.3 C.21.2.1.2)."""

    POINT = "POINT"
    LINE = "LINE"
    PLANE = "PLANE"
    SURFACE = "SURFACE"
    RULER = "RULER"
    L_SHAPE = "L_SHAPE"
    T_SHAPE = "T_SHAPE"
    SHAPE = "SHAPE"


POINTS_OF_SHAPE = {  # fewest and most; PS3.3 C.21.2.1.2
    ShapeType.POINT: (1, 1),
    ShapeType.LINE: (2, 2),
    ShapeType.PLANE: (3, 3),
    ShapeType.SURFACE: (3, None),
    ShapeType.RULER: (2, None),
    ShapeType.L_SHAPE: (3, 3),
    ShapeType.T_SHAPE: (3, 3),
    ShapeType.SHAPE: (2, None),
}


@dataclass(frozen=True, eq=False)
class FiducialGraphic:
    """A fiducial's points as `pixels`, shape (n, 2), column and row, in one image."""

    image: InstanceReference
    pixels: np.ndarray


@dataclass(frozen=True, eq=False)
class Fiducial:
    """One fiducial; `identifier`, or the value of its code, pairs it with those of other sets.

    `points`, shape (n, 3) LPS mm in the frame of its set, is empty where it is given only by
    `graphics`. `uid` is empty where the object read gave none; `uncertainty` is one standard
    deviation in mm, None where none was stated.
    """

    identifier: str
    shape: ShapeType
    points: np.ndarray
    uid: str = ""
    description: str = ""
    uncertainty: float | None = None
    graphics: tuple[FiducialGraphic, ...] = ()
    identifierCode: Code | None = None
    category: Code | None = None


@dataclass(frozen=True, eq=False)
class FiducialSet:
    """Fiducials that lie in one frame; `frame` is None where only images are named."""

    frame: str | None
    images: tuple[InstanceReference, ...]
    fiducials: tuple[Fiducial, ...]


@dataclass(frozen=True, eq=False)
class SpatialFiducials:
    """The object. `series` lists every referenced instance by study and series."""

    sets: tuple[FiducialSet, ...]
    sopInstanceUID: str = ""
    patient: Patient = UNKNOWN_PATIENT
    studyInstanceUID: str = ""
    seriesInstanceUID: str = ""
    label: str = ""
    description: str = ""
    contentDate: str = ""
    series: tuple[SeriesReference, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def reference(self) -> SeriesReference:
        """The object itself, for those that are made with it."""
        instance = InstanceReference(SpatialFiducialsStorage, self.sopInstanceUID)
        return SeriesReference(self.studyInstanceUID, self.seriesInstanceUID, (instance,))

    @property
    def countWithoutPoints(self) -> int:
        """How many fiducials have no point in a Frame of Reference."""
        return sum(
            one.frame is None or not len(fiducial.points)
            for one in self.sets
            for fiducial in one.fiducials
        )

    def setInFrame(self, frame: str) -> FiducialSet:
        """The only set of this Frame of Reference.

        Raises
            ReferenceNotFoundError: there is none, or there are several.
        """
        found = [one for one in self.sets if one.frame == frame]
        if len(found) != 1:
            raise ReferenceNotFoundError(
                f"expected one fiducial set in frame {frame}, found {len(found)}: Spatial "
                f"Fiducials {self.sopInstanceUID}"
            )
        return found[0]


def pointFiducial(
    identifier: str, point: np.ndarray, *, description: str = "", uncertainty: float | None = None
) -> Fiducial:
    """A fiducial of shape POINT at `point`, shape (3,) LPS mm, with a new Fiducial UID."""
    return Fiducial(
        identifier=identifier,
        shape=ShapeType.POINT,
        points=np.reshape(np.asarray(point, dtype=float), (1, 3)),
        uid=generate_uid(prefix=None),
        description=description,
        uncertainty=uncertainty,
    )


def landmarkFitFromFiducials(fromSet: FiducialSet, toSet: FiducialSet) -> LandmarkFit:
    """The rigid fit of the POINT fiducials that have the same identifier in both sets.

    Raises
        FrameOfReferenceError: a set names only images, so where its frame lies is unknown.
        LandmarkError: the pairs determine no rigid transform, or an identifier occurs twice.
    """
    if fromSet.frame is None or toSet.frame is None:
        raise FrameOfReferenceError(
            "expected fiducials in a Frame of Reference, found a set that names only images"
        )
    return landmarkFit(_landmarks(fromSet), _landmarks(toSet), fromSet.frame, toSet.frame)


def _landmarks(group: FiducialSet) -> dict[str, np.ndarray]:
    points = [one for one in group.fiducials if one.shape == ShapeType.POINT and len(one.points)]
    if repeated := repeatedIdentifiers(points):
        raise LandmarkError(f"expected each identifier once, found {', '.join(repeated)} twice")
    return {one.identifier: one.points[0] for one in points}


def repeatedIdentifiers(fiducials: Iterable[Fiducial]) -> tuple[str, ...]:
    """The identifiers that more than one of `fiducials` has."""
    counts = Counter(one.identifier for one in fiducials)
    return tuple(identifier for identifier, count in counts.items() if count > 1)
