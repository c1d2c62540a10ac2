"""What the chosen deformation does to space, drawn on the slices and told in words."""

from __future__ import annotations

from typing import Annotated, Any

import slicer
import slicer.util
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper

from IHERORegistrationLib.errors import IHEROError, RegistrationCancelledError
from IHERORegistrationLib.nodeIdentity import patientOfNode
from IHERORegistrationLib.widgets.keys import Key
from IHERORegistrationLib.widgets.longWork import longWork, requirePresent
from IHERORegistrationLib.widgets.panel import Panel, busyCursor, shownErrors

from ..beforeDeformation import canBeCompared, isBefore, placeAfter, placeBefore
from ..heldDeformation import isAsRead
from ..pictures.fieldKind import SCALE, FieldKind, FieldPart
from ..pictures.fieldOnSlice import FieldLook
from ..pictures.sliceDrawing import Draw
from ..shownField import ShownField, legendOf, pointFromRAS, shownField, withPart
from .sliceDrawings import SliceDrawings
from .toldText import tell

MARKS = "marks"  # of the kinds: nothing but what cannot be trusted


@parameterNodeWrapper
class FieldParameters:
    """`fieldKind` is a FieldKind or MARKS, `fieldPart` a FieldPart; lengths are in mm."""

    fieldShown: bool
    fieldKind: str = FieldKind.MAGNITUDE.value
    fieldPart: str = FieldPart.DEFORMATION.value
    fieldScale: Annotated[float, WithinRange(1, 100)] = SCALE
    fieldSpacing: Annotated[float, WithinRange(2, 50)] = 15.0
    fieldFactor: Annotated[float, WithinRange(0.25, 10)] = 1.0
    fieldOpacity: Annotated[float, WithinRange(0, 1)] = 0.7
    fieldMarked: bool = True


