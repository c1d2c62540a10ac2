"""What a transform node does to space, ready to be drawn on slices and told in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import slicer

from IHERORegistrationLib.colorLegend import CELLS, colorLegend
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.nodePatients import requireOnePatient
from IHERORegistrationLib.pictures.slicePlanes import SlicePlane
from IHERORegistrationLib.scene import LPS_TO_RAS

from .displacementGrid import PointStatus
from .nodeRegistration import NodeRegistration, registrationOfNode
from .pictures.field import Field, FieldSummary, fieldSummary, motionText, rigidPart
from .pictures.fieldColors import changeColors, lengthColors
from .pictures.fieldKind import FieldKind, FieldPart
from .pictures.fieldOnSlice import PIXELS, FieldLook, SliceField
from .pictures.sliceDrawing import Draw, Drawn
from .sampledDeformation import Progress
from .transformSteps import isDeformable

DIRECTIONS = (("left", "right"), ("back", "front"), ("head", "feet"))
SEEN = 0.05  # mm: less is not worth a word


@dataclass(frozen=True, eq=False)
class ShownField:
    """`drawn` is `part` of what the node does, over the base of `between`; `rigid`, shape (4, 4),
    is the rigid motion nearest to all of it.
    """

    between: NodeRegistration
    part: FieldPart
    rigid: np.ndarray
    drawn: SliceField
    summary: FieldSummary

    def on(self, look: FieldLook) -> Draw:
        """What draws it on a slice; see SliceDrawing."""

        def draw(plane: SlicePlane, columns: int, rows: int) -> Drawn:
            strokes = self.drawn.strokes(plane, plane.width / columns, look)
            size = max(1, columns // PIXELS), max(1, rows // PIXELS)
            return Drawn(self.drawn.colors(plane, *size, look), tuple(strokes))

        return draw

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is to be known of it over the base."""
        return (*self._coverage(), self._lengths(), self._volumes(), self._direction())

    def _coverage(self) -> tuple[str, ...]:
        one, name = self.summary, self.between.base.description
        told = [
            f"{100 * share:.2g} % of {name} {words}"
            for share, words in (
                (one.outside, "lies outside the grid"),
                (one.undefined, "lies where the grid says nothing"),
            )
            if share > 0
        ]
        if one.folded > 0:
            count = round(one.folded * one.points)
            voxels = int(np.prod(self.between.base.lattice.size))
            of = "voxels" if one.points == voxels else "places looked at"
            told.append(f"space is folded in {count:,} of {one.points:,} {of}")
        if not told:
            return (f"It is defined all over {name} and folds nowhere there.",)
        return ("; ".join(told)[:1].upper() + "; ".join(told)[1:] + ".",)

    def _lengths(self) -> str:
        one = self.summary
        if np.isnan(one.largest):
            return "Nothing of it is defined there."
        part = "without the rigid part" if self.part is FieldPart.DEFORMATION else "in all"
        return (
            f"Displacements {part}: 95 % up to {one.ofMost:.1f} mm, all up to {one.largest:.1f} mm;"
            f" the rigid part is {motionText(self.rigid, self.between.base.lattice.center)}."
        )

    def _volumes(self) -> str:
        low, high = self.summary.determinants
        if np.isnan(low):
            return ""
        text = f"Volumes change by factors from {low:.2f} to {high:.2f}."
        return text.replace("-", "\N{MINUS SIGN}")

    def _direction(self) -> str:
        rest = " once the rigid part is taken off" if self.part is FieldPart.DEFORMATION else ""
        return (
            f"Displacements and arrows lead from a place in {self.between.base.description} to the "
            f"place in {self.between.overlay.description} that belongs there{rest}; what is in "
            f"{self.between.overlay.description} moves the opposite way when it is deformed."
        )

    def at(self, point: np.ndarray) -> str:
        """What it says of `point`, shape (3,), LPS mm in the base."""
        found = self.drawn.field.values(np.asarray(point, float)[None])
        if found.status[0] == PointStatus.OUTSIDE:
            return "Here: outside the grid, nothing is known."
        if found.status[0] == PointStatus.UNDEFINED:
            return "Here: not defined."
        vector, volume = found.displacement[0], float(found.determinant[0])
        length = float(np.linalg.norm(vector))
        text = f"Here: {length:.1f} mm"
        if length >= SEEN:
            text += f" ({directionWords(vector)})"
        if np.isnan(volume):
            return f"{text}; no change of volume known."
        if volume <= 0:
            return f"{text}; folded, Jacobian {volume:.2f}.".replace("-", "\N{MINUS SIGN}")
        return f"{text}; volume × {volume:.2f}."


