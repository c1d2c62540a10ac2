"""The combo boxes of an export: images and words of which one may still have to be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import slicer
from slicer.i18n import tr as _


def nodeOf(box: Any, index: int) -> slicer.vtkMRMLNode | None:
    """The node of an entry; None for the first one of several, which asks to choose."""
    return slicer.mrmlScene.GetNodeByID(box.itemData(index) or "")


def fillNodes(box: Any, nodes: Sequence[slicer.vtkMRMLNode], chosen: Any) -> None:
    """Offer `nodes`; where none of several is `chosen`, the box says that one has to be."""
    box.clear()
    if chosen is None:
        box.addItem(_("Choose one") if nodes else _("None in the scene"), "")
    for node in nodes:
        box.addItem(node.GetName(), node.GetID())
    box.setCurrentIndex(max(box.findData(chosen.GetID()) if chosen is not None else 0, 0))


def fillTexts(box: Any, texts: Sequence[str], chosen: str) -> None:
    """Offer `texts`; where none of them is `chosen`, the box says that one has to be."""
    _fill(box, () if chosen in texts else ((_("Choose one"), ""),), texts, chosen)


def fillOptional(box: Any, texts: Sequence[str], chosen: str) -> None:
    """Offer `texts`, or none of them."""
    _fill(box, ((_("None"), ""),), texts, chosen)


def meant(nodes: Sequence[slicer.vtkMRMLNode], before: Any) -> Any:
    """The one node that can be meant, or the one chosen before if it is among several."""
    if len(nodes) == 1:
        return nodes[0]
    return before if before in nodes else None


def _fill(box: Any, others: Sequence[tuple[str, str]], texts: Sequence[str], chosen: str) -> None:
    """`others` stand above `texts`, words and data; the first entry where none is `chosen`."""
    box.clear()
    for words, data in (*others, *((text, text) for text in texts)):
        box.addItem(words, data)
    box.setCurrentIndex(max(box.findData(chosen), 0))