class FieldPanel(Panel):
    """Draws the field on all slice views of the base while the module is open."""

    parameters = FieldParameters

    def setup(self) -> None:
        self.drawings = SliceDrawings()
        self.field: ShownField | None = None
        self.problem = ""
        self._made: object = None  # what the field was made of
        self._drawn: object = None  # what the last drawing was made of
        self._draw: Draw | None = None
        self._observed: list[tuple[Any, Any, Any]] = []
        for box, entries in (
            (self.ui.fieldKindComboBox, _kinds()),
            (self.ui.fieldPartComboBox, _parts()),
        ):
            for words, value in entries:
                box.addItem(words, value)
        self.ui.fieldKindComboBox.connect("activated(int)", self.onKind)
        self.ui.fieldPartComboBox.connect("activated(int)", self.onPart)
        self.ui.fieldBeforeButton.connect("clicked(bool)", self.onBefore)
        self.ui.fieldButton.connect("contentsCollapsed(bool)", self.module.scheduleShow)

    def givenKeys(self) -> tuple[Key, ...]:
        return (
            Key("j", _("Jacobian on or off"), lambda: self.toggle(FieldKind.JACOBIAN)),
            Key("n", _("Arrows on or off"), lambda: self.toggle(FieldKind.ARROWS)),
        )

    def exit(self) -> None:
        self.cleanup()

    def cleanup(self) -> None:
        self.drawings.remove()
        self._observe([])
        self.field, self._made, self._drawn = None, None, None

    def show(self) -> None:
        ui, state = self.ui, self.state
        ui.fieldKindComboBox.setCurrentIndex(ui.fieldKindComboBox.findData(state.fieldKind))
        ui.fieldPartComboBox.setCurrentIndex(ui.fieldPartComboBox.findData(state.fieldPart))
        self._showControls()
        self._makeField()
        shown = self.field
        tell(ui.fieldReadoutLabel, "")
        if shown is None:
            self.drawings.remove()
            tell(ui.fieldLegendLabel, "")
            tell(ui.fieldSummaryLabel, self.problem)
        else:
            if self._drawn != (shown, self.look):
                self._drawn, self._draw = (shown, self.look), shown.on(self.look)
            self.drawings.show(self._draw, self.chosen.base)
            tell(ui.fieldLegendLabel, legendOf(self.look, shown.part))
            tell(ui.fieldSummaryLabel, " ".join(shown.sentences))
        self._watch()

    @property
    def look(self) -> FieldLook:
        """What the user chose."""
        state = self.state
        return FieldLook(
            None if state.fieldKind == MARKS else FieldKind(state.fieldKind),
            max(state.fieldScale, 1.0),
            max(state.fieldSpacing, 1.0),
            state.fieldFactor,
            state.fieldOpacity,
            state.fieldMarked,
        )

    def onKind(self, index: int) -> None:
        """Another way of drawing; whoever picks one wants to see it."""
        self.state.fieldKind = self.ui.fieldKindComboBox.itemData(index)
        self.state.fieldShown = True

    def toggle(self, kind: FieldKind) -> None:
        """Draw the field so, or no longer if it is drawn so."""
        isShown = self.state.fieldShown and self.state.fieldKind == kind.value
        self.state.fieldKind, self.state.fieldShown = kind.value, not isShown

    def onPart(self, index: int) -> None:
        """With or without the rigid part."""
        self.state.fieldPart = self.ui.fieldPartComboBox.itemData(index)

    def onBefore(self, isWanted: bool) -> None:
        """The moving image by the rigid part only, or through the deformation again."""
        overlay, node = self.chosen.overlay, self.chosen.registration
        with shownErrors(_("The moving image could not be placed.")):
            requirePresent(overlay, node, self.chosen.base)
            if not isWanted:
                placeAfter(overlay)
            else:
                field = self.field or self._computed()
                placeBefore(overlay, node, field.rigid)
        self.module.scheduleShow()

    def onCursor(self, crosshair: Any, event: Any) -> None:
        """The mouse moved in a view."""
        position = [0.0, 0.0, 0.0]
        label = self.ui.fieldReadoutLabel
        isOver = crosshair.GetCursorPositionRAS(position) and self.field is not None
        label.text = self.field.at(pointFromRAS(position)) if isOver and self.field else ""
        label.setVisible(self.field is not None)

    def _showControls(self) -> None:
        ui, state = self.ui, self.state
        isColored = state.fieldKind in (FieldKind.MAGNITUDE, FieldKind.ARROWS)
        isLines = state.fieldKind in (FieldKind.ARROWS, FieldKind.GRID)
        isWashed = state.fieldKind in (FieldKind.MAGNITUDE, FieldKind.JACOBIAN)
        for name, isUsed in (
            ("Scale", isColored),
            ("Spacing", isLines),
            ("Factor", state.fieldKind == FieldKind.ARROWS),
            ("Opacity", isWashed),
        ):
            for widget in (f"field{name}Label", f"field{name}Slider"):
                getattr(ui, widget).setVisible(isUsed)
        ui.fieldPartComboBox.enabled = state.fieldKind not in (MARKS, FieldKind.JACOBIAN)
        overlay, node = self.chosen.overlay, self.chosen.registration
        canCompare = None not in (overlay, node, self.chosen.base) and not node.IsLinear()
        canCompare = canCompare and canBeCompared(overlay, node)
        ui.fieldBeforeButton.enabled = canCompare
        ui.fieldBeforeButton.checked = canCompare and isBefore(overlay)

    def _makeField(self) -> None:
        """The field of what is chosen now, computed only if that changed."""
        chosen, part = self.chosen, FieldPart(self.state.fieldPart)
        nodes = chosen.registration, chosen.base, chosen.overlay
        wanted = None
        if self.state.fieldShown:
            wanted = (
                *(one and one.GetID() for one in nodes),
                *(one and patientOfNode(one) for one in nodes),
                _changedAt(nodes[0]),
                chosen.base and chosen.base.GetTransformNodeID(),
            )
        if wanted is None:
            self.field, self.problem, self._made = None, "", None
        elif None in nodes:
            self.field, self._made = None, None
            self.problem = _("Choose a registration, a fixed and a moving image first.")
        elif wanted != self._made:
            self._made = wanted
            self._tryField()
        elif self.field is not None and self.field.part is not part:
            self.field = withPart(self.field, part)

    def _tryField(self) -> None:
        self.field, self.problem = None, ""
        try:
            self.field = self._computed()
        except RegistrationCancelledError:
            self.state.fieldShown = False
        except IHEROError as error:
            self.problem = _("The field cannot be shown: {reason}.").format(reason=error)

    def _computed(self) -> ShownField:
        nodes = self.chosen.registration, self.chosen.base, self.chosen.overlay
        part = FieldPart(self.state.fieldPart)
        if isAsRead(nodes[0]) or nodes[0].IsLinear():
            with busyCursor():  # large grids take a moment
                return shownField(*nodes, part)
        with longWork(_("Sampling the deformation"), *nodes) as watch:
            return shownField(
                *nodes, part, lambda share: watch.tell(_("Sampling the deformation"), share, 0.0)
            )

    def _watch(self) -> None:
        """Follow the transform and, while a field is shown, the mouse."""
        pairs = []
        node = self.chosen.registration
        if node is not None:
            event = slicer.vtkMRMLTransformableNode.TransformModifiedEvent
            pairs.append((node, event, self.module.scheduleShow))
        if self.field is not None and self.chosen.base is not None:
            event = slicer.vtkMRMLTransformableNode.TransformModifiedEvent
            pairs.append((self.chosen.base, event, self.module.scheduleShow))
        crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        if self.field is not None and crosshair is not None:
            event = slicer.vtkMRMLCrosshairNode.CursorPositionModifiedEvent
            pairs.append((crosshair, event, self.onCursor))
        self._observe(pairs)

    def _observe(self, pairs: list[tuple[Any, Any, Any]]) -> None:
        if pairs == self._observed:
            return
        for one in self._observed:
            self.module.removeObserver(*one)
        for one in pairs:
            self.module.addObserver(*one)
        self._observed = pairs


def _changedAt(node: slicer.vtkMRMLTransformNode | None) -> int | None:
    return None if node is None else int(node.GetTransformToWorldMTime())


def _kinds() -> tuple[tuple[str, str], ...]:
    return (
        (_("Magnitude"), FieldKind.MAGNITUDE.value),
        (_("Arrows"), FieldKind.ARROWS.value),
        (_("Deformed grid"), FieldKind.GRID.value),
        (_("Jacobian"), FieldKind.JACOBIAN.value),
        (_("Marks only"), MARKS),
    )


def _parts() -> tuple[tuple[str, str], ...]:
    return (
        (_("Without rigid part"), FieldPart.DEFORMATION.value),
        (_("All of it"), FieldPart.WHOLE.value),
    )
