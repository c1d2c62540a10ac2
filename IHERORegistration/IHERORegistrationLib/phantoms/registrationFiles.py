"""Landmarks of each frame, and the exact registration of each frame to the primary one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydicom import Dataset
from pydicom.uid import SpatialFiducialsStorage, SpatialRegistrationStorage

from ..references import InstanceReference, SeriesReference
from .anatomy import LANDMARKS
from .identity import addReferences, code, decimals, newDataset, reference, setFrame, uid
from .imageFiles import ScannedSeries


def fiducialsDataset(series: ScannedSeries, seed: str) -> Dataset:
    """Spatial Fiducials: the landmarks as points in the frame of `series`; a landmark has the
    same identifier in every frame.

    Source
        DICOM PS3.3 A.40, C.21.2
    """
    name = f"Landmarks {series.scan.name}"
    dataset = newDataset(seed, SpatialFiducialsStorage, "FID", series.scan.study, name, "1")
    _describe(dataset, "LANDMARKS", f"Landmarks in the frame of {series.scan.name}")
    group = Dataset()
    group.FrameOfReferenceUID = series.frame
    group.ReferencedImageSequence = [reference(instance) for instance in series.reference]
    group.FiducialSequence = []
    for identifier, point in landmarksIn(series).items():
        item = Dataset()
        item.FiducialIdentifier = identifier
        item.FiducialUID = uid(seed, "fiducial", series.scan.name, identifier)
        item.FiducialDescription = identifier.replace("_", " ").lower()
        item.ShapeType = "POINT"
        item.NumberOfContourPoints = 1
        item.ContourData = decimals(point)
        item.ContourUncertaintyRadius = 0.5
        group.FiducialSequence.append(item)
    dataset.FiducialSetSequence = [group]
    addReferences(dataset, [series.reference])
    return dataset


def landmarksIn(series: ScannedSeries) -> Mapping[str, np.ndarray]:
    """The landmarks in the frame of `series`, each (3,) LPS mm."""
    return {name: series.pointOf(np.array(point)) for name, point in LANDMARKS.items()}


def registrationDataset(
    source: ScannedSeries,
    registered: ScannedSeries,
    seed: str,
    matrix: np.ndarray,
    fiducials: Mapping[str, Dataset],
) -> Dataset:
    """Spatial Registration: `matrix`, shape (4, 4), takes points of the frame of `source` to the
    frame of `registered`. `fiducials` are the landmark objects by the frame they lie in.

    Source
        DICOM PS3.3 A.39.1, C.20.2; MMRO-III
    """
    names = source.scan.name, registered.scan.name
    dataset = newDataset(
        seed, SpatialRegistrationStorage, "REG", registered.scan.study, " to ".join(names), "1"
    )
    setFrame(dataset, registered.frame)
    _describe(dataset, "_TO_".join(names), f"Maps {names[0]} onto {names[1]}, exactly")
    identity = _item(registered, np.eye(4), code("125021", "Frame of Reference Identity"))
    mapping = _item(source, matrix, code("125022", "Fiducial Alignment"))
    mapping.UsedFiducialsSequence = [
        _used(fiducials[one.frame], item.FiducialUID)
        for one in (registered, source)
        for item in fiducials[one.frame].FiducialSetSequence[0].FiducialSequence
    ]
    dataset.RegistrationSequence = [identity, mapping]
    landmarks = [_seriesOf(fiducials[one.frame]) for one in (registered, source)]
    addReferences(dataset, [registered.reference, source.reference, *landmarks])
    return dataset


def _item(series: ScannedSeries, matrix: np.ndarray, method: Dataset) -> Dataset:
    holder = Dataset()
    holder.FrameOfReferenceTransformationMatrix = decimals(matrix)
    holder.FrameOfReferenceTransformationMatrixType = "RIGID"
    group = Dataset()
    group.RegistrationTypeCodeSequence = [method]
    group.MatrixSequence = [holder]
    item = Dataset()
    item.FrameOfReferenceUID = series.frame
    item.ReferencedImageSequence = [reference(instance) for instance in series.reference]
    item.MatrixRegistrationSequence = [group]
    return item


def _used(fiducials: Dataset, fiducialUID: str) -> Dataset:
    item = reference(InstanceReference(fiducials.SOPClassUID, fiducials.SOPInstanceUID))
    item.FiducialUID = fiducialUID
    return item


def _seriesOf(dataset: Dataset) -> SeriesReference:
    instance = InstanceReference(dataset.SOPClassUID, dataset.SOPInstanceUID)
    return SeriesReference(dataset.StudyInstanceUID, dataset.SeriesInstanceUID, (instance,))


def _describe(dataset: Dataset, label: str, description: str) -> None:
    dataset.ContentLabel = label
    dataset.ContentDescription = description
    dataset.ContentCreatorName = ""
