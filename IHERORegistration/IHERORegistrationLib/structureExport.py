"""The segments of a segmentation node as an RT Structure Set on the images they were drawn on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import slicer

from .carriedSet import INHERITED
from .carriedStructure import ON_SLICE, carriedStructure
from .contourPlanes import sliceSpacing
from .errors import FrameOfReferenceError
from .exportedNode import NamedSeries, requireInScene, requireOwnPatient, savedObject
from .exportFindings import PATIENT_ROWS, exportFindings
from .exportProposal import (
    ExportChoices,
    ExportedObject,
    ExportForm,
    LabelKind,
    textFromName,
)
from .frames import TransformChain
from .freeName import freeName
from .images import ImageSeries
from .nodeIdentity import knownFrame
from .nodePlace import wasMoved
from .nodeStructures import segmentNames, structuresOfNode
from .notes import Note
from .registeredEnds import imagesInScene
from .registrationRecord import Watch
from .samePatient import requireSamePatient
from .sentences import oneLine
from .shownAndWritten import shownElsewhere
from .structures import Contour, GeometricType, Structure, StructureSet
from .structureSetWriter import LONGEST_LABEL, LONGEST_NAME, datasetFromStructureSet
from .structuresFrame import frameOfStructures, imageOfSegments
from .study import Study
from .targetSlices import targetSlices

METHODS = {  # words: ROI Generation Algorithm
    "drawn by hand": "MANUAL",
    "drawn with help": "SEMIAUTOMATIC",
    "automatic": "AUTOMATIC",
}
TYPES = (  # RT ROI Interpreted Type of what has a volume (PS3.3 C.8.8.8.1), the commonest first
    "ORGAN", "AVOIDANCE", "GTV", "CTV", "PTV", "EXTERNAL", "CONTROL", "TREATED_VOLUME",
    "IRRAD_VOLUME", "DOSE_REGION", "BOLUS", "CAVITY", "CONTRAST_AGENT", "SUPPORT", "FIXATION",
)  # fmt: skip
PROFILES = ("MMRO-III", "DICOM")
ON_CT = ("MMRO-III", "BRTO-II", "DICOM")


@dataclass(frozen=True, eq=False)
class StructureExport:
    """The segments of `node` on the slices of `images`; see ExportTask. `original` is the set that
    the node was read from.
    """

    node: slicer.vtkMRMLSegmentationNode
    images: NamedSeries
    original: StructureSet | None
    proposed: ExportChoices
    form: ExportForm = field(init=False)

    def __post_init__(self) -> None:
        profiles = ON_CT if self.images.series.modality == "CT" else PROFILES
        form = ExportForm(
            "RT Structure Set",
            "RTSTRUCT",
            profiles,
            tuple(METHODS),
            LabelKind.SHORT,
            structureTypes=TYPES if self._lacksType() else (),
        )
        object.__setattr__(self, "form", form)

    def _lacksType(self) -> bool:
        """Whether a segment has no interpreted type: only what was read may have one."""
        before = self.original.structures if self.original else ()
        known = {one.name for one in before if one.interpretedType}
        return not known.issuperset(segmentNames(self.node).values())

    @property
    def sentence(self) -> str:
        """“Draws 7 structures of Organs on the slices of Planning CT”."""
        count = len(segmentNames(self.node))
        words = f"{count} structure" + ("" if count == 1 else "s")
        return f"Draws {words} of {self.node.GetName()} on the slices of {self.images.name}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """That a transform above the node does not count."""
        instead = "carry the structures to draw them on the other images"
        return shownElsewhere(self.node, "drawn", instead)

    def preview(self, choices: ExportChoices) -> ExportedObject:
        """The set with a small square for each structure: what its header breaks."""
        series = self.images.series
        middle = len(series.slices) // 2
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
        index = np.column_stack([corners, np.full(4, series.sliceIndices[middle])])
        image = series.slices[middle]
        points = series.lattice.points(index)
        points -= image.plane.distance(points)[:, None] * image.plane.normal
        square = Contour(points, GeometricType.CLOSED_PLANAR, image.instance)
        known = {one.name: one for one in self.original.structures} if self.original else {}
        structures = [
            replace(
                known.get(name, Structure(number, name, series.frame)),
                number=number,
                contours=(square,),
            )
            for number, name in enumerate(segmentNames(self.node).values(), start=1)
        ]
        return self._object(structures, choices)

    def made(self, choices: ExportChoices, watch: Watch) -> ExportedObject:
        """The set.

        Raises
            ReferenceNotFoundError, MalformedObjectError: see `structuresOfNode`.
            PatientMismatchError: the structures are of another patient and nobody confirmed it.
            NonconformantError: it would break the profile.
            RegistrationCancelledError: `watch` wants it to end.
        """
        requireInScene(self.node, "the segmentation")
        series = self.images.series
        watch.tell("Reading the segments", 0.0, 0.0)
        held = structuresOfNode(
            self.node, series.frame, original=self.original, slices=series.lattice
        )
        still = TransformChain((), series.frame, series.frame)
        drawn: list[Structure] = []
        notes: list[Note] = []
        spacing = sliceSpacing(held.structureSet)
        count = len(held.structureSet.structures)
        for number, one in enumerate(held.structureSet.structures):
            watch.tell(f"Drawing {oneLine(one.name)}", number / count, 0.0)
            algorithm = one.generationAlgorithm or METHODS[choices.method]
            kept = onSlices(one, series)
            if kept is None:
                found = carriedStructure(one, series, still, spacing, algorithm=algorithm)
                kept, notes = found.structure, [*notes, *found.notes]
            drawn.append(kept)
        result = self._object(drawn, choices)
        return replace(result, remarks=(*result.remarks, *map(_sentence, notes)))

    def _object(self, structures: Sequence[Structure], choices: ExportChoices) -> ExportedObject:
        requireOwnPatient(self.node, (self.images,), choices)
        series, before = self.images.series, self.original
        if before is not None:
            what = f"structure set {before.sopInstanceUID}"
            confirmed = choices.otherPatientConfirmed
            requireSamePatient(series.patient, before.patient, what, confirmed=confirmed)
        named = distinctlyNamed(structures)
        algorithm = METHODS[choices.method]
        whole = tuple(
            replace(
                one,
                generationAlgorithm=one.generationAlgorithm or algorithm,
                interpretedType=one.interpretedType or choices.structureType,
            )
            for one in named
        )
        dataset = datasetFromStructureSet(
            _setOn(series, whole, choices, before),
            series.headers[0],
            created=datetime.now(),
            predecessor=before.reference if before else None,
        )
        owed = INHERITED | PATIENT_ROWS if choices.otherPatientConfirmed else INHERITED
        study = Study((*series.headers, dataset))
        found = exportFindings(dataset, choices.profile, study, series.headers[0], owed=owed)
        renamed = [
            f"{oneLine(one.name) or 'A segment without a name'} is named {now.name}."
            for one, now in zip(structures, named, strict=True)
            if one.name != now.name
        ]
        return ExportedObject((dataset,), found, tuple(renamed))

    def save(self, made: ExportedObject, folder: Path) -> list[Path]:
        """Its one file."""
        return savedObject(made, folder, "RTSTRUCT")


def structureExport(
    node: slicer.vtkMRMLSegmentationNode, images: NamedSeries, original: StructureSet | None
) -> StructureExport:
    """What `node` holds, as an object on `images`.

    Raises
        FrameOfReferenceError: the segments lie in another frame than the images, or were moved out
            of it.
    """
    frame = frameOfStructures(node, original)
    drawnOn = imageOfSegments(node)
    if not frame and drawnOn is not None:
        raise FrameOfReferenceError(
            f"{node.GetName()} was drawn on {drawnOn.GetName()} while that was "
            "shown elsewhere than now, so that nothing tells in which Frame of Reference it lies"
        )
    if frame and frame != images.series.frame:
        raise FrameOfReferenceError(
            f"expected images in Frame of Reference {frame} of {node.GetName()}, found "
            f"{images.name} in {images.series.frame}: carry the structures there"
        )
    label = original.label if original else node.GetName()
    proposed = ExportChoices(
        label=textFromName(oneLine(label))[:LONGEST_LABEL],
        description=textFromName(node.GetName()),
        method=_methodOf(original),
        profile=PROFILES[0],
    )
    return StructureExport(node, images, original, proposed)


def _methodOf(original: StructureSet | None) -> str:
    """The word for how all structures of `original` were drawn; "" where they differ."""
    drawn = {one.generationAlgorithm for one in original.structures} if original else set()
    return next((word for word, code in METHODS.items() if drawn == {code}), "")


def onSlices(structure: Structure, series: ImageSeries) -> Structure | None:
    """`structure` with its contours as they are, each with the image that it lies on; None where
    one lies on no image, or is of the type XOR, which few readers know.
    """
    slices = targetSlices(series, structure.points)
    contours = []
    for one in structure.contours:
        place = slices.placeOn(one.points, ON_SLICE)
        image = slices.images[place] if place is not None else None
        if image is None or one.geometricType is GeometricType.CLOSED_PLANAR_XOR:
            return None
        contours.append(replace(one, image=image.instance))
    return replace(structure, contours=tuple(contours))


def imagesOfSegments(
    node: slicer.vtkMRMLSegmentationNode,
) -> tuple[slicer.vtkMRMLScalarVolumeNode, ...]:
    """The images on which the segments of `node` may be drawn: the one that gives their geometry,
    else those in their frame, else all; if it is not one, the user has to say which.
    """
    images = imagesInScene(node.GetScene())
    frame = "" if wasMoved(node) else frameOfStructures(node, None)
    inFrame = [one for one in images if not frame or knownFrame(one) == frame]
    drawnOn = imageOfSegments(node)
    return (drawnOn,) if drawnOn in inFrame else tuple(inFrame)


def distinctlyNamed(structures: Sequence[Structure]) -> tuple[Structure, ...]:
    """`structures` with names that no two share, none empty or too long."""
    named: dict[str, Structure] = {}
    for one in structures:
        name = freeName(one.name.strip() or f"ROI {one.number}", named, one.number, LONGEST_NAME)
        named[name] = replace(one, name=name)
    return tuple(named.values())


def _setOn(
    series: ImageSeries,
    structures: tuple[Structure, ...],
    choices: ExportChoices,
    before: StructureSet | None,
) -> StructureSet:
    return StructureSet(
        sopInstanceUID="",
        sopClassUID="",
        studyInstanceUID=series.studyInstanceUID,
        seriesInstanceUID="",
        patient=series.patient,
        label=choices.label,
        name=choices.description,
        description=choices.description,
        frames=(series.frame,),
        series=(series.reference,),
        structures=structures,
        header=before.header if before else series.headers[0],
    )


def _sentence(note: Note) -> str:
    return f"{note.location}: {note.found}, {note.done}."
