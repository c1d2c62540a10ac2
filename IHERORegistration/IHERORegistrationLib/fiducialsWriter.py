"""Spatial Fiducials: value → data set (PS3.3 A.40, C.21.1, C.21.2)."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian, SpatialFiducialsStorage, generate_uid

from .decimalStrings import decimalString
from .errors import NonconformantError
from .fiducials import (
    POINTS_OF_SHAPE,
    Fiducial,
    FiducialGraphic,
    FiducialSet,
    SpatialFiducials,
    repeatedIdentifiers,
)
from .header import newObject, setCharacterSet
from .macros import addSeriesReferences, itemFromCode, itemFromReference

LONGEST_SHORT_VALUE = 65534  # bytes of an element whose length has 16 bits in explicit VR


def datasetFromFiducials(
    fiducials: SpatialFiducials, template: Dataset, *, created: datetime
) -> Dataset:
    """The DICOM object that says what `fiducials` says.

    `template` is an instance of an image series on which the fiducials lie: it gives patient and
    study. Every fiducial is written with a Fiducial UID, because Used Fiducials Sequence needs
    it; one that has none gets a new one. The SOP Instance UID is new. The object has no Frame of
    Reference Module; its sets name their frames.

    Raises
        NonconformantError: a set has neither frame nor images, an identifier twice, or a fiducial
        with another number of points than its shape has.

    Source
        DICOM PS3.3 A.40, C.21.1, C.21.2, C.12.2
    """
    breaches = [
        f"FiducialSetSequence[{number}]: {breach}"
        for number, one in enumerate(fiducials.sets, start=1)
        for breach in _breaches(one)
    ]
    if breaches or not fiducials.sets:
        raise NonconformantError(
            f"cannot write {len(fiducials.sets)} set(s) of fiducials", breaches
        )
    dataset = newObject(template, SpatialFiducialsStorage, "FID", created=created)
    del dataset.FrameOfReferenceUID
    del dataset.PositionReferenceIndicator
    dataset.SeriesDescription = fiducials.description[:64]
    dataset.InstanceNumber = 1
    dataset.ContentDate = created.strftime("%Y%m%d")
    dataset.ContentTime = created.strftime("%H%M%S")
    dataset.ContentLabel = fiducials.label
    dataset.ContentDescription = fiducials.description
    dataset.ContentCreatorName = ""
    dataset.FiducialSetSequence = [_set(one) for one in fiducials.sets]
    addSeriesReferences(dataset, fiducials.series)
    setCharacterSet(dataset)
    if any(_isLong(one) for group in dataset.FiducialSetSequence for one in group.FiducialSequence):
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return dataset


def _breaches(group: FiducialSet) -> list[str]:
    breaches = []
    if group.frame is None and not group.images:
        breaches.append("expected a Frame of Reference UID or images, found neither")
    if not group.fiducials:
        breaches.append("expected at least 1 fiducial, found 0")
    for identifier in repeatedIdentifiers(group.fiducials):
        breaches.append(f"expected each Fiducial Identifier once, found {identifier} twice")
    for one in group.fiducials:
        fewest, most = POINTS_OF_SHAPE[one.shape]
        counts = [len(graphic.pixels) for graphic in one.graphics]
        if group.frame is not None or not counts:
            counts.append(len(one.points))
        if not all(fewest <= count <= (most or count) for count in counts):
            breaches.append(f"{one.identifier}: found {counts} point(s) for shape {one.shape}")
        if group.frame is None and len(one.points):
            breaches.append(f"{one.identifier}: found points, but the set has no frame")
    return breaches


def _set(group: FiducialSet) -> Dataset:
    item = Dataset()
    if group.frame is not None:
        item.FrameOfReferenceUID = group.frame
    if group.images:
        item.ReferencedImageSequence = [itemFromReference(image) for image in group.images]
    item.FiducialSequence = [_fiducial(one) for one in group.fiducials]
    return item


def _fiducial(fiducial: Fiducial) -> Dataset:
    item = Dataset()
    item.FiducialIdentifier = fiducial.identifier
    if fiducial.identifierCode is not None:
        item.FiducialIdentifierCodeSequence = [itemFromCode(fiducial.identifierCode)]
    if fiducial.category is not None:
        item.FiducialsPropertyCategoryCodeSequence = [itemFromCode(fiducial.category)]
    item.FiducialUID = fiducial.uid or generate_uid(prefix=None)
    if fiducial.description:
        item.FiducialDescription = fiducial.description
    item.ShapeType = str(fiducial.shape)
    if len(fiducial.points):
        item.NumberOfContourPoints = len(fiducial.points)
        item.ContourData = [decimalString(value) for value in np.ravel(fiducial.points)]
    if fiducial.uncertainty is not None:
        item.ContourUncertaintyRadius = fiducial.uncertainty
    if fiducial.graphics:
        item.GraphicCoordinatesDataSequence = [_graphic(one) for one in fiducial.graphics]
    return item


def _graphic(graphic: FiducialGraphic) -> Dataset:
    item = Dataset()
    item.GraphicData = [float(value) for value in np.ravel(graphic.pixels)]
    item.ReferencedImageSequence = [itemFromReference(graphic.image)]
    return item


def _isLong(item: Dataset) -> bool:
    values = item.get("ContourData") or ()
    return sum(len(str(value)) + 1 for value in values) > LONGEST_SHORT_VALUE
