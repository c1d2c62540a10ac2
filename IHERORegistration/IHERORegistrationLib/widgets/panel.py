"""A section of a module's screen: a .ui file and what its widgets do."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import qt
import slicer
import slicer.util

from ..errors import IHEROError, RegistrationCancelledError
from ..exportProposal import withoutOption
from .chosenRegistration import ChosenRegistration
from .keys import Key

if TYPE_CHECKING:
    from .moduleWidget import ModuleWidget


class Panel:
    """Base of all panels. Its .ui file has the name of the class and lies in Resources/UI of the
    module whose library the class is in; both modules may show it.

    A panel sets `parameters` to its own class of parameters (see parameterNodeWrapper), bound to
    the widgets that name them in the property SlicerParameterName. It connects its widgets in
    `setup` and shows what the parameters and the scene say in `show`, which is called after every
    change of either while the module is open, and never before.
    """

    parameters: ClassVar[type | None] = None

    def __init__(self, module: ModuleWidget) -> None:
        self.module = module
        self.state: Any = None  # of the class `parameters`, over the module's parameter node
        self.guiTag: Any = None  # of the connection between the two
        self.widget = slicer.util.loadUI(str(self.uiFile()))
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self.widget.setMRMLScene(slicer.mrmlScene)
        for label in slicer.util.findChildren(self.widget, className="QLabel"):
            if label.textFormat == qt.Qt.AutoText:  # names of nodes may look like HTML
                label.setTextFormat(qt.Qt.PlainText)
        self.setup()

    @classmethod
    def uiFile(cls) -> Path:
        """Where its widgets are described."""
        library = sys.modules[cls.__module__].__file__
        assert library is not None
        return Path(library).parents[2] / "Resources" / "UI" / f"{cls.__name__}.ui"

    @property
    def chosen(self) -> ChosenRegistration:
        """The registration and the images that all panels of the module work on."""
        return self.module.chosen

    def setup(self) -> None:
        """Connect the signals of the widgets, once."""

    def show(self) -> None:
        """Let the widgets tell what the parameters and the scene say now."""

    def givenKeys(self) -> tuple[Key, ...]:
        """The keys that act on this panel while the module is open."""
        return ()

    def enter(self) -> None:
        """The user comes to the module."""

    def exit(self) -> None:
        """The user goes to another module."""

    def cleanup(self) -> None:
        """The module is taken down, or its scene is closed: let go of nodes and views."""


@contextlib.contextmanager
def busyCursor() -> Iterator[None]:
    """What takes a moment: the cursor says so, and nothing else happens meanwhile."""
    qt.QApplication.setOverrideCursor(qt.Qt.BusyCursor)
    try:
        yield
    finally:
        qt.QApplication.restoreOverrideCursor()


@contextlib.contextmanager
def shownErrors(message: str, *, waitCursor: bool = False) -> Iterator[None]:
    """What a button does: a failure is told in one dialog that begins with `message`; the cursor
    says that one has to wait, if `waitCursor`.

    A refusal of ours ends there, as the user knows of it; anything else goes on, to Slicer's log.
    Who cancelled needs no dialog.
    """
    try:
        with slicer.util.tryWithErrorDisplay(message, waitCursor=waitCursor):
            try:
                yield
            except RegistrationCancelledError as cancelled:
                slicer.util.showStatusMessage(str(cancelled), 5000)
            except IHEROError as error:  # here nobody types options
                error.args = tuple(
                    withoutOption(one) if isinstance(one, str) else one for one in error.args
                )
                raise
    except IHEROError:
        if slicer.app.testingEnabled():  # nobody was told
            raise
