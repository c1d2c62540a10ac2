"""A report as rich text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ..registrationReport import ReportSection


def reportPage(sections: Iterable[ReportSection]) -> str:
    """Headings and lines; long paths of tags may be broken after their slashes."""
    return "".join(
        f'<p style="margin:6px 0 2px 0"><b>{escape(one.title)}</b></p>'
        + "".join(f'<p style="margin:0 0 3px 8px">{_line(line)}</p>' for line in one.lines)
        for one in sections
    )


def _line(line: str) -> str:
    return escape(line).replace("/", "/\u200b").replace("[", "\u200b[")
