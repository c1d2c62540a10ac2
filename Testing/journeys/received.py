"""What somebody loads from the DICOM database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import slicer
import slicer.util
from DICOMLib import DICOMUtils

from application import dialogs
from IHERORegistrationLib.databaseImages import knownImages
from IHERORegistrationLib.nodeIdentity import frameOfNode

from .user import User

MODALITY = "0008,0060"


def seriesOf(modalities: Sequence[str]) -> list[str]:
    """Series Instance UIDs in the DICOM database, in the order of `modalities`."""
    database = slicer.dicomDatabase
    found: dict[str, list[str]] = {one: [] for one in modalities}
    for patient in database.patients():
        for study in database.studiesForPatient(patient):
            for series in database.seriesForStudy(study):
                (first,) = database.filesForSeries(series, 1)
                found.get(database.fileValue(first, MODALITY), []).append(series)
    return [series for one in modalities for series in found[one]]


def loadAndApply(user: User, modalities: Sequence[str]) -> None:
    """Load all series of these modalities, and say yes when Slicer asks whether to apply the
    registrations among them.
    """
    dialogs.answers.append(user.sayYes)
    DICOMUtils.loadSeriesByUID(seriesOf(modalities))
    user.wait(lambda: bool(dialogs.shown))


def nodeIn(frame: str, className: str) -> Any:
    """The first node of a class in a Frame of Reference that is no dose."""
    images = knownImages(slicer.dicomDatabase)
    return next(
        node
        for node in slicer.util.getNodesByClass(className)
        if frameOfNode(node, images) == frame and not node.GetAttribute("DicomRtImport.DoseVolume")
    )