def shownField(
    node: slicer.vtkMRMLTransformNode,
    base: slicer.vtkMRMLScalarVolumeNode,
    overlay: slicer.vtkMRMLScalarVolumeNode,
    part: FieldPart,
    progress: Progress = lambda _: None,
) -> ShownField:
    """What `node` does to space over `base`.

    Raises
        PatientMismatchError: it, or an image, is of another patient.
        FrameOfReferenceError, MalformedRegistrationError, SamplingError: see registrationOfNode;
        or the node is a matrix, or the base is seen elsewhere than it lies.
        LandmarkError: too little is defined to know the rigid part.
    """
    requireOnePatient((base, overlay, node))
    if base.GetParentTransformNode() is not None:
        raise FrameOfReferenceError(
            f"expected a base that no transform moves, found {base.GetName()} under "
            f"{base.GetParentTransformNode().GetName()}: choose the image that stays as base"
        )
    between = registrationOfNode(node, base, overlay, progress)
    way = between.way
    if not isDeformable(way):
        raise FrameOfReferenceError(
            f"expected a deformation, found that {node.GetName()} is rigid or affine: it has no "
            "field to draw"
        )
    rigid = rigidPart(way, between.base.lattice)
    field = Field(way, np.eye(4) if part is FieldPart.WHOLE else rigid)
    drawn = SliceField(field, between.base.lattice)
    summary = fieldSummary(drawn.field, between.base.lattice)
    return ShownField(between, part, rigid, drawn, summary)


def withPart(shown: ShownField, part: FieldPart) -> ShownField:
    """The same field, with or without its rigid part."""
    matrix = np.eye(4) if part is FieldPart.WHOLE else shown.rigid
    drawn = replace(shown.drawn, field=replace(shown.drawn.field, rigid=matrix))
    summary = fieldSummary(drawn.field, shown.between.base.lattice)
    return replace(shown, part=part, drawn=drawn, summary=summary)


def directionWords(vector: np.ndarray) -> str:
    """Such as “3.0 left, 1.2 head”, mm."""
    words = [
        f"{abs(value):.1f} {names[0] if value > 0 else names[1]}"
        for value, names in zip(vector, DIRECTIONS, strict=True)
        if abs(value) >= SEEN
    ]
    return ", ".join(words)


def pointFromRAS(ras: Sequence[float]) -> np.ndarray:
    """LPS mm, shape (3,)."""
    return np.asarray(ras, float) * np.diag(LPS_TO_RAS)[:3]


def legendOf(look: FieldLook, part: FieldPart, heading: str = "") -> str:
    """What the colors mean, as rich text; empty where only marks are drawn. `heading` is told
    instead of what usually is.
    """
    if look.kind is FieldKind.JACOBIAN:
        places = 2.0 ** np.linspace(-1, 1, CELLS)
        colors, _ = changeColors(places)
        return colorLegend("Jacobian: volume × ", colors, ["≤ ½", "0.7", "1", "1.4", "≥ 2"])
    if look.kind in (FieldKind.MAGNITUDE, FieldKind.ARROWS):
        colors, _ = lengthColors(np.linspace(0, 1, CELLS), 1.0)
        ticks = [f"{share * look.scale:.3g}" for share in (0, 0.25, 0.5, 0.75)]
        what = "Displacement" + (" without rigid part" if part is FieldPart.DEFORMATION else "")
        return colorLegend(heading or f"{what}, mm", colors, [*ticks, f"≥ {look.scale:.3g}"])
    return ""
