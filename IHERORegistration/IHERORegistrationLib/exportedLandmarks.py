"""The landmarks that a transform node was made by, as the fiducials that its object names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import slicer
from pydicom import Dataset

from .codes import FIDUCIAL_ALIGNMENT, IMAGE_AND_FIDUCIAL_ALIGNMENT, Code
from .exportedNode import fileName
from .exportProposal import ExportedObject
from .images import ImageSeries
from .landmarkFiducials import FiducialsObject, usedFiducials
from .registrationText import descriptionsFromText, seriesFromText
from .registrator import UsedFiducials
from .rules import Finding
from .saving import saveDataset
from .scene import REGISTERED_ITEMS, SERIES, SOURCE_ITEM
from .usedLandmarks import UsedLandmarks, landmarksOf
from .writtenObject import isChanged

WITH_FIDUCIALS = (FIDUCIAL_ALIGNMENT, IMAGE_AND_FIDUCIAL_ALIGNMENT)
BESIDE = "Its landmarks are written beside it, as Spatial Fiducials that it names."


@dataclass(frozen=True, eq=False)
class NamedFiducials:
    """Those that an object names, None for none, and the objects that hold them where none did."""

    used: UsedFiducials | None = None
    beside: tuple[tuple[FiducialsObject, UsedLandmarks], ...] = ()

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        return tuple(made.dataset for made, _ in self.beside)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(one for made, _ in self.beside for one in made.findings)

    @property
    def remarks(self) -> tuple[str, ...]:
        return (BESIDE,) if self.beside else ()

    def learn(self) -> None:
        """Let the point lists be the fiducials that were written of them."""
        for made, landmarks in self.beside:
            made.learn(landmarks.node)


@dataclass(frozen=True, eq=False)
class ExportedLandmarks:
    """What a node was made by: `fiducials` of DICOM, or `landmarks` of the scene."""

    fiducials: UsedFiducials | None
    landmarks: tuple[UsedLandmarks, UsedLandmarks] | None

    @classmethod
    def ofNode(cls, node: slicer.vtkMRMLTransformNode) -> ExportedLandmarks:
        """Those of `node`, as far as it still says what they gave."""
        return cls(_fiducialsOf(node), landmarksOf(node))

    def named(self, method: Code, fixed: ImageSeries, moving: ImageSeries) -> NamedFiducials:
        """Those to be named by an object that says it was made by `method`.

        Raises
            NonconformantError: see `usedFiducials`.
        """
        if method not in WITH_FIDUCIALS:
            return NamedFiducials()
        if self.fiducials is not None or self.landmarks is None:
            return NamedFiducials(self.fiducials)
        return NamedFiducials(*usedFiducials(self.landmarks, fixed, moving))


def savedWithFiducials(
    made: ExportedObject, folder: Path, kind: str, save: Callable[[Dataset, Path], Path]
) -> list[Path]:
    """The files of an object, by `save`, and of the fiducials that it names; all or none. Names
    begin with `kind` and with FID.
    """
    with ExitStack() as undo:
        files = []
        for number, dataset in enumerate(made.datasets):
            path = folder / fileName("FID" if number else kind, dataset.SOPInstanceUID)
            files.append((saveDataset if number else save)(dataset, path))
            undo.callback(files[-1].unlink)
        undo.pop_all()
    return files


def _fiducialsOf(node: slicer.vtkMRMLTransformNode) -> UsedFiducials | None:
    """Those that the object named which `node` came from, if it still says the same."""
    if isChanged(node):
        return None
    moving = descriptionsFromText(node.GetAttribute(SOURCE_ITEM) or "[]")
    fixed = descriptionsFromText(node.GetAttribute(REGISTERED_ITEMS) or "[]")
    usedMoving = tuple(one for item in moving for one in item.usedFiducials)
    usedFixed = tuple(one for item in fixed for one in item.usedFiducials)
    if not (usedMoving or usedFixed):
        return None
    named = {one.instance.sopInstanceUID for one in (*usedMoving, *usedFixed)}
    series = [
        one
        for one in seriesFromText(node.GetAttribute(SERIES) or "[]")
        if any(instance.sopInstanceUID in named for instance in one)
    ]
    return UsedFiducials(usedFixed, usedMoving, tuple(series))
