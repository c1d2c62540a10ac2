"""What the stand-in of the layout manager does: views as Slicer's layout logic describes them,
Slicer's own layouts and those that a module adds. See `standIns`.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

import slicer
from PySide6 import QtCore, QtWidgets
from vtkmodules.vtkCommonCore import vtkCommand

from . import displayableManagers
from .applicationLogic import ApplicationLogic
from .standIns import behaves, emit, standIn

SLICES, SPACE = "vtkMRMLSliceNode", "vtkMRMLViewNode"
GRID = {"row": 0, "column": 0, "rowspan": 1, "colspan": 1}


@behaves
class qMRMLLayoutManager:
    """A view of each node that a layout has named; one widget holds those of the present layout."""

    def _build(self):
        scene = slicer.mrmlScene
        self._logics = ApplicationLogic(scene)
        self._application = self._logics.logic
        self._layoutLogic = slicer.vtkMRMLLayoutLogic()
        self._layoutLogic.SetMRMLApplicationLogic(self._application)
        self._layoutLogic.SetMRMLScene(scene)
        self._widgets = {SLICES: {}, SPACE: {}}  # class of node: {name: widget}
        self._shown = None  # description of the layout
        self._holder = QtWidgets.QWidget()
        rows = QtWidgets.QVBoxLayout(self._holder)
        rows.setContentsMargins(0, 0, 0, 0)
        self._node = self._layoutLogic.GetLayoutNode()
        self._observer = self._node.AddObserver(vtkCommand.ModifiedEvent, self._arrange)
        self._node.SetViewArrangement(self._node.SlicerLayoutConventionalView)
        self._arrange()

    def _leave(self):
        """Let go of the scene."""
        self._node.RemoveObserver(self._observer)
        for widgets in self._widgets.values():
            for widget in widgets.values():
                widget._leave()
                widget.deleteLater()
        self._widgets = {SLICES: {}, SPACE: {}}
        self._holder.deleteLater()
        self._layoutLogic.SetMRMLScene(None)
        displayableManagers.leave()
        self._logics.leave()

    def _arrange(self, *_):
        text = self._node.GetCurrentLayoutDescription()
        if text in (self._shown, None, ""):
            return
        self._shown = text
        for widgets in self._widgets.values():
            for widget in widgets.values():
                widget.hide()
                widget.setParent(None)
        rows = self._holder.layout()
        while rows.count():
            rows.takeAt(0).widget().deleteLater()
        self._present = []
        rows.addWidget(self._part(ET.fromstring(text)))
        for widget in self._present:
            widget.show()
        emit(self, "layoutChanged(int)", self._node.GetViewArrangement())

    def _part(self, element):
        """The widget that a layout or view of a description stands for."""
        if element.tag == "view":
            return self._viewOf(element)
        if element.tag == "viewports":
            element = element.find("layout")
        if any(item.get("multiple") == "true" for item in element.findall("item")):
            raise NotImplementedError(
                "the stand-in has no layouts with a number of views to choose"
            )
        kind = element.get("type", "horizontal")
        items = element.findall("item")
        parts = [(item, self._part(next(iter(item)))) for item in items]
        if kind == "tab":
            return _tabs(parts)
        if kind == "grid":
            return _grid(parts)
        isSplit = element.get("split") == "true"
        return _split(kind, parts) if isSplit else _boxes(kind, parts)

    def _viewOf(self, element):
        kind, name = element.get("class"), element.get("singletontag")
        if kind == SLICES:
            widget = self._sliceWidget(name)
        elif kind == SPACE:
            widget = self._spaceWidget(name)
        else:
            return QtWidgets.QLabel(f"{kind} {name}")  # tables and plots are not shown
        self._present.append(widget)
        return widget

    def _sliceWidget(self, name):
        widgets = self._widgets[SLICES]
        if name not in widgets:
            logic = slicer.vtkMRMLSliceLogic()
            logic.SetMRMLApplicationLogic(self._application)
            self.mrmlSliceLogics().AddItem(logic)
            logic.SetMRMLScene(slicer.mrmlScene)
            logic.SetSliceNode(slicer.mrmlScene.GetSingletonNode(name, SLICES))
            widgets[name] = standIn("qMRMLSliceWidget")()
            widgets[name]._setLogic(logic, self._application)
        return widgets[name]

    def _spaceWidget(self, name):
        widgets = self._widgets[SPACE]
        if name not in widgets:
            node = slicer.mrmlScene.GetSingletonNode(name, SPACE)
            widgets[name] = standIn("qMRMLThreeDWidget")()
            widgets[name]._setNode(node, self._application)
        return widgets[name]

    def mrmlScene(self):
        return slicer.mrmlScene

    def layoutLogic(self):
        return self._layoutLogic

    def mrmlSliceLogics(self):
        return self._application.GetSliceLogics()

    def mrmlViewLogics(self):
        return self._application.GetViewLogics()

    def mrmlColorLogic(self):
        return self._application.GetColorLogic()

    def sliceViewNames(self):
        return tuple(self._widgets[SLICES])

    def sliceWidget(self, name):
        return self._widgets[SLICES].get(name)

    def threeDWidget(self, which):
        """`which` is a number or a name."""
        if isinstance(which, str):
            return self._widgets[SPACE].get(which)
        return list(self._widgets[SPACE].values())[which]

    def _get_threeDViewCount(self):
        return len(self._widgets[SPACE])

    def _get_tableViewCount(self):
        return 0

    def _get_plotViewCount(self):
        return 0

    def viewWidget(self, node):
        """The widget that shows a view node."""
        return self._widgets[node.GetClassName()].get(node.GetLayoutName())

    def resetSliceViews(self):
        for widget in self._widgets[SLICES].values():
            widget.fitSliceToBackground()

    def resetThreeDViews(self):
        for widget in self._widgets[SPACE].values():
            widget.threeDView().resetFocalPoint()

    def _eachView(self):
        return [one.viewWidget() for each in self._widgets.values() for one in each.values()]

    def pauseRender(self):
        for view in self._eachView():
            view.pauseRender()

    def resumeRender(self):
        for view in self._eachView():
            view.resumeRender()

    def setRenderPaused(self, isPaused):
        (self.pauseRender if isPaused else self.resumeRender)()

    def _get_layout(self):
        return self._node.GetViewArrangement()

    def _set_layout(self, number):
        self._node.SetViewArrangement(number)

    def setLayout(self, number):
        self._node.SetViewArrangement(number)


def _boxes(kind, parts):
    box = QtWidgets.QWidget()
    row = (QtWidgets.QHBoxLayout if kind == "horizontal" else QtWidgets.QVBoxLayout)(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(1)
    for _, part in parts:
        row.addWidget(part, 1)
    return box


def _split(kind, parts):
    orientations = QtCore.Qt.Orientation
    isRow = kind == "horizontal"
    splitter = QtWidgets.QSplitter(orientations.Horizontal if isRow else orientations.Vertical)
    sizes = [int(item.get("splitSize", 500)) for item, _ in parts]
    for number, (_, part) in enumerate(parts):
        splitter.addWidget(part)
        splitter.setStretchFactor(number, sizes[number])
    splitter.setSizes([10 * size for size in sizes])
    return splitter


def _grid(parts):
    box = QtWidgets.QWidget()
    grid = QtWidgets.QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(1)
    for item, part in parts:
        place = (int(item.get(name, default)) for name, default in GRID.items())
        grid.addWidget(part, *place)
    return box


def _tabs(parts):
    tabs = QtWidgets.QTabWidget()
    for item, part in parts:
        tabs.addTab(part, item.get("name", ""))
    return tabs
