"""Somebody at Slicer's main window: clicks, types and looks, on the application's stand-in."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import slicer
import slicer.util
from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtTest import QTest

from application import dialogs
from application.imageReader import useImageReader
from application.mainWindows import mainWindow, settle
from application.pythonQt import failures
from application.runningApplication import loadModule, runningApplication
from application.standIns import standIn
from namedPanels import panelOf

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("IHERORegistration", "IHERODeformation")
SIZE = (1600, 1000)
PATIENCE = 60  # s
RIGID, DEFORMABLE = MODULES
LEFT = QtCore.Qt.MouseButton.LeftButton
TITLE = 26  # pixels of a dialog's title bar
HEADER = QtCore.QPoint(60, 10)  # where one clicks the header of a panel


@contextlib.contextmanager
def userOf(settings: Path, dicomFolder: Path, size: tuple[int, int] = SIZE) -> Iterator[User]:
    """A user before Slicer, with both modules and the files of a folder in the DICOM database."""
    dialogs.forget()
    with runningApplication(settings, dicomFolder, testing=False):
        slicer.dicomDatabase._directory = str(settings / "database")
        for name in MODULES:
            loadModule(ROOT / name / f"{name}.py")
        useImageReader()
        slicer.app.startupCompleted.emit()
        yield User(mainWindow(size=size))


class User:
    """`window` is Slicer's main window."""

    def __init__(self, window: Any) -> None:
        self.window = window
        self.module: Any = None  # the widget of the open module
        self._behind: QtGui.QImage | None = None  # the window while a question was asked

    def openModule(self, name: str) -> None:
        """Choose a module from Slicer's list.

        Raises
            what went wrong in it.
        """
        self.window.moduleSelector().selectModule(name)
        self.module = getattr(slicer.modules, f"{name}Widget")
        settle()
        if failures:
            raise failures[0]

    def panel(self, name: str) -> Any:
        """The panel of the open module whose class has that name."""
        return panelOf(self.module, name)

    def showOnly(self, *names: str) -> None:
        """Open these panels and close all others, by their headers."""
        kind = standIn("ctkCollapsibleButton")
        for panel in self.module.panels:
            header = panel.widget.findChild(kind)
            if header.collapsed is (type(panel).__name__ in names):
                self.click(header, HEADER)
        self.bringUp(self.module.panels[0].widget)

    def click(self, widget: Any, at: QtCore.QPoint | None = None) -> None:
        """Scroll to a widget and click it.

        Raises
            LookupError: one does not see it, or it is disabled.
        """
        self.bringUp(widget)
        if not (widget.isVisible() and widget.isEnabled()):
            raise LookupError(f"{widget.objectName} cannot be clicked now")
        if at is None and isinstance(widget, QtWidgets.QCheckBox):
            at = QtCore.QPoint(8, widget.height // 2)
        arguments = (widget, LEFT) if at is None else (widget, LEFT, QtCore.Qt.NoModifier, at)
        QTest.mouseClick(*arguments)
        settle()

    def bringUp(self, widget: Any) -> None:
        """Scroll the module until a widget is seen."""
        above = widget.parentWidget()
        while above is not None and not isinstance(above, QtWidgets.QScrollArea):
            above = above.parentWidget()
        if above is not None:
            settle()
            above.ensureWidgetVisible(widget)
            settle()

    def key(self, key: QtCore.Qt.Key) -> None:
        """Press a key in the window."""
        self.window.activateWindow()
        settle()
        QTest.keyClick(self.window, key)
        settle()

    def pick(self, box: Any, text: str) -> None:
        """Choose the entry of a combo box that begins with a text."""
        number = next(one for one in range(box.count) if box.itemText(one).startswith(text))
        self.bringUp(box)
        box.setCurrentIndex(number)
        box.activated.emit(number)
        settle()

    def pickNode(self, selector: Any, node: Any) -> None:
        """Choose a node in one of Slicer's selectors."""
        self.bringUp(selector)
        selector.setCurrentNode(node)
        settle()

    def typeIn(self, edit: Any, text: str) -> None:
        """Type a text in place of what is there."""
        self.bringUp(edit)
        edit.clear()
        QTest.keyClicks(edit, text)
        settle()

    def clickLink(self, browser: Any, link: str) -> None:
        """Click the first place of a page that leads to a link beginning so."""
        self.bringUp(browser)
        view = browser.viewport()
        for y in range(3, view.height, 4):
            at = QtCore.QPoint(30, y)
            if browser.anchorAt(at).startswith(link):
                QTest.mouseClick(view, LEFT, QtCore.Qt.NoModifier, at)
                settle()
                return
        raise LookupError(f"nothing of {browser.objectName} leads to {link}")

    def wait(self, until: Callable[[], bool]) -> None:
        """Look on while Slicer works.

        Raises
            TimeoutError: it took too long.
        """
        end = time.monotonic() + PATIENCE
        while not until():
            if time.monotonic() > end:
                raise TimeoutError(f"nothing happened in {PATIENCE} s")
            slicer.app.processEvents()
            time.sleep(0.01)
        settle()

    # slice views

    def view(self, name: str) -> Any:
        """The slice view of that name."""
        return slicer.app.layoutManager().sliceWidget(name).sliceView()

    def slicesAt(self, point: np.ndarray) -> None:
        """Bring all views to a point of the world, LPS mm."""
        for name in slicer.app.layoutManager().sliceViewNames():
            node = self.view(name).mrmlSliceNode()
            node.JumpSliceByOffsetting(-point[0], -point[1], point[2])
        settle()

    def pointAt(self, name: str, point: np.ndarray) -> None:
        """Move the mouse to a point of the world, LPS mm, in the plane of a view."""
        QTest.mouseMove(self.view(name), self._placeOf(name, point))
        settle()

    def clickAt(self, name: str, point: np.ndarray) -> None:
        """Click there."""
        self.pointAt(name, point)
        QTest.mouseClick(self.view(name), LEFT, QtCore.Qt.NoModifier, self._placeOf(name, point))
        settle()

    def _placeOf(self, name: str, point: np.ndarray) -> QtCore.QPoint:
        view = self.view(name)
        column, row, _ = view.convertRASToXYZ([-point[0], -point[1], point[2]])
        ratio = view.devicePixelRatioF()
        return QtCore.QPoint(round(column / ratio), view.height - 1 - round(row / ratio))

    def pixels(self, name: str) -> np.ndarray:
        """What a view shows, uint8 (rows, columns, 3), the top row first."""
        view = self.view(name)
        view.forceRender()
        return pixelsOf(view.grab().toImage())

    def pointsOf(self, name: str) -> np.ndarray:
        """Where the pixels of a view lie, LPS mm (rows, columns, 3)."""
        view = self.view(name)
        rows, columns = view.height, view.width
        matrix = slicer.util.arrayFromVTKMatrix(view.mrmlSliceNode().GetXYToRAS())
        ratio = view.devicePixelRatioF()
        row, column = np.mgrid[0:rows, 0:columns]
        xy = np.stack([column, rows - 1 - row, 0 * row, 1 / ratio + 0 * row], axis=-1) * ratio
        return (xy @ matrix.T)[..., :3] * (-1, -1, 1)

    # the window

    def sayYes(self, question: QtWidgets.QMessageBox) -> None:
        """Answer a question that waits for it."""
        self._behind = self._grab()
        question.button(QtWidgets.QMessageBox.StandardButton.Yes).click()

    def picture(self, dialog: dialogs.ShownDialog | None = None) -> QtGui.QImage:
        """The whole window; with a dialog that was shown in its middle, over what lay behind it."""
        whole = self._grab()
        if dialog is not None:
            whole, self._behind = self._behind or whole, None
            _layOver(whole, dialog)
        return whole

    def _grab(self) -> QtGui.QImage:
        for header in self.window.findChildren(standIn("ctkCollapsibleButton")):
            if header.collapsed:
                header._showContent()  # CTK hides by itself what comes into a closed section
        settle()
        return self.window.grab().toImage()


def _layOver(whole: QtGui.QImage, dialog: dialogs.ShownDialog) -> None:
    """Draw a dialog, with the frame that a desktop gives it, in the middle of a picture."""
    size = dialog.picture.deviceIndependentSize().toSize()
    frame = QtCore.QRect(0, 0, size.width() + 2, size.height() + TITLE + 1)
    frame.moveCenter(whole.rect().center())
    painter = QtGui.QPainter(whole)
    painter.setBrush(QtGui.QColor("#404a55"))
    painter.setPen(QtGui.QColor("#202830"))
    painter.drawRect(frame)
    painter.setPen(QtGui.QColor("white"))
    title = QtCore.QRect(frame.left() + 10, frame.top(), frame.width() - 20, TITLE)
    painter.drawText(title, QtCore.Qt.AlignmentFlag.AlignVCenter, dialog.title)
    painter.drawPixmap(frame.left() + 1, frame.top() + TITLE, dialog.picture)
    painter.end()


def pixelsOf(image: QtGui.QImage) -> np.ndarray:
    """uint8 (rows, columns, 3), the top row first."""
    image = image.convertToFormat(QtGui.QImage.Format.Format_RGB888)
    rows, columns = image.height(), image.width()
    bits = np.frombuffer(image.constBits(), np.uint8).reshape(rows, image.bytesPerLine())
    return bits[:, : 3 * columns].reshape(rows, columns, 3).copy()
