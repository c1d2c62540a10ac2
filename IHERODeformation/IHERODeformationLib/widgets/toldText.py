"""Sentences in labels that wrap: sections that fold do not give these the height they need."""

from __future__ import annotations

from typing import Any


def tell(label: Any, text: str) -> None:
    """Show `text` in `label` (QLabel) in full, or nothing where it is empty."""
    label.text = text
    label.setVisible(bool(text))
    height = label.heightForWidth(label.width) if label.visible else 0  # else it has no width yet
    label.setMinimumHeight(max(height, 0))
