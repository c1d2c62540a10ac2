"""Tables of numbers as rich text that fits a narrow panel."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ..registrationNumbers import NumberTable

MINUS = "\u2212"
MOST_SPACED = 4  # columns; more stand close together


def numbersPage(tables: Iterable[NumberTable]) -> str:
    """Titles, tables with numbers to the right, and the sentences below them."""
    return "".join(map(_table, tables))


def _table(one: NumberTable) -> str:
    head = "".join(f"<td><b>{escape(text)}</b></td>" for text in one.headers)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in one.rows)
    padding = 1 if len(one.headers) > MOST_SPACED else 4
    table = f"<tr>{head}</tr>{rows}" if any(one.headers) else rows
    note = f'<p style="margin:2px 0 8px 0">{escape(one.note)}</p>' if one.note else ""
    look = f'cellspacing="0" cellpadding="{padding}" style="font-size:small"'
    title = f'<p style="margin:4px 0 2px 0"><b>{escape(one.title)}</b></p>'
    return f"{title}<table {look}>{table}</table>{note}"


def _cell(text: str) -> str:
    isNumber = text[:1].isdigit() or text[:1] == "-"
    align = "right" if isNumber else "left"
    shown = escape(text).replace("-", MINUS) if isNumber else escape(text)
    return f'<td align="{align}" style="white-space:pre">{shown}</td>'
