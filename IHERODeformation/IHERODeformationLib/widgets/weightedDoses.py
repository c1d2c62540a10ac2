"""A table of doses with check boxes and weights, kept on a parameter node."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import qt
import slicer

ROLE = "IHERO.SummedDose"  # of the references to the doses, with the place of the weight behind it
NAME, WEIGHT = 0, 1  # columns


class WeightedDoses:
    """`table` lists doses; which are checked, and how much of each counts, is kept as references
    of a parameter node and in one text of as many weights. Each reference has a role of its own:
    of several in one role, the later ones would move up when a dose leaves the scene.
    """

    def __init__(self, table: Any) -> None:
        self._table = table
        self._state: Any = None
        self._isFilling = False
        self._shown: list[tuple[str, str, float | None]] = []
        table.connect("itemChanged(QTableWidgetItem*)", self._onChanged)

    def show(self, doses: Iterable[slicer.vtkMRMLScalarVolumeNode], state: Any) -> None:
        """List `doses`; `state` has the parameter `summedWeights`."""
        self._state = state
        nodes, weights = list(doses), self.weights
        wanted = [(one.GetID(), one.GetName(), weights.get(one.GetID())) for one in nodes]
        if wanted == self._shown:
            return
        self._shown = wanted
        self._isFilling = True
        self._table.setRowCount(len(nodes))
        for row, node in enumerate(nodes):
            name = qt.QTableWidgetItem(node.GetName())
            name.setData(qt.Qt.UserRole, node.GetID())
            name.setFlags(qt.Qt.ItemIsUserCheckable | qt.Qt.ItemIsEnabled)
            isChecked = node.GetID() in weights
            name.setCheckState(qt.Qt.Checked if isChecked else qt.Qt.Unchecked)
            self._table.setItem(row, NAME, name)
            self._table.setItem(row, WEIGHT, qt.QTableWidgetItem(_text(weights, node.GetID())))
        self._isFilling = False

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each checked dose that is still in the scene, by its ID."""
        node = self._state.parameterNode
        texts = self._state.summedWeights.split()
        return {
            node.GetNodeReferenceID(f"{ROLE}{place}"): weight
            for place, weight in enumerate(map(_number, texts))
            if weight is not None and node.GetNodeReference(f"{ROLE}{place}") is not None
        }

    def _onChanged(self, item: Any) -> None:
        if self._isFilling:
            return
        self._shown = []  # what was typed is shown as it was understood
        weights = self.weights
        row = item.row()
        nodeID = self._table.item(row, NAME).data(qt.Qt.UserRole)
        if item.column() == WEIGHT:
            weight = _number(item.text())
            if weight is not None:
                weights[nodeID] = weight
        elif item.checkState() == qt.Qt.Checked:
            weight = _number(self._table.item(row, WEIGHT).text())
            weights[nodeID] = 1.0 if weight is None else weight
        else:
            weights.pop(nodeID, None)
        self._keep(weights)

    def _keep(self, weights: dict[str, float]) -> None:
        node = self._state.parameterNode
        modified = node.StartModify()
        every = range(node.GetNumberOfNodeReferenceRoles())
        for role in [node.GetNthNodeReferenceRole(nth) for nth in every]:
            if role.startswith(ROLE):
                node.RemoveNodeReferenceIDs(role)
        for place, nodeID in enumerate(weights):
            node.SetNodeReferenceID(f"{ROLE}{place}", nodeID)
        self._state.summedWeights = " ".join(f"{one:.6g}" for one in weights.values())
        node.EndModify(modified)
        node.Modified()


def _text(weights: dict[str, float], nodeID: str) -> str:
    return f"{weights[nodeID]:.6g}" if nodeID in weights else "1"


def _number(text: str) -> float | None:
    """None where somebody typed what is no number, also in a saved scene."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
