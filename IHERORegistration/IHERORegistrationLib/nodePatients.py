"""Nodes of one patient, or of several."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import slicer

from .errors import PatientMismatchError
from .nodeIdentity import patientOfNode
from .sentences import oneLine


def requireOnePatient(nodes: Iterable[slicer.vtkMRMLNode | None]) -> None:
    """Let what `nodes` hold be judged together; None where nothing was chosen.

    Raises
        PatientMismatchError: two of them are of different patients.
    """
    chosen = [(node, patientOfNode(node)) for node in nodes if node is not None]
    for (one, patient), (other, another) in combinations(chosen, 2):
        different = patient.differences(another)
        if different:
            raise PatientMismatchError(
                f"{oneLine(other.GetName())} belongs to another patient than "
                f"{oneLine(one.GetName())}: they differ in {', '.join(different)}"
            )
