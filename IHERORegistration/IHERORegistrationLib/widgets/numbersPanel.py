"""The chosen registration in numbers: matrices, angles about a center, movement of the couch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import slicer
import slicer.util
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from ..appliedNodes import wayOfNode
from ..centers import ORIGIN, Center, centersIn
from ..couch import POSITIONS
from ..databasePlans import DatabasePlans
from ..errors import IHEROError
from ..geometry import AffineTransform
from ..registrationNumbers import (
    NumberTable,
    couchTable,
    isRigid,
    matrixTable,
    movementTable,
    tablesText,
)
from .numbersPage import numbersPage
from .panel import Panel

SAME = "same"  # numbers in both frames


@parameterNodeWrapper
class NumbersParameters:
    """Keys of the centers in the moving and in the fixed frame (see Center), the first one perhaps
    SAME; `couchPosition` is the Patient Position, empty for that of the moving image.
    """

    movingCenter: str = ORIGIN
    fixedCenter: str = ORIGIN
    couchPosition: str


class NumbersPanel(Panel):
    """To be read and copied; nothing here changes the scene."""

    parameters = NumbersParameters

    def setup(self) -> None:
        self.tables: tuple[NumberTable, ...] = ()
        self._page = ""
        self._plans = DatabasePlans(None)
        ui = self.ui
        for box, name in (
            (ui.movingCenterComboBox, "movingCenter"),
            (ui.fixedCenterComboBox, "fixedCenter"),
            (ui.couchPositionComboBox, "couchPosition"),
        ):
            box.connect("activated(int)", lambda index, b=box, n=name: self._picked(b, n, index))
        ui.numbersButton.connect("contentsCollapsed(bool)", self.show)
        ui.copyNumbersButton.connect("clicked(bool)", self.onCopy)

    def enter(self) -> None:
        self._plans = DatabasePlans(slicer.dicomDatabase)

    def show(self, *_: Any) -> None:
        if self.ui.numbersButton.collapsed or self.state is None:
            return
        node = self.chosen.registration
        self.ui.noNumbersLabel.setVisible(node is None)
        self.ui.numbersWidget.setVisible(node is not None)
        self.tables = self.tablesOf(node) if node is not None else ()
        page = numbersPage(self.tables)
        if page != self._page:
            self._page = page
            self.ui.numbersBrowser.setHtml(page)

    def onCopy(self, checked: bool = False) -> None:
        """All tables with all digits go to the clipboard."""
        slicer.app.clipboard().setText(tablesText(self.tables))
        slicer.util.showStatusMessage(_("The numbers were copied."), 3000)

    def tablesOf(self, node: slicer.vtkMRMLTransformNode) -> tuple[NumberTable, ...]:
        """What is shown of a registration."""
        self.showCenters(node.IsLinear())
        if not node.IsLinear():
            told = _("A deformation has no one matrix; see the module IHE-RO Deformation.")
            return (NumberTable(node.GetName(), (), (), told, told),)
        try:
            transform = wayOfNode(node, self.chosen.base)
        except IHEROError as error:
            self.showCenters(False)
            told = f"{str(error)[0].upper()}{str(error)[1:]}."
            return (NumberTable(node.GetName(), (), (), told, told),)
        plans = self._plans.plans(self.chosen.base or self.chosen.overlay)
        fixed = self._showCenters(
            self.ui.fixedCenterComboBox,
            self.state.fixedCenter,
            centersIn(slicer.mrmlScene, transform.toFrame, plans),
        )
        same = Center(SAME, _("Same numbers as in the fixed frame"), fixed.point)
        origin, *others = centersIn(slicer.mrmlScene, transform.fromFrame, plans)
        moving = self._showCenters(
            self.ui.movingCenterComboBox, self.state.movingCenter, (origin, same, *others)
        )
        return self._linearTables(transform, moving, fixed)

    def showCenters(self, isShown: bool) -> None:
        """Whether centers can be chosen."""
        self.ui.centersWidget.setVisible(isShown)

    def _linearTables(
        self, transform: AffineTransform, moving: Center, fixed: Center
    ) -> tuple[NumberTable, ...]:
        whole = matrixTable(transform.matrix)
        position = self._showPosition()
        if not isRigid(transform):
            told = _("Angles and couch movements are told of rigid registrations only.")
            return whole, NumberTable(_("Angles"), (), (), told, told)
        points = np.asarray(moving.point), np.asarray(fixed.point)
        about = movementTable(transform, *points)
        if ORIGIN in (moving.key, fixed.key):
            told = _("Choose the isocenter in both frames to read a movement of the couch.")
        elif not position:
            told = _("Choose how the patient lies to read a movement of the couch.")
        else:
            return whole, about, couchTable(transform, *points, position)
        return whole, about, NumberTable(_("Couch, IEC 61217"), (), (), told, told)

    def _showCenters(self, box: Any, key: str, centers: Sequence[Center]) -> Center:
        """Offer `centers` in a box; the one of that key, else the first."""
        box.clear()
        for one in centers:
            box.addItem(one.name, one.key)
        index = max(box.findData(key), 0)
        box.setCurrentIndex(index)
        return centers[index]

    def _showPosition(self) -> str:
        """Offer the positions; the one that holds, "" where nothing tells it."""
        told = self._plans.patientPosition(self.chosen.overlay)
        told = told if told in POSITIONS else ""
        box = self.ui.couchPositionComboBox
        box.clear()
        own = _("As the moving image: {position}").format(position=told or _("not known"))
        box.addItem(own, "")
        for one in POSITIONS:
            box.addItem(one, one)
        box.setCurrentIndex(max(box.findData(self.state.couchPosition), 0))
        return self.state.couchPosition or told

    def _picked(self, box: Any, name: str, index: int) -> None:
        setattr(self.state, name, box.itemData(index) or "")
