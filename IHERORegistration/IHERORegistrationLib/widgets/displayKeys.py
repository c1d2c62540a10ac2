"""The keys of the display, and the list of all keys."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from ..registeredDisplay import Stepping
from .displayParameters import ShownAs
from .keys import Key, Keys

if TYPE_CHECKING:
    from .displayPanel import DisplayPanel


def displayKeys(panel: DisplayPanel) -> tuple[Key, ...]:
    """What keys do in the display."""

    def flip(name: str) -> None:
        setattr(panel.state, name, not getattr(panel.state, name))

    def nextStep() -> None:
        steps = tuple(Stepping)
        panel.setStep(steps[(steps.index(panel.state.scrollStep) + 1) % len(steps)])

    return (
        Key("Space", _("Registration on or off"), lambda: flip("isRegistrationShown")),
        Key("1", _("Fixed image only"), lambda: panel.setBlend(0)),
        Key("2", _("Both alike"), lambda: panel.setBlend(50)),
        Key("3", _("Moving image only"), lambda: panel.setBlend(100)),
        Key("s", _("Spyglass"), lambda: panel.toggleMode(ShownAs.SPYGLASS)),
        Key("c", _("Checkerboard"), lambda: panel.toggleMode(ShownAs.CHECKERBOARD)),
        Key("d", _("Difference in color"), lambda: panel.toggleMode(ShownAs.DIFFERENCE)),
        Key("e", _("Edges of the moving image"), lambda: panel.toggleMode(ShownAs.EDGES)),
        Key("w", _("Wipe"), lambda: panel.toggleMode(ShownAs.WIPE)),
        Key("x", _("Linked cursor on or off"), lambda: flip("isCursorLinked")),
        Key("p", _("Pin the place under the mouse, or let go of it"), panel.pinned.toggle),
        Key("o", _("Scroll by slices of either image or by 1 mm"), nextStep),
    )


def keysText(keys: Keys) -> str:
    """All keys that work now, and those that Slicer keeps for itself, as a page."""
    rows = "".join(
        f"<tr><td><b>{escape(key.sequence)}</b>&nbsp;&nbsp;</td><td>{escape(key.text)}</td></tr>"
        for key in keys.active
    )
    page = f"<p>{escape(_('Keys while this module is open'))}</p><table>{rows}</table>"
    if keys.taken:
        names = ", ".join(f"{key.sequence} ({key.text})" for key in keys.taken)
        told = _("Slicer uses these itself: {names}").format(names=names)
        page += f"<p>{escape(told)}</p>"
    slicers = _("Slicer's own in slice views: b f v r g t [ ] and the arrows.")
    return f"{page}<p>{escape(slicers)}</p>"
