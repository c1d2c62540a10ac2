"""Whether a user can read and understand what a window shows: nothing cut off, nothing without a
tool tip.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6 import QtCore, QtWidgets

from .mainWindows import settle
from .standIns import standIn

SLACK = 1  # pixels, of rounding


def openEverything(window: QtWidgets.QWidget) -> None:
    """Open all sections of a window that can be collapsed."""
    for widget in window.findChildren(QtWidgets.QWidget):
        if isinstance(widget, (standIn("ctkCollapsibleButton"), standIn("ctkCollapsibleGroupBox"))):
            widget.collapsed = False
    settle()


def clippedTexts(window: QtWidgets.QWidget) -> list[str]:
    """What is shown in part only: “name: text” of each visible label, button, list or field."""
    kinds = ((QtWidgets.QLabel, _cutLabel), (QtWidgets.QAbstractButton, _cutButton))
    kinds += ((QtWidgets.QComboBox, _cutChoice), (QtWidgets.QAbstractSpinBox, _cutNumber))
    kinds += ((QtWidgets.QTabBar, _cutTabs),)
    found = []
    for widget in _visible(window):
        for kind, cut in kinds:
            if isinstance(widget, kind):
                text = cut(widget)
                if text:
                    found.append(f"{widget.objectName}: {text}")
                break
    return found


def neededWidth(panel: QtWidgets.QWidget) -> int:
    """The least width, pixels, in which a panel shows all its widgets side by side."""
    return panel.minimumSizeHint().width()


def withoutToolTip(window: QtWidgets.QWidget) -> list[str]:
    """The names of widgets that can be clicked or typed in, but do not tell what for."""
    headers = (standIn("ctkCollapsibleButton"), standIn("ctkCollapsibleGroupBox"))
    kinds = (
        QtWidgets.QAbstractButton,
        QtWidgets.QComboBox,
        QtWidgets.QAbstractSpinBox,
        QtWidgets.QLineEdit,
        QtWidgets.QAbstractSlider,
    )
    return [
        widget.objectName or widget.className()
        for widget in window.findChildren(QtWidgets.QWidget)
        if isinstance(widget, kinds)
        and not isinstance(widget, (*headers, QtWidgets.QScrollBar))
        and not isinstance(widget.parentWidget(), (QtWidgets.QTableView, QtWidgets.QTabBar))
        and not _isExplained(widget, window)
    ]


def _isExplained(widget, window) -> bool:
    """By its own tool tip, or by that of the widget of CTK or Slicer that it is a part of."""
    while widget is not None and widget is not window:
        if widget.toolTip:
            return True
        parent = widget.parentWidget()
        isPart = isinstance(parent, _WHOLES) or type(parent).__name__.startswith(("ctk", "qMRML"))
        if not isPart or parent.findChildren(QtWidgets.QLabel):
            return False
        widget = parent
    return False


_WHOLES = (QtWidgets.QAbstractSpinBox, QtWidgets.QComboBox, QtWidgets.QDialogButtonBox)


def _visible(window) -> Iterator[QtWidgets.QWidget]:
    for widget in window.findChildren(QtWidgets.QWidget):
        if widget.isVisible() and not widget.visibleRegion().isEmpty():
            yield widget


def _cutLabel(label) -> str:
    room = label.contentsRect()
    if not label.text or label.picture() is None:
        return ""
    if label.wordWrap:
        isCut = label.heightForWidth(label.width) > label.height + SLACK
    else:
        hint = label.sizeHint()
        isCut = hint.width() > label.width + SLACK or hint.height() > label.height + SLACK
    return label.text if isCut and not room.isEmpty() else ""


def _cutButton(button) -> str:
    if isinstance(button, (standIn("ctkCollapsibleButton"), standIn("ctkColorPickerButton"))):
        needed = button.fontMetrics().horizontalAdvance(button.text)
        return button.text if needed + 20 > button.width else ""
    hint = button.minimumSizeHint()
    isCut = hint.width() > button.width + SLACK or hint.height() > button.height + SLACK
    return button.text if button.text and isCut else ""


def _cutChoice(box) -> str:
    style, option = box.style(), QtWidgets.QStyleOptionComboBox()
    box.initStyleOption(option)
    part = QtWidgets.QStyle.SubControl.SC_ComboBoxEditField
    kind = QtWidgets.QStyle.ComplexControl.CC_ComboBox
    room = style.subControlRect(kind, option, part, box).width()
    needed = box.fontMetrics().horizontalAdvance(box.currentText)
    return box.currentText if needed > room + SLACK else ""


def _cutNumber(box) -> str:
    edit = box.findChild(QtWidgets.QLineEdit)
    needed = box.fontMetrics().horizontalAdvance(box.text)
    return box.text if edit is not None and needed > edit.width + SLACK else ""


def _cutTabs(bar) -> str:
    isCut = bar.sizeHint().width() > bar.width + SLACK
    texts = ", ".join(bar.tabText(number) for number in range(bar.count))
    return texts if isCut and QtCore.Qt.TextElideMode.ElideNone != bar.elideMode else ""
