"""What is drawn over a view, brought up to date each time the view is drawn."""

from __future__ import annotations

from vtkmodules.vtkCommonCore import vtkCommand
from vtkmodules.vtkRenderingCore import vtkProp, vtkRenderer


class ViewProp:
    """A `prop` that is in the view of a renderer from now on, until `remove`."""

    def __init__(self, renderer: vtkRenderer, prop: vtkProp) -> None:
        self._renderer, self._prop = renderer, prop
        renderer.AddViewProp(prop)
        self._observer = renderer.AddObserver(vtkCommand.StartEvent, self._update)

    def remove(self) -> None:
        """Leave the view as it was."""
        self._renderer.RemoveObserver(self._observer)
        self._renderer.RemoveViewProp(self._prop)

    def _update(self, *_: object) -> None:
        """The view is about to be drawn."""
        raise NotImplementedError
