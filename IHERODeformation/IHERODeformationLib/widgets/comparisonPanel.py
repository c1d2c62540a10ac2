"""The chosen registration, A, compared with another one, B, of the same images."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import qt
import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper

from IHERORegistrationLib.errors import IHEROError, RegistrationCancelledError
from IHERORegistrationLib.registeredEnds import DOSE_VOLUME
from IHERORegistrationLib.scene import LPS_TO_RAS
from IHERORegistrationLib.transformContent import contentText, isContent
from IHERORegistrationLib.widgets.longWork import longWork, requirePresent
from IHERORegistrationLib.widgets.panel import Panel, shownErrors

from ..heldDeformation import isAsRead
from ..nodeComparison import ComparedNodes, ComparedWays, comparedWays, nodeComparison
from ..pictures.fieldKind import FieldKind, FieldPart
from ..pictures.fieldOnSlice import FieldLook
from ..pictures.sliceDrawing import Draw
from ..shownField import legendOf
from .fieldPanel import FieldPanel
from .rigidPartButton import RigidPartButton
from .sliceDrawings import SliceDrawings
from .toldText import tell

BLINK = 700  # ms


@parameterNodeWrapper
class ComparisonParameters:
    """`comparisonText` is what was measured last, as rich text, of the nodes `comparisonOf` and
    `comparisonWith`, which did what `comparisonContents` says in two lines, and of the images
    `comparisonOnBase` and `comparisonOnOverlay`; `comparisonWorst` where they are farthest apart,
    RAS mm, as text.
    """

    comparisonSecond: slicer.vtkMRMLTransformNode
    comparisonStructures: slicer.vtkMRMLSegmentationNode
    comparisonDose: slicer.vtkMRMLScalarVolumeNode
    comparisonShown: bool
    comparisonKind: str = FieldKind.MAGNITUDE.value
    comparisonScale: Annotated[float, WithinRange(1, 50)] = 10.0
    comparisonOf: slicer.vtkMRMLTransformNode
    comparisonWith: slicer.vtkMRMLTransformNode
    comparisonOnBase: slicer.vtkMRMLScalarVolumeNode
    comparisonOnOverlay: slicer.vtkMRMLScalarVolumeNode
    comparisonText: str
    comparisonWorst: str
    comparisonContents: str


class ComparisonPanel(Panel):
    """Draws the difference over the slices while the module is open, and tells it."""

    parameters = ComparisonParameters

    def setup(self) -> None:
        ui = self.ui
        self.drawings = SliceDrawings()
        self.ways: ComparedWays | None = None
        self.problem = ""
        self._made: object = None  # what `ways` was made of
        self._drawn: tuple[object, Draw] | None = None  # the drawing, and what it was made of
        self._text = ""
        self._fieldWasShown = False
        self._timer = qt.QTimer()
        self._timer.setInterval(BLINK)
        self._timer.connect("timeout()", self.onBlink)
        for words, kind in (
            (_("Magnitude"), FieldKind.MAGNITUDE.value),
            (_("Arrows"), FieldKind.ARROWS.value),
        ):
            ui.comparisonKindComboBox.addItem(words, kind)
        ui.comparisonDoseSelector.addAttribute("vtkMRMLScalarVolumeNode", DOSE_VOLUME)
        self.rigidPart = RigidPartButton(self)
        ui.comparisonKindComboBox.connect("activated(int)", self.onKind)
        ui.comparisonMeasureButton.connect("clicked(bool)", self.onMeasure)
        ui.comparisonWorstButton.connect("clicked(bool)", self.onWorst)
        ui.comparisonFirstButton.connect("clicked(bool)", self.onFirst)
        ui.comparisonOtherButton.connect("clicked(bool)", self.onSecond)
        ui.comparisonBlinkButton.connect("toggled(bool)", self.onBlinking)
        ui.comparisonButton.connect("contentsCollapsed(bool)", self.module.scheduleShow)

    def exit(self) -> None:
        if self._timer.active and self.isReady:
            self.ui.comparisonBlinkButton.checked = False  # A again, and not by chance B
        self.cleanup()

    def cleanup(self) -> None:
        self._stopBlinking()
        self.drawings.remove()
        self.ways, self._made, self._drawn = None, None, None

    @property
    def nodes(self) -> ComparedNodes:
        """What is chosen."""
        chosen, state = self.chosen, self.state
        return ComparedNodes(
            chosen.registration,
            state.comparisonSecond,
            chosen.base,
            chosen.overlay,
            state.comparisonStructures,
            state.comparisonDose,
        )

    @property
    def isReady(self) -> bool:
        """Whether there are two registrations and two images."""
        one = self.nodes
        return None not in (one.first, one.second, one.base, one.overlay)

    def show(self) -> None:
        ui, state = self.ui, self.state
        self._giveWay()
        self._makeWays()
        box = ui.comparisonKindComboBox
        box.setCurrentIndex(box.findData(state.comparisonKind))
        text = state.comparisonText if self._isOfThese() else ""
        if text != self._text:
            self._text = text
            ui.comparisonBrowser.setHtml(text)
        ui.comparisonBrowser.setVisible(bool(text))
        ui.comparisonWorstButton.enabled = bool(text and _kept(state.comparisonWorst))
        ui.comparisonMeasureButton.enabled = self.isReady
        self.rigidPart.show()
        lacks = _("Choose a registration, both images and a second registration first.")
        tell(ui.comparisonStateLabel, self.problem if self.isReady else lacks)
        self._showOverlay()
        isDrawn = self.ways is not None and state.comparisonShown
        self.drawings.show(self._draw() if isDrawn else None, self.chosen.base)
        tell(ui.comparisonLegendLabel, self._legend() if isDrawn else "")

    def _isOfThese(self) -> bool:
        """Whether what was measured last is of what is chosen, as that is now."""
        state, nodes = self.state, self.nodes
        both, images = (nodes.first, nodes.second), (nodes.base, nodes.overlay)
        if not self.isReady or (state.comparisonOf, state.comparisonWith) != both:
            return False
        if (state.comparisonOnBase, state.comparisonOnOverlay) != images:
            return False
        contents = state.comparisonContents.splitlines()
        return len(contents) == 2 and all(map(isContent, both, contents))

    def onKind(self, index: int) -> None:
        """Another way of drawing; whoever picks one wants to see it."""
        self.state.comparisonKind = self.ui.comparisonKindComboBox.itemData(index)
        self.state.comparisonShown = True

    def onMeasure(self) -> None:
        """Compare them."""
        with shownErrors(_("The registrations could not be compared.")):
            nodes, state = self.nodes, self.state
            title = _("Comparing the registrations")
            with longWork(title, nodes.first, nodes.second, nodes.base, nodes.overlay) as watch:
                ways = comparedWays(nodes, watch)
                found = nodeComparison(nodes, ways, watch, slicer.dicomDatabase)
            from .comparisonText import comparisonText  # at the top it would slow down opening

            state.comparisonOf, state.comparisonWith = nodes.first, nodes.second
            state.comparisonOnBase, state.comparisonOnOverlay = nodes.base, nodes.overlay
            state.comparisonContents = "\n".join(map(contentText, (nodes.first, nodes.second)))
            state.comparisonText = comparisonText(found, ways.between.base.description)
            known = not np.isnan(found.worst).any()
            ras = found.worst * np.diag(LPS_TO_RAS)[:3]
            state.comparisonWorst = " ".join(f"{one:.3f}" for one in ras) if known else ""
            self.module.scheduleShow()

    def onWorst(self) -> None:
        """Where are they farthest apart?"""
        place = _kept(self.state.comparisonWorst)
        if place:
            slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *place)

    def onFirst(self) -> None:
        """The overlay by A."""
        self._place(self.chosen.registration)

    def onSecond(self) -> None:
        """The overlay by B."""
        self._place(self.state.comparisonSecond)

    def onBlinking(self, isWanted: bool) -> None:
        """A and B in turn, or A again."""
        if isWanted:
            self._timer.start()
        elif self._timer.active:
            self._timer.stop()
            self._place(self.chosen.registration)

    def onBlink(self) -> None:
        """The other one."""
        nodes = self.nodes
        if not self.isReady:
            self._stopBlinking()
            return
        isFirst = nodes.overlay.GetParentTransformNode() is nodes.first
        self._place(nodes.second if isFirst else nodes.first)

    def _stopBlinking(self) -> None:
        self._timer.stop()
        self.ui.comparisonBlinkButton.checked = False

    def _place(self, node: slicer.vtkMRMLTransformNode) -> None:
        with shownErrors(_("The moving image could not be placed.")):
            try:
                requirePresent(node, self.chosen.base, self.chosen.overlay)
                if self.ways is None:
                    self.ways = self._read(self.nodes)  # raises where they do not fit the images
            except IHEROError:
                self._stopBlinking()  # else it is told again and again
                raise
            self.chosen.overlay.SetAndObserveTransformNodeID(node.GetID())
        self.module.scheduleShow()

    def _showOverlay(self) -> None:
        ui, nodes = self.ui, self.nodes
        canPlace = self.isReady and not self.problem
        parent = nodes.overlay.GetParentTransformNode() if nodes.overlay else None
        for button, node in (
            (ui.comparisonFirstButton, nodes.first),
            (ui.comparisonOtherButton, nodes.second),
        ):
            button.enabled = canPlace
            button.checked = canPlace and parent is node
        ui.comparisonBlinkButton.enabled = canPlace

    def _makeWays(self) -> None:
        """Read both registrations if they are to be drawn and have changed."""
        nodes = self.nodes
        wanted: Any = None
        if self.isReady:
            wanted = (
                *(one.GetID() for one in (nodes.first, nodes.second, nodes.base, nodes.overlay)),
                nodes.first.GetTransformToWorldMTime(),
                nodes.second.GetTransformToWorldMTime(),
            )
        if wanted != self._made or wanted is None:
            self.ways, self.problem, self._made = None, "", wanted
        if wanted is None or not self.state.comparisonShown or self.ways or self.problem:
            return
        try:
            self.ways = self._read(nodes)
        except RegistrationCancelledError:
            self.state.comparisonShown = False
        except IHEROError as error:
            self.problem = _("The difference cannot be shown: {reason}.").format(reason=error)

    def _read(self, nodes: ComparedNodes) -> ComparedWays:
        if all(isAsRead(one) or one.IsLinear() for one in (nodes.first, nodes.second)):
            return comparedWays(nodes)
        with longWork(_("Sampling the deformation"), nodes.first, nodes.second) as watch:
            return comparedWays(nodes, watch)

    def _giveWay(self) -> None:
        """Of field and difference only what was asked for last is drawn."""
        try:
            field = self.module.panel(FieldPanel).state
        except LookupError:
            return
        if field.fieldShown and self.state.comparisonShown:
            if self._fieldWasShown:
                field.fieldShown = False
            else:
                self.state.comparisonShown = False
        self._fieldWasShown = field.fieldShown

    @property
    def look(self) -> FieldLook:
        """What the user chose."""
        return FieldLook(FieldKind(self.state.comparisonKind), max(self.state.comparisonScale, 1.0))

    def _draw(self) -> Draw:
        assert self.ways is not None
        wanted = self.ways, self.look
        if self._drawn is None or self._drawn[0] != wanted:
            difference, look = self.ways.onSlices, self.look
            self._drawn = (
                wanted,
                lambda plane, columns, rows: difference.drawn(plane, columns, rows, look),
            )
        return self._drawn[1]

    def _legend(self) -> str:
        words = _("Hatched: neither says anything. Gray: only one does.")
        return legendOf(self.look, FieldPart.WHOLE, _("B − A, mm")) + words


def _kept(text: str) -> list[float]:
    """Three numbers in a text; empty where it has none, or was changed in the scene."""
    try:
        place = [float(one) for one in text.split()]
    except ValueError:
        return []
    return place if len(place) == 3 else []
