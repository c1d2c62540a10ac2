"""The plans in Slicer's DICOM database, for their isocenters; and how a patient lay."""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path
from typing import Any

import slicer
from pydicom.uid import RTIonPlanStorage, RTPlanStorage

from .databaseRegistrations import filesOfClasses
from .errors import IHEROError
from .nodeIdentity import instancesOfNode
from .plan import Plan, planFromFile

PLANS = frozenset({RTPlanStorage, RTIonPlanStorage})
PATIENT_POSITION = "0018,5100"


class DatabasePlans:
    """Asks a ctkDICOMDatabase, None where there is none; what was asked once is kept."""

    def __init__(self, database: Any) -> None:
        isOpen = database is not None and database.isOpen
        self._database: Any = database if isOpen else None
        self._ofPatient = cache(self._read)

    def plans(self, node: slicer.vtkMRMLNode | None) -> tuple[Plan, ...]:
        """The plans of the patient to whom the images of `node` belong, as far as they can be read;
        none where the database does not hold the images.
        """
        uids = instancesOfNode(node) if node is not None else ()
        file = self._database.fileForInstance(uids[0]) if self._database and uids else ""
        if not file:
            return ()
        study = self._database.studyForSeries(self._database.seriesForFile(file))
        return self._ofPatient(self._database.patientForStudy(study))

    def patientPosition(self, node: slicer.vtkMRMLNode | None) -> str:
        """How the patient lay for the images that `node` was read from, "" where nothing tells."""
        uids = instancesOfNode(node) if node is not None else ()
        if self._database is None or not uids:
            return ""
        return self._database.instanceValue(uids[0], PATIENT_POSITION)

    def _read(self, patient: str) -> tuple[Plan, ...]:
        found = []
        for files in filesOfClasses(self._database, PLANS, [patient]):
            for file in files:
                with contextlib.suppress(IHEROError):  # it has no isocenter to offer
                    found.append(planFromFile(Path(file)))
        return tuple(found)
