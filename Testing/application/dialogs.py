"""Dialogs that were shown, and what answers them.

In Slicer a dialog waits for the user. Here `exec_` shows it, keeps what it said in `shown` and
gives it the next one of `answers`:

    "Yes"          the button with that text, an & aside
    a Path         what was chosen in a file dialog
    None           the dialog is closed
    a function     is called with the dialog, and presses what it wants there

Without an answer left, a dialog with at most one button is closed by it; any other is closed too,
and the application ends with an error that tells its text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from .pythonQt import failures, qt
from .standIns import behaves

Answer = str | Path | None | Callable[[QtWidgets.QDialog], None]
ICONS = QtWidgets.QMessageBox.Icon


@dataclass(frozen=True)
class ShownDialog:
    kind: str  # Critical, Warning, Information, Question; else the class of the dialog
    title: str
    text: str
    buttons: tuple[str, ...]
    picture: QtGui.QPixmap = field(repr=False)


shown: list[ShownDialog] = []
answers: list[Answer] = []


def cancelWork() -> None:
    """Press the button of the progress dialog that comes next, as soon as it is there."""
    timer = QtCore.QTimer(QtWidgets.QApplication.instance())

    def look():
        for widget in QtWidgets.QApplication.topLevelWidgets():
            if isinstance(widget, QtWidgets.QProgressDialog) and widget.isVisible():
                timer.stop()
                widget.findChild(QtWidgets.QPushButton).click()
                return

    timer.timeout.connect(look)
    timer.start(0)


def forget() -> None:
    """Begin anew."""
    shown.clear()
    answers.clear()


def _exec(dialog: QtWidgets.QDialog) -> Any:
    dialog.show()
    QtWidgets.QApplication.processEvents()
    shown.append(_told(dialog))
    ended: list = []
    dialog.finished.connect(ended.append)
    if answers:
        _give(dialog, answers.pop(0))
    else:
        _dismiss(dialog)
    if not ended:
        dialog.done(0)
    if isinstance(dialog, QtWidgets.QMessageBox) and dialog.clickedButton() is not None:
        return dialog.standardButton(dialog.clickedButton())
    return ended[0]


def _told(dialog: QtWidgets.QDialog) -> ShownDialog:
    if isinstance(dialog, QtWidgets.QMessageBox):
        kind, text = dialog.icon.name, dialog.text
    else:
        kind = dialog.className()
        text = "\n".join(one.text for one in dialog.findChildren(QtWidgets.QLabel))
    buttons = tuple(_plain(one.text) for one in _buttons(dialog))
    return ShownDialog(kind, dialog.windowTitle.strip(), text, buttons, dialog.grab())


def _buttons(dialog: QtWidgets.QDialog) -> list[QtWidgets.QPushButton]:
    """What ends the dialog."""
    if isinstance(dialog, QtWidgets.QMessageBox):
        action = QtWidgets.QMessageBox.ButtonRole.ActionRole  # “Show Details…”
        return [one for one in dialog.buttons() if dialog.buttonRole(one) != action]
    return [one for one in dialog.findChildren(QtWidgets.QPushButton) if one.isVisible()]


def _plain(text: str) -> str:
    return text.replace("&", "")


def _give(dialog: QtWidgets.QDialog, answer: Answer) -> None:
    if callable(answer):
        answer(dialog)
        return
    if answer is None:
        dialog.reject()
        return
    found = [one for one in _buttons(dialog) if _plain(one.text) == str(answer)]
    if not found:
        raise LookupError(f"{dialog.windowTitle} has no button {answer}: {shown[-1].buttons}")
    found[0].click()


def _dismiss(dialog: QtWidgets.QDialog) -> None:
    buttons = _buttons(dialog)
    if len(buttons) > 1:
        failures.append(AssertionError(f"nobody answered “{shown[-1].text}”"))
    elif buttons:
        buttons[0].click()


def _fileDialog(kind: str) -> Callable:
    def ask(parent=None, caption="", *_):
        picture = QtGui.QPixmap(1, 1)
        shown.append(ShownDialog(kind, caption, "", ("Open", "Cancel"), picture))
        if not answers:
            failures.append(AssertionError(f"nobody chose a file for “{caption}”"))
        answer = answers.pop(0) if answers else None
        return str(answer) if answer is not None else ""  # PythonQt gives the text alone

    return staticmethod(ask)


@behaves
class ctkMessageBox:
    """A message box; it always shows again."""

    def exec_(self):
        return _exec(self)


def _useInQt() -> None:
    QtWidgets.QDialog.exec_ = _exec
    for name in ("getOpenFileName", "getSaveFileName", "getExistingDirectory"):
        setattr(qt.QFileDialog, name, _fileDialog(name))


_useInQt()
