"""The slice views on the screen, with what this product draws in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer

from ..displayedLayers import Image, ShownImages, endSteps, setStep, showIn
from ..displayLayouts import VIEW, Plane, Role, roleOf
from ..isodoses import Isodoses
from ..registeredDisplay import Stepping
from ..scene import LPS_TO_RAS
from ..sliceFusion import FusionStyle, SliceFusion
from ..viewMarks import PIN_COLOR, Urgency, ViewCursor, ViewNote
from .viewMouse import ViewClick, ViewWheel


@dataclass(frozen=True, eq=False)
class MarkedView:
    """A slice view and our marks in it."""

    name: str
    widget: Any  # qMRMLSliceWidget
    fusion: SliceFusion
    isodoses: Isodoses
    note: ViewNote
    cursor: ViewCursor
    pin: ViewCursor
    click: ViewClick
    wheel: ViewWheel

    @property
    def role(self) -> Role:
        return roleOf(self.name)

    @property
    def isSeen(self) -> bool:
        """Whether it belongs to the present layout."""
        return self.widget.visible

    @property
    def logic(self) -> slicer.vtkMRMLSliceLogic:
        return self.widget.sliceLogic()

    @property
    def node(self) -> slicer.vtkMRMLSliceNode:
        return self.widget.mrmlSliceNode()

    @property
    def composite(self) -> slicer.vtkMRMLSliceCompositeNode:
        return self.widget.mrmlSliceCompositeNode()

    def draw(self) -> None:
        self.widget.sliceView().scheduleRender()

    def remove(self) -> None:
        """Take our marks out of it."""
        marks = (self.fusion, self.isodoses, self.note, self.cursor, self.pin)
        for one in (*marks, self.click, self.wheel):
            one.remove()
        self.draw()


class DisplayedViews:
    """All slice views of the present layout. Whoever uses it calls `remove` in the end, after
    which it can be used again.
    """

    def __init__(
        self, onWheel: Callable[[int], bool], onClick: Callable[[str, np.ndarray], None]
    ) -> None:
        self._onWheel = onWheel  # is told of steps with Shift held; whether it took them
        self._onClick = onClick  # is told the view and the place in its coordinates, LPS mm
        self._views: dict[str, MarkedView] = {}
        self._shown: dict[str, object] = {}  # what each view was last told to show
        self._steps: dict[str, object] = {}

    def __iter__(self) -> Iterator[MarkedView]:
        return iter(tuple(self._views.values()))

    def refresh(self) -> None:
        """Mark the views that are new."""
        manager = slicer.app.layoutManager()
        if manager is None:
            return
        for name in manager.sliceViewNames():
            widget = manager.sliceWidget(name)
            if name not in self._views and widget.mrmlSliceNode() is not None:
                self._views[name] = self._marked(name, widget)

    def _marked(self, name: str, widget: Any) -> MarkedView:
        view = widget.sliceView()
        renderer = view.renderWindow().GetRenderers().GetFirstRenderer()
        return MarkedView(
            name,
            widget,
            SliceFusion(widget.sliceLogic(), renderer),
            Isodoses(widget.sliceLogic(), renderer),
            ViewNote(renderer),
            ViewCursor(widget.mrmlSliceNode(), renderer),
            ViewCursor(widget.mrmlSliceNode(), renderer, PIN_COLOR),
            ViewClick(view.interactor(), lambda pixel: self._clicked(name, pixel)),
            ViewWheel(view.interactor(), self._onWheel),
        )

    def _clicked(self, name: str, pixel: tuple[int, int]) -> None:
        toRAS = slicer.util.arrayFromVTKMatrix(self._views[name].node.GetXYToRAS())
        self._onClick(name, (LPS_TO_RAS @ toRAS @ (*pixel, 0, 1))[:3])

    def remove(self) -> None:
        """Take all marks out of the views and let Slicer choose their steps."""
        for view in self._views.values():
            view.remove()
            if view.name in self._steps and view.node is not None:
                endSteps(view.node)
        self._views, self._shown, self._steps = {}, {}, {}

    def forget(self) -> None:
        """Somebody else set the views: what they were told before does not count any more."""
        self._shown = {}

    def show(self, images: ShownImages, opacity: float, doseOpacity: float) -> None:
        """Let each view show what it is for. A view that a user has since set otherwise stays so
        until something else is to be shown.
        """
        nodes = (images.base, images.overlay, images.native, images.dose)
        told = (*(None if one is None else one.GetID() for one in nodes), opacity, doseOpacity)
        for view in self._views.values():
            if self._shown.get(view.name) == told:
                continue
            self._shown[view.name] = told
            before = view.composite.GetBackgroundVolumeID()
            showIn(view.composite, view.role, images, opacity, doseOpacity)
            if view.name.startswith(VIEW):
                view.composite.SetLinkedControl(True)
            if view.composite.GetBackgroundVolumeID() != before:
                self._fit(view, images)

    def fit(self, images: ShownImages) -> None:
        """Bring all of the base, or of what is shown alone, into each view that one sees."""
        for view in self._views.values():
            if view.isSeen:
                self._fit(view, images)

    def _fit(self, view: MarkedView, images: ShownImages) -> None:
        ground = images.native if view.role is Role.NATIVE else images.base
        if ground is not None and ground.GetImageData() is not None:
            _fitTo(view, ground)
            self._steps.pop(view.name, None)  # from its nearest slice again

    def step(self, stepping: Stepping, base: Image, overlay: Image | None) -> None:
        """Let each view go by the slices of an image, or by 1 mm."""
        key = (stepping, base.GetID(), None if overlay is None else overlay.GetID())
        for view in self._views.values():
            isNative = view.role is Role.NATIVE
            if isNative and overlay is None:
                continue
            if self._steps.get(view.name) != key:
                self._steps[view.name] = key
                setStep(view.node, stepping, overlay if isNative else base, overlay)

    def style(self, style: FusionStyle) -> None:
        """Fuse the images so."""
        for view in self._views.values():
            if view.fusion.style != style:
                view.fusion.style = style
                view.draw()

    def showIsodoses(self, *, isShown: bool, reference: float) -> None:
        """Draw lines of equal dose where a view shows a dose, or none; see isodoses.py."""
        for view in self._views.values():
            lines = view.isodoses
            if (lines.isShown, lines.reference) != (isShown, reference):
                lines.isShown, lines.reference = isShown, reference
                view.draw()

    @property
    def haveNative(self) -> bool:
        """Whether one sees the overlay in its own coordinates."""
        return any(view.isSeen and view.role is Role.NATIVE for view in self._views.values())

    def sees(self, name: str) -> bool:
        """Whether the view of that name is one of those on the screen."""
        return name in self._views and self._views[name].isSeen

    def note(self, text: str, urgency: Urgency, roles: Iterable[Role]) -> None:
        """Say it in the corner of the views of these roles, and nothing in the others."""
        wanted = set(roles)
        for view in self._views.values():
            told = text if view.role in wanted else ""
            if (view.note.text, view.note.urgency) != (told, urgency):
                view.note.text, view.note.urgency = told, urgency
                view.draw()

    def setOpacity(self, opacity: float) -> None:
        """For a moment, without changing what the user chose."""
        for view in self._views.values():
            if view.role in (Role.FUSED, Role.DOSE):
                view.composite.SetForegroundOpacity(opacity)

    def point(self, ras: np.ndarray | None, *, native: bool) -> None:
        """Put the cursor at that point in the views of the overlay's own coordinates, or in all
        others, and bring their planes there; None hides it.
        """
        for view in self._views.values():
            isThere = view.isSeen and (view.role is Role.NATIVE) == native
            position = ras if isThere else None
            if position is None and view.cursor.position is None:
                continue
            view.cursor.position = position
            if position is not None:
                x, y, z = position
                view.node.JumpSliceByOffsetting(x, y, z)
            view.draw()

    def pin(self, world: np.ndarray | None, native: np.ndarray | None) -> None:
        """Mark a place: in the views of the overlay's own coordinates `native`, in all others
        `world`, RAS mm; None takes the mark away.
        """
        for view in self._views.values():
            position = native if view.role is Role.NATIVE else world
            before = view.pin.position
            isSame = before is position or (
                before is not None and position is not None and np.array_equal(before, position)
            )
            if not isSame:
                view.pin.position = position
                view.draw()


def _fitTo(view: MarkedView, volume: Image) -> None:
    """Bring the middle of `volume` into the view, all of it, in one of the patient's planes."""
    for plane in Plane:
        if view.name.endswith(plane.value[0]):
            view.node.SetOrientation(plane.value[0])
    columns, rows, _ = view.node.GetDimensions()
    view.logic.FitSliceToVolume(volume, columns, rows)
    bounds = [0.0] * 6
    volume.GetRASBounds(bounds)
    view.node.JumpSliceByOffsetting(*(np.add(bounds[::2], bounds[1::2]) / 2))
