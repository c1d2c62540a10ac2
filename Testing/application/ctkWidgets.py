"""What the stand-ins of CTK's widgets do. See `standIns`."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from .pythonQt import handler
from .standIns import behaves, emit

HEADER = 24  # pixels
WITHOUT_END = 16777215  # Qt's largest size


@behaves
class ctkCollapsibleButton:
    """A header that hides what lies below it."""

    def _build(self):
        self._hiddenByUs = []
        self.setCheckable(True)
        self.setChecked(True)
        self.setContentsMargins(2, HEADER, 2, 4)
        policy = QtWidgets.QSizePolicy.Policy
        self.setSizePolicy(policy.Preferred, policy.Preferred)
        self.connect("toggled(bool)", self._toggle)

    def _toggle(self, isOpen):
        self._showContent()
        emit(self, "contentsCollapsed(bool)", not isOpen)

    def _get_collapsed(self):
        return not self.checked

    def _set_collapsed(self, isCollapsed):
        self.setChecked(not isCollapsed)

    def _showContent(self):
        """Hide or show the children; those that somebody else hid stay hidden."""
        direct = QtCore.Qt.FindChildOption.FindDirectChildrenOnly
        for one in self.findChildren(QtWidgets.QWidget, options=direct):
            if not self.checked and not one.isHidden():
                self._hiddenByUs.append(one)
                one.hide()
        if self.checked:
            for one in self._hiddenByUs:
                one.show()
            self._hiddenByUs.clear()
        self.setMaximumHeight(WITHOUT_END if self.checked else HEADER)
        self.updateGeometry()

    @handler
    def showEvent(self, event):
        self._showContent()

    @handler
    def event(self, event):
        """What somebody shows in a collapsed section waits until it is opened."""
        if event.type() == QtCore.QEvent.Type.LayoutRequest and not self.checked:
            self._showContent()
        return QtWidgets.QAbstractButton.event(self, event)

    @handler
    def sizeHint(self):
        layout = self.layout()
        if layout is None or not self.checked:
            return QtCore.QSize(120, HEADER)
        hint = layout.totalSizeHint()
        return QtCore.QSize(max(hint.width(), 120), hint.height())

    @handler
    def paintEvent(self, event):
        painter = QtWidgets.QStylePainter(self)
        header = QtCore.QRect(0, 0, self.width, HEADER - 4)
        painter.fillRect(header, self.palette.mid())
        mark = "▾" if self.checked else "▸"
        header.adjust(6, 0, 0, 0)
        painter.drawText(header, QtCore.Qt.AlignmentFlag.AlignVCenter, f"{mark} {self.text}")


@behaves
class ctkCollapsibleGroupBox:
    """A group whose check mark hides what it holds."""

    def _build(self):
        self.setCheckable(True)
        self.setChecked(True)
        self.connect("toggled(bool)", self._showContent)

    def _get_collapsed(self):
        return not self.checked

    def _set_collapsed(self, isCollapsed):
        self.setChecked(not isCollapsed)

    def _showContent(self):
        direct = QtCore.Qt.FindChildOption.FindDirectChildrenOnly
        for one in self.findChildren(QtWidgets.QWidget, options=direct):
            one.setVisible(self.checked)
        self.setMaximumHeight(WITHOUT_END if self.checked else HEADER)

    @handler
    def showEvent(self, event):
        self._showContent()
