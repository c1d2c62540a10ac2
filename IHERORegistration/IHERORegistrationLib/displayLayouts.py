"""Layouts of slice views to look at a registration in, and what each view of them is for."""

from __future__ import annotations

from enum import Enum, StrEnum
from xml.sax.saxutils import quoteattr

import slicer

FIRST_LAYOUT = 7401  # Slicer leaves all numbers above 500 to modules
NATIVE_GROUP = 7  # of views: they do not follow the others
VIEW = "IHERO"  # our views' names begin so


class Role(StrEnum):
    """What a slice view shows."""

    FUSED = "Fused"  # the overlay on the base
    BASE = "Base"
    OVERLAY = "Overlay"  # alone, where the registration puts it
    NATIVE = "Native"  # the overlay in its own coordinates
    DOSE = "Dose"  # on the fused images


class DisplayLayout(Enum):
    """The layouts that one click gives; UNCHANGED is whatever the user had."""

    UNCHANGED = 0
    THREE_PLANES = 1
    SIDE_BY_SIDE = 2
    FOUR_UP = 3
    BESIDE_NATIVE = 4


class Plane(Enum):
    """Orientation of a view, the color of its bar and of Slicer's own view of that orientation."""

    AXIAL = ("Axial", "#F34A33", "Red")
    SAGITTAL = ("Sagittal", "#EDD54C", "Yellow")
    CORONAL = ("Coronal", "#6EB04B", "Green")


def viewName(role: Role, plane: Plane) -> str:
    """Name of the view that shows `role` in `plane`, for those that are not Slicer's own."""
    return f"{VIEW}{role}{plane.value[0]}"


def roleOf(name: str) -> Role:
    """What the slice view of that name shows: Slicer's own views show all."""
    for role in Role:
        if name.startswith(f"{VIEW}{role}"):
            return role
    return Role.DOSE


def layoutNumber(node: slicer.vtkMRMLLayoutNode, layout: DisplayLayout) -> int:
    """Number of `layout`, which is added to those that `node` knows unless it is there; no layout
    of anybody else is replaced.
    """
    text = _description(layout)
    number = FIRST_LAYOUT
    while node.IsLayoutDescription(number) and node.GetLayoutDescription(number) != text:
        number += 1
    if not node.IsLayoutDescription(number):
        node.AddLayoutDescription(number, text)
    return number


def _description(layout: DisplayLayout) -> str:
    planes = tuple(Plane)
    if layout is DisplayLayout.THREE_PLANES:
        axial, sagittal, coronal = (_slicersView(plane) for plane in planes)
        return _parts("horizontal", axial, _parts("vertical", sagittal, coronal))
    if layout is DisplayLayout.SIDE_BY_SIDE:
        return _twoRows(Role.BASE, Role.OVERLAY)
    if layout is DisplayLayout.BESIDE_NATIVE:
        return _twoRows(Role.BASE, Role.NATIVE)
    if layout is DisplayLayout.FOUR_UP:
        rows = ((Role.BASE, Role.OVERLAY), (Role.FUSED, Role.DOSE))
        return _parts(
            "vertical",
            *(_parts("horizontal", *(_view(one, Plane.AXIAL) for one in row)) for row in rows),
        )
    raise ValueError(f"{layout.name} has no description")


def _twoRows(upper: Role, lower: Role) -> str:
    rows = [
        _parts("horizontal", *(_view(role, plane) for plane in Plane)) for role in (upper, lower)
    ]
    return _parts("vertical", *rows)


def _parts(kind: str, *parts: str) -> str:
    items = "".join(f"<item>{part}</item>" for part in parts)
    return f'<layout type="{kind}" split="true">{items}</layout>'


def _slicersView(plane: Plane) -> str:
    orientation, color, name = plane.value
    return _viewText(name, orientation, name[0], color, 0)


def _view(role: Role, plane: Plane) -> str:
    orientation, color, _ = plane.value
    group = NATIVE_GROUP if role is Role.NATIVE else 0
    label = f"{role[0]}{orientation[0]}"
    return _viewText(viewName(role, plane), orientation, label, color, group)


def _viewText(name: str, orientation: str, label: str, color: str, group: int) -> str:
    properties = {
        "orientation": orientation,
        "viewlabel": label,
        "viewcolor": color,
        "viewgroup": str(group),
    }
    inner = "".join(
        f'<property name={quoteattr(key)} action="default">{value}</property>'
        for key, value in properties.items()
    )
    return f'<view class="vtkMRMLSliceNode" singletontag={quoteattr(name)}>{inner}</view>'
