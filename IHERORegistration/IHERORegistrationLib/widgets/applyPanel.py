"""Apply the chosen registration: place data under it and take it out again, or make new nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import qt
import slicer
import slicer.util
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from ..appliedNodes import AppliedNode, hardenedNode, requireBase, resampledNode
from ..errors import ReferenceNotFoundError
from ..placement import (
    Placeable,
    PlacementHistory,
    confirmFrame,
    placeables,
    requirePlaceable,
)
from ..registrationRecord import Watch
from ..resampling import Interpolation
from .choiceBox import newItem
from .icons import giveIcons
from .keys import Key
from .longWork import longWork, requirePresent
from .panel import Panel, shownErrors
from .registrationsPanel import RegistrationsPanel

ROW = 22  # pixels, at least
TALLEST = 160  # pixels of the list; more is scrolled
ICONS = {
    "placeButton": "Place",
    "takeOutButton": "TakeOut",
    "undoPlacementButton": "Undo",
    "redoPlacementButton": "Redo",
}


@parameterNodeWrapper
class ApplyParameters:
    """IDs of the nodes that the user checked or unchecked, separated by blanks, against what is
    checked by itself; `appliedInterpolation` is a value of Interpolation.
    """

    appliedChecked: str
    appliedUnchecked: str
    appliedInterpolation: str = Interpolation.LINEAR.value


class ApplyPanel(Panel):
    """Nothing is hardened unasked, and never in place; what was placed can be undone."""

    parameters = ApplyParameters

    def setup(self) -> None:
        self.history = PlacementHistory()
        self.rows: tuple[Placeable, ...] = ()
        self._isShowing = False
        ui = self.ui
        for value, text in (
            (Interpolation.NEAREST, _("Nearest")),
            (Interpolation.LINEAR, _("Linear")),
            (Interpolation.CUBIC, _("Cubic")),
        ):
            ui.appliedInterpolationComboBox.addItem(text, value.value)
        ui.appliedInterpolationComboBox.connect("activated(int)", self.onInterpolation)
        ui.placeableListWidget.connect("itemChanged(QListWidgetItem*)", self.onChecked)
        for button, function in (
            (ui.placeButton, self.onPlace),
            (ui.takeOutButton, self.onTakeOut),
            (ui.undoPlacementButton, self.onUndo),
            (ui.redoPlacementButton, self.onRedo),
            (ui.hardenButton, self.onHarden),
            (ui.resampleButton, self.onResample),
        ):
            button.connect("clicked(bool)", function)
        giveIcons(ui, ICONS)

    def givenKeys(self) -> tuple[Key, ...]:
        return (
            Key("Ctrl+Z", _("Undo the last placement"), self.onUndo),
            Key("Ctrl+Y", _("Place again what was undone"), self.onRedo),
        )

    def cleanup(self) -> None:
        self.history.forget()

    def show(self) -> None:
        registration = self.chosen.registration
        self.rows = placeables(registration) if registration is not None else ()
        self._showRows()
        checked = self.checkedRows()
        ui = self.ui
        box = ui.appliedInterpolationComboBox
        box.setCurrentIndex(box.findData(self.state.appliedInterpolation))
        ui.placeButton.enabled = any(not one.isPlaced for one in checked)
        ui.takeOutButton.enabled = any(one.isPlaced for one in checked)
        ui.undoPlacementButton.enabled = self.history.canUndo
        ui.redoPlacementButton.enabled = self.history.canRedo
        ui.hardenButton.enabled = bool(checked)
        ui.resampleButton.enabled = bool(self._volumes(checked)) and self.chosen.base is not None
        ui.applyWayLabel.text = self._told(registration)

    def checkedRows(self) -> list[Placeable]:
        """What the user wants to apply the registration to."""
        checked = self.state.appliedChecked.split()
        unchecked = self.state.appliedUnchecked.split()
        return [
            one
            for one in self.rows
            if one.nodeID in checked or (not one.doubt and one.nodeID not in unchecked)
        ]

    def onChecked(self, item: Any) -> None:
        """A box of the list was ticked or cleared."""
        if self._isShowing:
            return
        nodeID = item.data(qt.Qt.UserRole)
        isChecked = item.checkState() == qt.Qt.Checked
        for name, isListed in (("appliedChecked", isChecked), ("appliedUnchecked", not isChecked)):
            others = [one for one in getattr(self.state, name).split() if one != nodeID]
            setattr(self.state, name, " ".join([*others, nodeID] if isListed else others))

    def onInterpolation(self, index: int) -> None:
        """How values between voxel centers are found."""
        self.state.appliedInterpolation = self.ui.appliedInterpolationComboBox.itemData(index)

    def onPlace(self, checked: bool = False) -> None:
        """Show what is checked through the registration."""
        with shownErrors(_("The registration could not be applied.")):
            rows = [one for one in self.checkedRows() if not one.isPlaced]
            nodes = self._agreed(rows)
            self.history.place(nodes, self.chosen.registration)
            names = _together(node.GetName() for node in nodes)
            self._tell(_("Placed under the registration: {names}").format(names=names))

    def onTakeOut(self, checked: bool = False) -> None:
        """Show what is checked in its own coordinates again."""
        with shownErrors(_("The registration could not be taken off.")):
            nodes = self._nodes(one for one in self.checkedRows() if one.isPlaced)
            self.history.place(nodes, None)
            names = _together(node.GetName() for node in nodes)
            self._tell(_("Taken out of the registration: {names}").format(names=names))

    def onUndo(self, checked: bool = False) -> None:
        """Take the last placement back."""
        if self.history.canUndo:
            names = self.history.undo(slicer.mrmlScene)
            self._tell(_("Undone: {names}").format(names=_together(names)))

    def onRedo(self, checked: bool = False) -> None:
        """Do again what was taken back."""
        if self.history.canRedo:
            names = self.history.redo(slicer.mrmlScene)
            self._tell(_("Done again: {names}").format(names=_together(names)))

    def onHarden(self, checked: bool = False) -> None:
        """Make copies that lie in the registered frame for good."""
        with shownErrors(_("Nothing was hardened.")):
            nodes = self._agreed(self.checkedRows())
            self._make(_("Hardening"), nodes, self.hardened)

    def onResample(self, checked: bool = False) -> None:
        """Make volumes with the voxels of the fixed image."""
        with shownErrors(_("Nothing was resampled.")):
            if self.chosen.base is None:
                raise ReferenceNotFoundError("expected a fixed image to resample on, found none")
            requirePresent(self.chosen.registration)
            requireBase(self.chosen.base, self.chosen.registration)
            nodes = self._agreed(self._volumes(self.checkedRows()))
            self._make(_("Resampling"), nodes, self.resampled)

    def hardened(self, node: slicer.vtkMRMLNode, watch: Watch) -> AppliedNode:
        """One copy."""
        watch.tell(_("Hardening {name}").format(name=node.GetName()), 0.0)
        return hardenedNode(node, self.chosen.registration, self.chosen.base)

    def resampled(self, node: slicer.vtkMRMLNode, watch: Watch) -> AppliedNode:
        """One volume on the voxels of the fixed image."""
        registration, base = self.chosen.registration, self.chosen.base
        return resampledNode(node, registration, base, self.interpolationFor(node), watch)

    def interpolationFor(self, node: slicer.vtkMRMLNode) -> Interpolation:
        """As chosen; labels are never mixed."""
        if node.IsA("vtkMRMLLabelMapVolumeNode"):
            return Interpolation.NEAREST
        return Interpolation(self.state.appliedInterpolation)

    def _make(
        self,
        title: str,
        nodes: list[slicer.vtkMRMLNode],
        make: Callable[[slicer.vtkMRMLNode, Watch], AppliedNode],
    ) -> None:
        with longWork(title, self.chosen.registration, *nodes) as watch:
            made = [make(node, watch) for node in nodes]
        self._tell(". ".join(one.sentence for one in made) + ".")

    def _agreed(self, rows: Iterable[Placeable]) -> list[slicer.vtkMRMLNode]:
        """The nodes of `rows` that may be moved; the user is asked where nothing tells the frame.

        Raises
            FrameOfReferenceError, PatientMismatchError: one may not.
            ReferenceNotFoundError: one, or the registration, is gone.
        """
        registration, agreed = self.chosen.registration, []
        for row in rows:
            node = slicer.mrmlScene.GetNodeByID(row.nodeID)
            requirePresent(node, registration)
            requirePlaceable(node, registration, frameConfirmed=bool(row.doubt))
            if row.doubt:
                question = _("{doubt}. Move it all the same?").format(
                    doubt=row.doubt[0].upper() + row.doubt[1:]
                )
                if not slicer.util.confirmYesNoDisplay(question, textFormat=qt.Qt.PlainText):
                    continue
                confirmFrame(node, registration)
            agreed.append(node)
        return agreed

    def _nodes(self, rows: Iterable[Placeable]) -> list[slicer.vtkMRMLNode]:
        return requirePresent(*(slicer.mrmlScene.GetNodeByID(one.nodeID) for one in rows))

    def _volumes(self, rows: Iterable[Placeable]) -> list[Placeable]:
        kinds = ("Image", "Dose", "Label map")
        return [one for one in rows if one.kind in kinds]

    def _showRows(self) -> None:
        listed, checked = self.ui.placeableListWidget, self.checkedRows()
        self._isShowing = True
        listed.clear()
        for row in self.rows:
            state = _("applied") if row.isPlaced else _("not applied")
            told = f"▲ {_('frame unknown')}, {state}" if row.doubt else state
            item = newItem(listed, f"{row.name} ({row.kind}): {told}")
            item.setData(qt.Qt.UserRole, row.nodeID)
            item.setCheckState(qt.Qt.Checked if row in checked else qt.Qt.Unchecked)
            if row.doubt:
                item.setToolTip(row.doubt)
        heights = (max(listed.sizeHintForRow(number), ROW) for number in range(listed.count))
        listed.setFixedHeight(min(sum(heights) + 8, TALLEST))
        listed.setVisible(bool(self.rows))
        self._isShowing = False

    def _told(self, registration: slicer.vtkMRMLTransformNode | None) -> str:
        """Which way the registration takes what is checked, or why nothing can be."""
        if registration is None:
            return _("Choose a registration above.")
        if not self.rows:
            return _("Nothing in the scene lies in the frame that the registration moves.")
        lists = (one.rows for one in self.module.panels if isinstance(one, RegistrationsPanel))
        listed = next(lists, ())
        found = next((one for one in listed if one.key == registration.GetID()), None)
        if found is None or not (found.moving and found.fixed):
            return _("Moves what is checked.")
        return _("Moves what is checked from {moving} onto {fixed}.").format(
            moving=found.moving, fixed=found.fixed
        )

    def _tell(self, message: str) -> None:
        self.ui.appliedLabel.text = message
        self.module.scheduleShow()


def _together(names: Iterable[str]) -> str:
    return ", ".join(names) or _("nothing")
