"""The plans in Slicer's DICOM database, for their isocenters; and how a patient lay."""

from __future__ import annotations

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
    """The plans of a ctkDICOMDatabase (None where there is none), each read once. One that cannot
    be read has no isocenter to offer and is left out.
    """

    def __init__(self, database: Any) -> None:
        self._database = database
        self._known: dict[str, Plan | None] = {}

    def plans(self) -> tuple[Plan, ...]:
        """What the database holds now."""
        if self._database is None or not self._database.isOpen:
            return ()
        found = [self._plan(file) for file in filesOfClasses(self._database, PLANS)]
        return tuple(one for one in found if one is not None)

    def patientPosition(self, node: slicer.vtkMRMLNode | None) -> str:
        """How the patient lay for the images that `node` was read from, "" where nothing tells."""
        uids = instancesOfNode(node) if node is not None else ()
        if self._database is None or not self._database.isOpen or not uids:
            return ""
        return self._database.instanceValue(uids[0], PATIENT_POSITION)

    def _plan(self, file: str) -> Plan | None:
        if file not in self._known:
            try:
                self._known[file] = planFromFile(Path(file))
            except IHEROError:
                self._known[file] = None
        return self._known[file]
