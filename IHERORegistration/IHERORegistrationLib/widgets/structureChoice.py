"""A list of structures with check boxes, kept in one text of a parameter node."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import qt

from ..keptText import namesInText
from .choiceBox import newItem


class StructureChoice:
    """`listWidget` shows segments by name; `changed` is called with the text that tells which are
    left out, so that structures which come later are chosen.
    """

    def __init__(self, listWidget: Any, changed: Callable[[str], None]) -> None:
        self._list, self._changed = listWidget, changed
        self._shown: dict[str, str] = {}
        self._leftOut: set[str] = set()
        self._isFilling = False
        listWidget.connect("itemChanged(QListWidgetItem*)", self._onChanged)

    def show(self, names: Mapping[str, str], leftOut: str) -> None:
        """Show segments, names by their IDs, but for those `leftOut` checked. The list is hidden
        where there are none.
        """
        self._list.setVisible(bool(names))
        out = namesInText(leftOut) or set()  # all are checked where nobody can tell
        if dict(names) == self._shown and out == self._leftOut:
            return
        self._shown, self._leftOut = dict(names), out
        self._isFilling = True
        self._list.clear()
        for segmentID, name in names.items():
            item = newItem(self._list, name)
            item.setData(qt.Qt.UserRole, segmentID)
            item.setFlags(qt.Qt.ItemIsUserCheckable | qt.Qt.ItemIsEnabled)
            item.setCheckState(qt.Qt.Unchecked if segmentID in out else qt.Qt.Checked)
        self._isFilling = False

    @property
    def chosen(self) -> tuple[str, ...]:
        """IDs of the checked segments."""
        return tuple(one for one in self._shown if one not in self._leftOut)

    def checkAll(self, isChecked: bool) -> None:
        """Check every structure, or none."""
        self._changed(json.dumps([] if isChecked else list(self._shown)))

    def _onChanged(self, item: Any) -> None:
        if self._isFilling:
            return
        segmentID = item.data(qt.Qt.UserRole)
        isChecked = item.checkState() == qt.Qt.Checked
        left = self._leftOut - {segmentID} if isChecked else self._leftOut | {segmentID}
        self._changed(json.dumps(sorted(left)))
