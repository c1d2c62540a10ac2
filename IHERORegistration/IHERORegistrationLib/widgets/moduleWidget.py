"""The screen of a module: a column of panels over the module's parameter node."""

from __future__ import annotations

from typing import Any

import ctk
import qt
import slicer
import slicer.util
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget
from slicer.util import VTKObservationMixin
from vtkmodules.vtkCommonCore import vtkCommand

from ..databaseImages import knownImages
from ..errors import IHEROError
from ..nodeIdentity import rememberFrames
from .chosenRegistration import ChosenRegistration
from .keys import Keys
from .openSections import OpenSections
from .panel import Panel, busyCursor

SCENE_EVENTS = ("NodeAddedEvent", "NodeRemovedEvent", "EndBatchProcessEvent")


class ModuleWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Base of the widgets of both modules.

    Panels are told of changes together, once for all that happened since Qt was last at work.
    """

    def panelClasses(self) -> tuple[type[Panel], ...]:
        """The panels from above, imported when the screen is first needed."""
        raise NotImplementedError

    def newLogic(self) -> Any:
        """The module's logic, which keeps the parameter node."""
        raise NotImplementedError

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: Any = None
        self.panels: tuple[Panel, ...] = ()
        self.chosen: Any = None  # ChosenRegistration over the parameter node
        self.keys = Keys()
        self.sections: Any = None  # OpenSections
        self.isEntered = False
        self._node: Any = None
        self._timer: Any = None

    def setup(self) -> None:
        """Called by Slicer once, when the user first opens the module."""
        super().setup()
        self.logic = self.newLogic()
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.connect("timeout()", self.showPanels)
        self._useParameterNode()
        with busyCursor():
            self.panels = tuple(kind(self) for kind in self.panelClasses())
        sections: list[Any] = []
        for panel in self.panels:
            self.layout.addWidget(panel.widget)
            for section in panel.widget.findChildren(ctk.ctkCollapsibleButton):
                # opening it lets all of its widgets appear, also those that have nothing to tell
                section.connect("contentsCollapsed(bool)", self.scheduleShow)
                sections.append(section)
        self.sections = OpenSections(sections)
        self.layout.addStretch(1)
        self._connectPanels()
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneEndImport)
        for name in SCENE_EVENTS:
            self.addObserver(scene, getattr(scene, name), self.scheduleShow)

    def panel(self, kind: type) -> Any:
        """The panel of that class.

        Raises
            LookupError: this module has none.
        """
        for one in self.panels:
            if isinstance(one, kind):
                return one
        raise LookupError(f"{self.moduleName} has no {kind.__name__}")

    def enter(self) -> None:
        """Called by Slicer each time the user opens the module."""
        if not self.isEntered:
            self._listenToLayout()
        self.isEntered = True
        self._useParameterNode()
        self._connectPanels()
        for panel in self.panels:
            panel.enter()
        self.keys.activate(key for panel in self.panels for key in panel.givenKeys())
        with busyCursor():
            self.showPanels()

    def exit(self) -> None:
        """Called by Slicer each time the user leaves the module."""
        self.isEntered = False
        self._leaveLayout()
        self.keys.deactivate()
        for panel in self.panels:
            panel.exit()

    def cleanup(self) -> None:
        """Called by Slicer when it closes or reloads the module, also while the user is in it."""
        if self.isEntered:
            self.exit()
        for panel in self.panels:
            panel.cleanup()
        self.removeObservers()

    def _listenToLayout(self) -> None:
        """Show the present state when other views are shown."""
        manager = slicer.app.layoutManager()
        if manager is not None:  # Slicer may run without views
            manager.connect("layoutChanged(int)", self.scheduleShow)

    def _leaveLayout(self) -> None:
        manager = slicer.app.layoutManager()
        if manager is not None:
            manager.disconnect("layoutChanged(int)", self.scheduleShow)

    def scheduleShow(self, *_: Any) -> None:
        """Let the panels tell the present state soon."""
        if self.isEntered and not slicer.mrmlScene.IsBatchProcessing():
            self._timer.start()

    def showPanels(self) -> None:
        """Let the panels tell the present state now."""
        if self.isEntered and self._node is not None:
            rememberFrames(slicer.mrmlScene, knownImages(slicer.dicomDatabase))
            for panel in self.panels:
                self._show(panel)

    def _show(self, panel: Panel) -> None:
        """Let a panel tell the present state; what keeps it from that does not keep the others."""
        try:
            panel.show()
        except IHEROError as error:  # nobody wants a dialog at every change of the scene
            slicer.util.showStatusMessage(f"{type(panel).__name__}: {error}", 5000)

    def onSceneStartClose(self, scene: Any, event: Any) -> None:
        """The nodes of the scene go."""
        for panel in self.panels:
            panel.cleanup()
        self._leaveParameterNode()

    def onSceneEndClose(self, scene: Any, event: Any) -> None:
        """The scene is empty. The next one gets a parameter node of its own: Slicer keeps the old
        one, and with it all that followed it, so that each scene would be slower than the last.
        """
        node = scene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if node is not None:
            scene.RemoveNode(node)
        self._useParameterNode()
        self._connectPanels()
        self.scheduleShow()

    def onSceneEndImport(self, scene: Any, event: Any) -> None:
        """A scene was read. Parameters are held as they were when the parameter node was read, and
        then the nodes that they refer to were not there yet.
        """
        if self._node is not None:
            self._node.Modified()
            self.sections.show()
        self.scheduleShow()

    def _useParameterNode(self) -> None:
        """Work on the parameter node of the scene as it is now; it is made where it lacks."""
        node = self.logic.getParameterNode()
        if node is self._node:
            return
        self._leaveParameterNode()
        self._node = node
        self.chosen = ChosenRegistration(node)  # type: ignore[call-arg]  # see the decorator
        self.addObserver(node, vtkCommand.ModifiedEvent, self.scheduleShow)

    def _leaveParameterNode(self) -> None:
        if self._node is None:
            return
        self.removeObserver(self._node, vtkCommand.ModifiedEvent, self.scheduleShow)
        for panel in self.panels:
            if panel.state is not None:
                panel.state.disconnectGui(panel.guiTag)
            panel.state = None
        self.sections.leave()
        self._node = self.chosen = None

    def _connectPanels(self) -> None:
        """Bind the panels that are not bound yet to the parameter node."""
        for panel in self.panels:
            if panel.parameters is not None and panel.state is None:
                panel.state = panel.parameters(self._node)
                panel.guiTag = panel.state.connectParametersToGui(_bound(panel.ui))
        self.sections.use(self._node)


def _bound(ui: Any) -> dict[str, Any]:
    """The widgets that name a parameter, by its name. `connectGui` would find them too, but gives
    nothing back by which it could be undone.
    """
    named = {one.property("SlicerParameterName"): one for one in vars(ui).values()}
    return {name: widget for name, widget in named.items() if name}
