"""Images and doses that were deformed or added up, as nodes of the scene with what there is to say
of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

import slicer

from IHERORegistrationLib.carriedNodes import rememberRegistrations
from IHERORegistrationLib.dataNodes import doseNode, volumeNodeFromVolume
from IHERORegistrationLib.errors import NonconformantError
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.keptDerivation import derivationOfImage, keepDerivation
from IHERORegistrationLib.keptObject import keepObject
from IHERORegistrationLib.nodeReport import NodeReport, keepReport
from IHERORegistrationLib.references import SeriesReference
from IHERORegistrationLib.registration import Registration
from IHERORegistrationLib.sentences import percentage
from IHERORegistrationLib.structures import StructureSet
from IHERORegistrationLib.subjectHierarchy import markSeries, placeInStudy

from .doseDeformer import (
    INHERITED,
    DeformedDose,
    WrittenDose,
    datasetFromDeformedDose,
    profileOf,
)
from .doseReport import DoseReport, doseReport, doseSumReport
from .doseRows import COLUMNS, doseRows
from .doseSum import DoseSum, datasetFromDoseSum
from .imageDeformer import DeformedSeries
from .transformSteps import isNumericallyInverted, isRigidOutside
from .unknownVoxels import unknownVoxelsNode

NOT_SENT = "It cannot be sent as it is"


def nodeFromDeformedSeries(
    made: DeformedSeries,
    registrations: Iterable[Registration],
    scene: slicer.vtkMRMLScene,
    target: slicer.vtkMRMLScalarVolumeNode | None = None,
) -> slicer.vtkMRMLScalarVolumeNode:
    """The deformed image under the patient and study of its source, in the frame of the base; a
    segmentation shows the voxels that have no value. Both lie under what `target`, which shows the
    base, lies under.
    """
    image = made.image
    name = f"{_name(image.source)} on {_name(image.target)}"
    node = volumeNodeFromVolume(image.volume, scene, name)
    _place(node, image.source, image.source.modality, image.volume.frame)
    rememberRegistrations(node, registrations)
    derivation = replace(
        derivationOfImage(image, isDeformed=True),
        isRigidOutside=isRigidOutside(image.transform),
        isNumericallyInverted=isNumericallyInverted(image.transform),
    )
    keepDerivation(node, derivation)
    keepReport(node, NodeReport(sentences=_imageSentences(made)))
    lattice, frame = image.volume.lattice, image.volume.frame
    marks = unknownVoxelsNode(name, lattice, frame, image.undefined, image.outside, scene)
    _lieBeside(target, node)
    if marks is not None:
        placeInStudy(marks, image.source.patient, image.source.studyInstanceUID)
        _lieBeside(target, marks)
    return node


def nodeFromDeformedDose(
    dose: DeformedDose,
    registrations: Iterable[Registration],
    scene: slicer.vtkMRMLScene,
    remarks: tuple[str, ...] = (),
    target: slicer.vtkMRMLScalarVolumeNode | None = None,
    *,
    before: StructureSet | None = None,
    after: StructureSet | None = None,
) -> slicer.vtkMRMLScalarVolumeNode:
    """The deformed dose under the patient and study of its target. It keeps the object that it will
    be sent as, and a report with `remarks` and the doses of structures (see `doseReport`). It lies
    under what `target`, which shows the images it comes to, lies under.
    """
    name = f"Dose {dose.source.summationType}".strip() + f" on {_name(dose.target)}"

    def written() -> WrittenDose:
        return datasetFromDeformedDose(dose, name[:64], created=datetime.now())

    report = doseReport(dose, before=before, after=after)
    told = (*remarks, *extentSentences(dose, report), *replace(report, structures=()).sentences)
    rows = doseRows(report)
    kept = NodeReport(COLUMNS if rows else (), rows, told)
    node = _doseNode(dose, name, written, registrations, kept, scene)
    _lieBeside(target, node)
    return node


def nodeFromDoseSum(
    dose: DoseSum,
    registrations: Iterable[Registration],
    scene: slicer.vtkMRMLScene,
    remarks: tuple[str, ...] = (),
    target: slicer.vtkMRMLScalarVolumeNode | None = None,
) -> slicer.vtkMRMLScalarVolumeNode:
    """The sum of doses; see `nodeFromDeformedDose`."""
    name = f"Dose sum on {_name(dose.target)}"

    def written() -> WrittenDose:
        return datasetFromDoseSum(dose, name[:64], created=datetime.now())

    told = (*remarks, *doseSumReport(dose).sentences)
    node = _doseNode(dose, name, written, registrations, NodeReport(sentences=told), scene)
    _lieBeside(target, node)
    return node


def extentSentences(dose: DeformedDose, report: DoseReport) -> tuple[str, ...]:
    """How large the new lattice is, and how much of it has a dose."""
    after = report.after
    ni, nj, nk = dose.volume.lattice.size
    di, dj, dk = after.spacing
    coverage = percentage(after.defined / after.voxels)
    return (
        f"{ni} × {nj} × {nk} voxels of {di:.3g} × {dj:.3g} × {dk:.3g} mm hold all that arrives; "
        f"{coverage} of them have a dose.",
    )


def _doseNode(
    dose: DeformedDose | DoseSum,
    name: str,
    written: Callable[[], WrittenDose],
    registrations: Iterable[Registration],
    report: NodeReport,
    scene: slicer.vtkMRMLScene,
) -> slicer.vtkMRMLScalarVolumeNode:
    node = doseNode(dose.volume, scene, name)
    _place(node, dose.target, "RTDOSE", dose.volume.frame)
    rememberRegistrations(node, registrations)
    try:
        keepObject(node, written().dataset, profileOf(dose.kind), INHERITED)
    except NonconformantError as error:
        report = replace(report, sentences=(*report.sentences, f"{NOT_SENT}: {error}."))
    keepReport(node, report)
    return node


def _place(
    node: slicer.vtkMRMLScalarVolumeNode, series: ImageSeries, modality: str, frame: str
) -> None:
    """Under the patient and study of `series`; as no object that exists already."""
    placeInStudy(node, series.patient, series.studyInstanceUID)
    markSeries(node, SeriesReference(series.studyInstanceUID, "", ()), modality, frame)


def _lieBeside(
    target: slicer.vtkMRMLScalarVolumeNode | None, made: slicer.vtkMRMLDisplayableNode
) -> None:
    if target is not None:
        made.SetAndObserveTransformNodeID(target.GetTransformNodeID())


def _imageSentences(made: DeformedSeries) -> tuple[str, ...]:
    padding = made.image.source.padding
    return (
        f"{percentage(made.undefined / made.voxels)} of the voxels the registration does not "
        f"define, {percentage(made.outside / made.voxels)} lie beyond the source; they hold "
        f"{padding:g}, which the image calls padding.",
        *made.image.remarks,
    )


def _name(series: ImageSeries) -> str:
    return " ".join(filter(None, (series.modality, series.description)))
