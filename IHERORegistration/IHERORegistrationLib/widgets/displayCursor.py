"""The cursor in the slice views: linked through the registration, and what is under it in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from slicer.i18n import tr as _

from IHERODeformationLib.nodeMap import NodeMap
from IHERODeformationLib.pictures.field import POINTS_FITTED, somePoints

from ..displayLayouts import Role, roleOf
from ..errors import IHEROError, LandmarkError
from ..landmarks import nearestMotion
from ..nodeIdentity import modalityOfNode
from ..nodeVolumes import volumeFromNode
from ..pointReadout import PlacedVolume, PointReadout, pointReadout
from .displayTexts import readoutLines
from .linkedCursor import CursorLink, CursorPlace, cursorOf, markedAt

if TYPE_CHECKING:
    from .displayPanel import DisplayPanel


class DisplayCursor:
    """Follows Slicer's crosshair node; `center` is where it was last, RAS mm in the world, and
    `last` the view that it is in and the place in that view's coordinates, LPS mm.
    """

    def __init__(self, panel: DisplayPanel) -> None:
        self.center: tuple[float, float, float] | None = None
        self.last: tuple[str, np.ndarray] | None = None
        self._panel = panel
        self._link = CursorLink()
        self._rigid: tuple[Any, np.ndarray | None] = ((), None)  # of which two maps

    def onMoved(self, crosshair: Any, event: Any) -> None:
        """The mouse moved in a view."""
        panel, found = self._panel, cursorOf(crosshair)
        self.last = found
        if found is None or panel.shown.base is None:
            panel.views.point(None, native=True)
            return
        name, point = found
        if not panel.views.sees(name):  # it is told of a view that has just left the screen
            return
        try:
            self._follow(point, isNative=roleOf(name) is Role.NATIVE)
        except IHEROError as error:  # nobody wants a dialog at every move of the mouse
            panel.views.point(None, native=True)
            panel.ui.readoutLabel.text = str(error)

    def _follow(self, point: np.ndarray, *, isNative: bool) -> None:
        panel = self._panel
        place = self._place(point, isNative=isNative)
        center = markedAt(place.world)
        if center is not None:
            x, y, z = center
            self.center = (x, y, z)
            panel.views.style(panel.style())
        self._pointIn(place, isNative=isNative)
        panel.ui.readoutLabel.text = self._text(place)

    def _place(self, point: np.ndarray, *, isNative: bool) -> CursorPlace:
        if self._panel.shown.overlay is None:
            return CursorPlace(point, np.full(3, np.nan))
        if isNative:
            return self._link.fromNative(self._panel.registered(), point)
        return self._link.fromWorld(self._panel.registered(), point)

    def _pointIn(self, place: CursorPlace, *, isNative: bool) -> None:
        """Show the place in the views of the other coordinates."""
        views = self._panel.views
        there = markedAt(place.world if isNative else place.native)
        isLinked = self._panel.state.isCursorLinked and views.haveNative
        views.point(there if isLinked else None, native=not isNative)

    def _text(self, place: CursorPlace) -> str:
        if not np.isfinite(place.world).all():
            return _("Here the registration is undefined.")
        return " · ".join(readoutLines(self.readout(place), self.units(), place.residual))

    def units(self) -> tuple[str, str]:
        """Those of the values of base and overlay."""
        chosen = self._panel.module.chosen
        return _unit(chosen.base), _unit(chosen.overlay)

    def ownPlace(self, name: str, point: np.ndarray) -> np.ndarray:
        """The place, in the base's own coordinates, of a point in the view of that name, shape
        (3,) LPS mm; NaN where undefined.
        """
        world = self._place(point, isNative=roleOf(name) is Role.NATIVE).world
        return self._way(self._panel.shown.base)(world[None])[0]

    def placeOf(self, own: np.ndarray) -> CursorPlace:
        """The place of a point in the base's own coordinates, shape (3,) LPS mm."""
        base: Any = self._panel.shown.base
        _, back = self._link.maps(base.GetParentTransformNode())
        return self._place(back(own[None])[0], isNative=False)

    def readout(self, place: CursorPlace) -> PointReadout:
        """What is there, as the views show it now."""
        shown = self._panel.shown
        overlay = None if shown.overlay is None else self._placed(shown.overlay)
        isLinear = overlay is None or self._way(shown.overlay).isLinear
        return pointReadout(
            place.world,
            self._placed(shown.base),
            overlay,
            None if shown.dose is None else self._placed(shown.dose),
            withJacobian=not isLinear,
            rigid=None if isLinear else self._rigidPart(),
        )

    def _rigidPart(self) -> np.ndarray | None:
        """Of the way from base to overlay, shape (4, 4); None where too little is defined."""
        shown: Any = self._panel.shown
        maps = self._link.maps(shown.base.GetParentTransformNode())[1], self._way(shown.overlay)
        if self._rigid[0] != maps:
            points = somePoints(volumeFromNode(shown.base, "").lattice, POINTS_FITTED)
            try:
                self._rigid = (maps, nearestMotion(points, maps[1](maps[0](points))))
            except LandmarkError:
                self._rigid = (maps, None)
        return self._rigid[1]

    def _placed(self, node: Any) -> PlacedVolume:
        return PlacedVolume(node, self._way(node))

    def _way(self, node: Any) -> NodeMap:
        """From the world to the own coordinates of `node`."""
        return self._link.maps(node.GetParentTransformNode())[0]


def _unit(node: Any) -> str:
    return "HU" if node is not None and modalityOfNode(node) == "CT" else ""
