"""The tab on which landmarks are placed in pairs, and images registered by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _

from ..errors import IHEROError
from ..imagePair import ImagePair
from ..landmarkAlignment import (
    LARGE,
    fittedPairs,
    landmarkMaking,
    landmarkRemarks,
    residualSentence,
)
from ..landmarkNodes import (
    LandmarkPair,
    Pairing,
    isLandmarkOf,
    landmarkPairs,
    newLandmarkList,
    otherOrder,
)
from ..landmarks import LandmarkFit
from ..madeRegistration import madeNode
from ..sentences import asSentence
from ..unchangedOnError import unchangedOnError
from ..usedLandmarks import keepLandmarks
from .choiceBox import fillBox, showChoice
from .panel import shownErrors

if TYPE_CHECKING:
    from .registerPanel import RegisterPanel

FIXED_COLOR, MOVING_COLOR = (1.0, 0.76, 0.03), (0.12, 0.72, 0.95)  # amber and sky blue
POINT_EVENTS = ("PointPositionDefinedEvent", "PointModifiedEvent", "PointRemovedEvent")


class LandmarkTab:
    """Part of RegisterPanel. Whether a pair is used lives in its points, which are selected."""

    def __init__(self, panel: RegisterPanel) -> None:
        self.panel, self.ui = panel, panel.ui
        self.pairs: tuple[LandmarkPair, ...] = ()
        self._isShowing = False
        pairings = ((_("Order"), Pairing.ORDER.value), (_("Name"), Pairing.NAME.value))
        fillBox(self.ui.landmarkPairingBox, pairings, self.onPairing)
        table = self.ui.landmarkTable
        table.setHorizontalHeaderLabels([_("Use"), _("Landmark"), _("Residual (mm)")])
        table.horizontalHeader().setSectionResizeMode(2, qt.QHeaderView.Stretch)
        table.verticalHeader().setVisible(False)
        table.connect("itemChanged(QTableWidgetItem*)", self.onItem)
        table.connect("itemSelectionChanged()", self.onRow)
        self.ui.placeFixedButton.connect("toggled(bool)", self.onPlaceFixed)
        self.ui.placeMovingButton.connect("toggled(bool)", self.onPlaceMoving)
        self.ui.deletePairButton.connect("clicked(bool)", self.onDelete)
        self.ui.landmarksButton.connect("clicked(bool)", self.onRegister)

    def show(self, pair: ImagePair | None) -> None:
        state = self.panel.state
        showChoice(self.ui.landmarkPairingBox, state.landmarkPairing)
        lists = state.fixedLandmarks, state.movingLandmarks
        for role, node in zip(("fixed points", "moving points"), lists, strict=True):
            if not self.panel.isWatched(role, node):
                events = [getattr(node, name) for name in POINT_EVENTS] if node else []
                self.panel.watch(role, node, *events)
        for button in (self.ui.placeFixedButton, self.ui.placeMovingButton):
            button.enabled = pair is not None
        self._showPlacing(lists)
        self._alternate(lists)
        self.pairs, fit, text = (), None, _("Place at least three points on each image.")
        if pair is not None:
            try:
                self.pairs = landmarkPairs(pair, *lists, Pairing(state.landmarkPairing))
                if any(one.isWhole for one in self.pairs):
                    fit = fittedPairs(pair, self.pairs)
                    text = " ".join((residualSentence(fit), *landmarkRemarks(pair, self.pairs)))
            except IHEROError as error:
                text = asSentence(str(error))
        if state.landmarkPairing == Pairing.ORDER.value and otherOrder(*lists):
            text += " " + _("The lists hold the same names in another order: pair them by name?")
        self._showTable(fit)
        self.ui.residualsLabel.text = text
        self.ui.landmarksButton.enabled = fit is not None
        self.ui.deletePairButton.enabled = self._row() is not None

    def leave(self) -> None:
        """No more points are placed."""
        self.ui.placeFixedButton.setChecked(False)
        self.ui.placeMovingButton.setChecked(False)
        self.panel.watch("interaction", None)

    def onPairing(self, name: str) -> None:
        """Pairs are made in another way."""
        self.panel.state.landmarkPairing = name
        self.panel.showSoon()

    def onPlaceFixed(self, isOn: bool) -> None:
        """Points on the fixed image begin or end."""
        if isOn:
            self.ui.placeMovingButton.setChecked(False)
        self._place(isOn, isFixed=True)

    def onPlaceMoving(self, isOn: bool) -> None:
        """Points on the moving image begin or end."""
        if isOn:
            self.ui.placeFixedButton.setChecked(False)
        self._place(isOn, isFixed=False)

    def onItem(self, item: Any) -> None:
        """A pair was ticked or unticked."""
        if self._isShowing or item.column() != 0 or item.row() >= len(self.pairs):
            return
        isUsed = item.checkState() == qt.Qt.Checked
        for node, number in self._points(self.pairs[item.row()]):
            node.SetNthControlPointSelected(number, isUsed)
        self.panel.showSoon()

    def onRow(self) -> None:
        """A pair was selected: show where its point on the fixed image lies."""
        row = self._row()
        self.ui.deletePairButton.enabled = row is not None
        if row is None or self._isShowing:
            return
        for node, number in self._points(self.pairs[row])[:1]:
            point = node.GetNthControlPointPositionWorld(number)
            slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *point)

    def onDelete(self, *_unused: Any) -> None:
        """Delete both points of the selected pair."""
        row = self._row()
        if row is not None:
            for node, number in self._points(self.pairs[row]):
                node.RemoveNthControlPoint(number)
            self.panel.showSoon()

    def onRegister(self, *_unused: Any) -> None:
        """Make the registration that the table tells of."""
        with (
            shownErrors(_("The images cannot be registered by these landmarks.")),
            unchangedOnError(slicer.mrmlScene),
        ):
            pair, state = self.panel.pair, self.panel.state
            pairs = landmarkPairs(
                pair, state.fixedLandmarks, state.movingLandmarks, Pairing(state.landmarkPairing)
            )
            fit = fittedPairs(pair, pairs)
            making = landmarkMaking(pair, pairs, fit)
            node = madeNode(pair, fit.transform.matrix, making)
            keepLandmarks(node, state.fixedLandmarks, state.movingLandmarks, pairs)
            self.panel.finish(pair, node)

    def _place(self, isOn: bool, *, isFixed: bool) -> None:
        interaction = slicer.app.applicationLogic().GetInteractionNode()
        if not isOn:
            if not (self.ui.placeFixedButton.checked or self.ui.placeMovingButton.checked):
                interaction.SetCurrentInteractionMode(interaction.ViewTransform)
            return
        with shownErrors(_("No point can be placed.")):
            node = self._list(isFixed=isFixed)
            selection = slicer.app.applicationLogic().GetSelectionNode()
            selection.SetReferenceActivePlaceNodeClassName(node.GetClassName())
            selection.SetActivePlaceNodeID(node.GetID())
            interaction.SetPlaceModePersistence(1)
            interaction.SetCurrentInteractionMode(interaction.Place)
            self.panel.watch("interaction", interaction, interaction.InteractionModeChangedEvent)

    def _list(self, *, isFixed: bool) -> slicer.vtkMRMLMarkupsFiducialNode:
        """The list of that image, made where it lacks."""
        pair, state = self.panel.pair, self.panel.state
        if isFixed:
            node = state.fixedLandmarks
            if node is None or not isLandmarkOf(node, pair.fixed, pair.fixedFrame):
                name = _("Landmarks on {image}").format(image=pair.fixed.GetName())
                state.fixedLandmarks = newLandmarkList(pair.fixed, name, FIXED_COLOR)
            return state.fixedLandmarks
        node = state.movingLandmarks
        if node is None or not isLandmarkOf(node, pair.moving, pair.movingFrame):
            name = _("Landmarks on {image}").format(image=pair.moving.GetName())
            state.movingLandmarks = newLandmarkList(pair.moving, name, MOVING_COLOR)
        return state.movingLandmarks

    def _showPlacing(self, lists: tuple) -> None:
        """Release the buttons where placing ended otherwise."""
        logic = slicer.app.applicationLogic()
        interaction, selection = logic.GetInteractionNode(), logic.GetSelectionNode()
        isPlacing = interaction.GetCurrentInteractionMode() == interaction.Place
        active = selection.GetActivePlaceNodeID() if isPlacing else None
        buttons = (self.ui.placeFixedButton, self.ui.placeMovingButton)
        for button, node in zip(buttons, lists, strict=True):
            if button.checked and (node is None or node.GetID() != active):
                wasBlocked = button.blockSignals(True)
                button.setChecked(False)
                button.blockSignals(wasBlocked)

    def _alternate(self, lists: tuple) -> None:
        """Go on with the image that has fewer points."""
        if not self.panel.state.landmarksAlternate:
            return
        here, there = (one.GetNumberOfDefinedControlPoints() if one else 0 for one in lists)
        if self.ui.placeFixedButton.checked and here > there:
            self.ui.placeMovingButton.setChecked(True)
        elif self.ui.placeMovingButton.checked and there >= here > 0:
            self.ui.placeFixedButton.setChecked(True)

    def _showTable(self, fit: LandmarkFit | None) -> None:
        table = self.ui.landmarkTable
        residuals = dict(zip(fit.identifiers, fit.residuals, strict=True)) if fit else {}
        self._isShowing = True
        table.setRowCount(len(self.pairs))
        for row, one in enumerate(self.pairs):
            used = qt.QTableWidgetItem(str(row + 1))
            used.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
            used.setCheckState(qt.Qt.Checked if one.isUsed else qt.Qt.Unchecked)
            table.setItem(row, 0, used)
            table.setItem(row, 1, qt.QTableWidgetItem(one.name))
            table.setItem(row, 2, qt.QTableWidgetItem(_told(one, residuals.get(str(row + 1)))))
        table.resizeColumnToContents(0)
        table.resizeColumnToContents(1)
        self._isShowing = False

    def _row(self) -> int | None:
        rows = {one.row() for one in self.ui.landmarkTable.selectedItems()}
        (row,) = rows if len(rows) == 1 else (None,)
        return row if row is not None and row < len(self.pairs) else None

    def _points(self, pair: LandmarkPair) -> list[tuple[Any, int]]:
        """List and number there of each point of a pair."""
        state = self.panel.state
        both = (
            (state.fixedLandmarks, pair.fixedNumber),
            (state.movingLandmarks, pair.movingNumber),
        )
        return [(node, number) for node, number in both if number is not None]


def _told(pair: LandmarkPair, residual: float | None) -> str:
    """What stands in the column of residuals."""
    if residual is not None:
        large = _("large") if residual > LARGE else ""
        return f"{residual:.1f} {large}".rstrip()
    if pair.isWhole:
        return _("not used")
    return (
        _("no partner on the moving image")
        if pair.moving is None
        else (_("no partner on the fixed image"))
    )
