"""What the user does in a view, as events of VTK."""

from __future__ import annotations

from PySide6 import QtCore

Qt = QtCore.Qt
BUTTONS = {
    Qt.MouseButton.LeftButton: "LeftButton",
    Qt.MouseButton.RightButton: "RightButton",
    Qt.MouseButton.MiddleButton: "MiddleButton",
}
SYMBOLS = {
    Qt.Key.Key_Escape: "Escape",
    Qt.Key.Key_Return: "Return",
    Qt.Key.Key_Enter: "Return",
    Qt.Key.Key_Backspace: "BackSpace",
    Qt.Key.Key_Delete: "Delete",
    Qt.Key.Key_Tab: "Tab",
    Qt.Key.Key_Space: "space",
    Qt.Key.Key_Left: "Left",
    Qt.Key.Key_Right: "Right",
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_PageUp: "Prior",
    Qt.Key.Key_PageDown: "Next",
    Qt.Key.Key_Home: "Home",
    Qt.Key.Key_End: "End",
    Qt.Key.Key_Shift: "Shift_L",
    Qt.Key.Key_Control: "Control_L",
    Qt.Key.Key_Alt: "Alt_L",
}
NOTCH = 120  # of a wheel


def pixelSize(view) -> tuple[int, int]:
    """Columns and rows of the screen that a view takes."""
    ratio = view.devicePixelRatioF()
    return max(1, round(view.width * ratio)), max(1, round(view.height * ratio))


def moved(view, event) -> None:
    _tell(view, event, "MouseMoveEvent")


def pressed(view, event) -> None:
    view.setFocus()
    _tell(view, event, f"{BUTTONS[event.button()]}PressEvent")


def released(view, event) -> None:
    _tell(view, event, f"{BUTTONS[event.button()]}ReleaseEvent")


def doubleClicked(view, event) -> None:
    _tell(view, event, f"{BUTTONS[event.button()]}DoubleClickEvent")


def turned(view, event) -> None:
    notches = event.angleDelta().y() / NOTCH
    direction = "Forward" if notches > 0 else "Backward"
    for _ in range(max(1, round(abs(notches)))):
        _tell(view, event, f"MouseWheel{direction}Event")
    event.accept()


def entered(view, event) -> None:
    _tell(view, event, "EnterEvent")


def left(view, event) -> None:
    view.interactor().InvokeEvent("LeaveEvent")


def keyPressed(view, event) -> None:
    _tellKey(view, event, "KeyPressEvent")


def keyReleased(view, event) -> None:
    _tellKey(view, event, "KeyReleaseEvent")


def _tell(view, event, name: str) -> None:
    interactor = view.interactor()
    ratio = view.devicePixelRatioF()
    place = event.position()
    control, shift, alt = _modifiers(_modifiersOf(event))
    interactor.SetEventInformationFlipY(
        round(place.x() * ratio), round(place.y() * ratio), control, shift
    )
    interactor.SetAltKey(alt)
    interactor.InvokeEvent(name)


def _modifiersOf(event):
    """A QEnterEvent has none in some releases of Qt."""
    return event.modifiers() if hasattr(event, "modifiers") else Qt.KeyboardModifier.NoModifier


def _modifiers(modifiers) -> tuple[bool, bool, bool]:
    """Whether control, shift and alt are held."""
    kinds = Qt.KeyboardModifier
    return tuple(
        bool(modifiers & one)
        for one in (kinds.ControlModifier, kinds.ShiftModifier, kinds.AltModifier)
    )


def _tellKey(view, event, name: str) -> None:
    interactor = view.interactor()
    control, shift, alt = _modifiers(event.modifiers())
    letter = event.text() if event.text().isprintable() else ""
    symbol = SYMBOLS.get(event.key()) or letter
    code = letter if len(letter) == 1 and letter.isascii() else "\0"
    interactor.SetKeyEventInformation(control, shift, code, event.count(), symbol)
    interactor.SetAltKey(alt)
    interactor.InvokeEvent(name)
