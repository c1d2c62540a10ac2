"""Everything that can be measured about one registration, with limits and verdicts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pydicom
from vtkmodules.vtkCommonCore import vtkVersion

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.header import softwareVersion
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.registration import SpatialRegistration
from IHERORegistrationLib.sentences import itemSentences
from IHERORegistrationLib.structures import StructureSet

from .deformationSentences import deformationSentences
from .direction import DirectionProof, Progress, directionProof
from .fieldQuality import FieldQuality, RegionField, fieldQuality
from .gridContent import gridContent
from .inverseConsistency import InverseConsistency, inverseConsistency, searchedBack
from .landmarkPairs import LandmarkErrors, LandmarkPairs, landmarkErrors
from .readings import ReadingName, Registration, readingOf
from .surfaceAgreement import SetAgreement, structureSetAgreement
from .tolerances import COLUMNS, JudgedMetric, Judgment, Metric, judged
from .transformSteps import isDeformable

NOT_RATED = "none is recorded"


@dataclass(frozen=True, eq=False)
class QualityInputs:
    """What is at hand to judge a registration by: the images it connects, and, if there are any,
    landmarks, the way back by a second registration, structures drawn on the registered image and
    those drawn on the source. `names` are of images by frame.
    """

    registered: ImageSeries
    source: ImageSeries
    names: Mapping[str, str]
    landmarks: LandmarkPairs | None = None
    back: Transform | None = None
    backUID: str = ""
    structures: StructureSet | None = None
    targetStructures: StructureSet | None = None


@dataclass(frozen=True, eq=False)
class RegistrationQuality:
    """What was measured; what was not at hand is None. `sentences` say what the registration does,
    `identities` which objects it was about. `largestVoxelSide` in mm is of both images. `rating` is
    a person's.
    """

    identities: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    created: datetime
    versions: str
    direction: DirectionProof
    field: FieldQuality
    consistency: InverseConsistency | None
    landmarks: LandmarkErrors | None
    agreement: SetAgreement | None
    largestVoxelSide: float
    rating: str = NOT_RATED

    @property
    def metrics(self) -> tuple[JudgedMetric, ...]:
        """Every number, each with the verdict of the limit on it."""
        return judged(self._metrics(), self.largestVoxelSide)

    def _metrics(self) -> Iterator[Metric]:
        if self.landmarks is not None:
            yield from self.landmarks.metrics
        if self.agreement is not None:
            for one in self.agreement.structures:
                yield from one.metrics
        if self.consistency is not None:
            yield from self.consistency.metrics
        for region in self.field.regions:
            yield from region.metrics

    @property
    def beyond(self) -> tuple[JudgedMetric, ...]:
        """What is beyond its limit."""
        return tuple(one for one in self.metrics if one.judgment is Judgment.BEYOND)

    @property
    def limits(self) -> tuple[str, ...]:
        """What nobody should conclude from the numbers, in sentences."""
        spacing = " × ".join(f"{one:.3g}" for one in self.field.spacing)
        told = [f"The field was asked every {spacing} mm in the image."]
        told += [one for region in self.field.regions for one in _ofRegion(region)]
        if self.field.neverFolds:
            told.append("The field is so gentle that it folds nowhere, also between these points.")
        if self.consistency is not None and not self.consistency.isSearched:
            told.append("A registration and its way back may agree and both be wrong.")
        left = [*self.field.leftOut, *(self.agreement.leftOut if self.agreement else ())]
        told += [f"Not measured: {one}." for one in left]
        if self.landmarks is not None:
            told += [f"{one}." for one in self.landmarks.pairs.notes]
        if self.agreement is not None:
            told.append("Where a structure ends with the images, its ends count as surface.")
        for one in self.agreement.structures if self.agreement else ():
            told += [f"{one.name}: {remark}." for remark in one.remarks]
        return tuple(told)

    def asJSON(self) -> dict[str, object]:
        """For programs, lengths in mm; null where a number is not known."""
        return {
            "identities": dict(self.identities),
            "created": self.created.isoformat(timespec="seconds"),
            "versions": self.versions,
            "sentences": list(self.sentences),
            "direction": self.direction.asJSON(),
            "largestVoxelSide": self.largestVoxelSide,
            "metrics": [one.asJSON() for one in self.metrics],
            "landmarks": [] if self.landmarks is None else self.landmarks.asJSON(),
            "limits": list(self.limits),
            "rating": self.rating,
        }

    def rows(self) -> list[list[str]]:
        """The metrics as a table, header first; empty where a number is not known."""
        return [list(COLUMNS), *(one.row for one in self.metrics)]


def registrationQuality(
    registration: Registration,
    path: Path | None,
    inputs: QualityInputs,
    *,
    created: datetime,
    progress: Progress,
    rating: str = NOT_RATED,
) -> RegistrationQuality:
    """Measure `registration`, stored at `path` if it is a file, by what `inputs` has; `progress` is
    told each step. `rating` is what a person said of it.

    Raises
        FrameOfReferenceError: images or structures lie in frames that it does not connect.
        MalformedObjectError: pixels cannot be read.
        NotInvertibleError: a matrix is singular.
    """
    registered, source = inputs.registered, inputs.source
    direction = directionProof(registration, registered, source, progress)
    transform = readingOf(registration, ReadingName.STANDARD, source.frame).reading.transform
    progress("Measuring the field in the image …")
    field = fieldQuality(transform, registered.lattice, inputs.structures, progress)
    consistency = None
    if inputs.back is not None or isDeformable(transform):
        progress("Going there and back …")
        back = inputs.back or searchedBack(transform)
        consistency = inverseConsistency(transform, back, registered.lattice)
    agreement = None
    if inputs.structures is not None and inputs.targetStructures is not None:
        agreement = structureSetAgreement(
            inputs.structures, inputs.targetStructures, transform, progress
        )
    landmarks = None
    if inputs.landmarks is not None:
        landmarks = landmarkErrors(transform, inputs.landmarks)
    return RegistrationQuality(
        identities=_identities(registration, path, inputs),
        sentences=_sentences(registration, inputs),
        created=created,
        versions=versions(),
        direction=direction,
        field=field,
        consistency=consistency,
        landmarks=landmarks,
        agreement=agreement,
        largestVoxelSide=float(max(registered.lattice.spacing.max(), source.lattice.spacing.max())),
        rating=rating,
    )


def versions() -> str:
    """Of this program and the libraries whose numbers these are."""
    import scipy  # at the top it would slow down opening a module

    return (
        f"IHERO {softwareVersion()}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"VTK {vtkVersion.GetVTKVersion()}, pydicom {pydicom.__version__}"
    )


def _identities(
    registration: Registration, path: Path | None, inputs: QualityInputs
) -> tuple[tuple[str, str], ...]:
    """Names and values, UIDs and no names of patients."""
    found = [
        ("Registration", registration.sopInstanceUID),
        ("Label", registration.label),
        ("Description", registration.description),
        ("Made by", registration.producer),
        ("Content date", registration.contentDate),
        ("SHA-256 of the file", "" if path is None else _hash(path)),
        ("Registered Frame of Reference", inputs.registered.frame),
        ("Registered series", inputs.registered.seriesInstanceUID),
        ("Source Frame of Reference", inputs.source.frame),
        ("Source series", inputs.source.seriesInstanceUID),
        ("Registration back", inputs.backUID),
        ("Structures on the registered image", _uid(inputs.structures)),
        ("Structures on the source image", _uid(inputs.targetStructures)),
    ]
    return tuple((name, value) for name, value in found if value)


def _uid(structureSet: StructureSet | None) -> str:
    return "" if structureSet is None else structureSet.sopInstanceUID


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror}") from error


def _sentences(registration: Registration, inputs: QualityInputs) -> tuple[str, ...]:
    centers = {one.frame: one.lattice.center for one in (inputs.registered, inputs.source)}
    frame = inputs.source.frame
    if isinstance(registration, SpatialRegistration):
        rigid = [one for one in registration.movingItems if one.sourceFrame == frame]
        told = itemSentences(registration, rigid[0], inputs.names, centers)
        return (*told, *_comment(rigid[0].comment))
    (item,) = (one for one in registration.sourceItems if one.sourceFrame == frame)
    content = None if item.grid is None else gridContent(item.grid)
    told = deformationSentences(registration, item, inputs.names, centers, content)
    return (*told, *_comment(item.comment))


def _comment(text: str) -> tuple[str, ...]:
    return (f"Comment of its maker: {text}",) if text else ()


def _ofRegion(region: RegionField) -> Iterator[str]:
    for share, words in (
        (region.outside, "lies outside the grid"),
        (region.undefined, "lies where the registration says nothing"),
    ):
        if share > 0:
            yield f"{region.name}: {100 * share:.3g} % {words}."
    if region.folded > 0:
        yield f"{region.name}: space is folded in {100 * region.folded:.3g} % of the volume."
