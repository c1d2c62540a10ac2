"""One drawing over all slice views that show an image as their base."""

from __future__ import annotations

from typing import Any

import slicer

from ..pictures.sliceDrawing import Draw, SliceDrawing


class SliceDrawings:
    """Follows the layout: call `show` again when it has changed."""

    def __init__(self) -> None:
        self._ofViews: dict[str, tuple[SliceDrawing, Any]] = {}  # by name; with the view

    def show(self, draw: Draw | None, base: slicer.vtkMRMLScalarVolumeNode | None) -> None:
        """Over each view of `base` what `draw` makes of its slice, until it is called again."""
        if draw is None or base is None:
            self.remove()
            return
        manager = slicer.app.layoutManager()
        for name in manager.sliceViewNames() if manager is not None else ():
            if name not in self._ofViews:
                widget = manager.sliceWidget(name)
                renderer = widget.sliceView().renderWindow().GetRenderers().GetFirstRenderer()
                drawing = SliceDrawing(widget.sliceLogic(), renderer)
                self._ofViews[name] = drawing, widget.sliceView()
            drawing, view = self._ofViews[name]
            drawing.show(draw, base.GetID())
            view.scheduleRender()

    def remove(self) -> None:
        """Leave all views as they were."""
        for drawing, view in self._ofViews.values():
            drawing.remove()
            view.scheduleRender()
        self._ofViews = {}
