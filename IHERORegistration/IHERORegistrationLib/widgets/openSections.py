"""Which sections of a screen are open, kept with the scene."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from slicer.parameterNodeWrapper import parameterNodeWrapper

from ..keptText import namesInText


@parameterNodeWrapper
class SectionParameters:
    """`openedSections` are the names of the open sections, a list in JSON; empty as long as nobody
    has opened or closed one.
    """

    openedSections: str


class OpenSections:
    """`sections` are collapsible buttons with names of their own. In a scene that tells nothing of
    them they stay as they are.
    """

    def __init__(self, sections: Iterable[Any]) -> None:
        self._sections = {one.objectName: one for one in sections}
        self._state: Any = None
        self._isShowing = False
        for one in self._sections.values():
            one.connect("contentsCollapsed(bool)", self._keep)

    def use(self, node: Any) -> None:
        """Go by a parameter node from now on."""
        if self._state is None:
            self._state = SectionParameters(node)  # type: ignore[call-arg]  # see the decorator
            self.show()

    def leave(self) -> None:
        """The parameter node goes."""
        self._state = None

    def show(self) -> None:
        """Open and close them as the parameter node says."""
        opened = None if self._state is None else namesInText(self._state.openedSections)
        if opened is None:
            return
        self._isShowing = True
        for name, section in self._sections.items():
            section.collapsed = name not in opened
        self._isShowing = False

    def _keep(self, *_: Any) -> None:
        if self._state is not None and not self._isShowing:
            opened = [name for name, one in self._sections.items() if not one.collapsed]
            self._state.openedSections = json.dumps(opened)
