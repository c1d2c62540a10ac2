"""The report on a result, as rich text that can be copied."""

from __future__ import annotations

from html import escape
from typing import Any

import qt
import slicer
import slicer.util
from slicer.i18n import tr as _

from ..nodeReport import NodeReport, reportOf

TALLEST = 320  # pixels; more is scrolled
SHORTEST = 60


class ResultReport:
    """Shows in `browser` what is kept on a node; `copyButton` copies it. Both are hidden where
    nothing is.
    """

    def __init__(self, browser: Any, copyButton: Any) -> None:
        self._browser, self._button = browser, copyButton
        self._report = NodeReport()
        copyButton.connect("clicked(bool)", self._copy)

    def show(self, node: slicer.vtkMRMLNode | None) -> None:
        """Show what is kept on `node`."""
        report = NodeReport() if node is None else reportOf(node)
        isTold = report != NodeReport()
        self._browser.setVisible(isTold)
        self._button.setVisible(isTold)
        if report == self._report:
            return
        self._report = report
        self._browser.setHtml(reportPage(report))
        height = round(self._browser.document.size.height()) + 6
        self._browser.setFixedHeight(min(max(height, SHORTEST), TALLEST))

    def _copy(self, *arguments: Any) -> None:
        qt.QApplication.clipboard().setText(self._report.asText)
        slicer.util.showStatusMessage(_("The report was copied."), 3000)


def reportPage(report: NodeReport) -> str:
    """Sentences, then the table; the last cell of a row, remarks, has a line of its own below."""
    told = "".join(f"<p>{escape(one)}</p>" for one in report.sentences)
    if not report.rows:
        return told
    columns = report.header[:-1]
    head = "".join(f"<th {_place(n)}>{escape(one)}</th>" for n, one in enumerate(columns))
    rows = "".join(_row(row, len(columns)) for row in report.rows)
    return f"{told}<table width='100%' cellpadding='2'><tr>{head}</tr>{rows}</table>"


def _row(row: tuple[str, ...], columns: int) -> str:
    *cells, remarks = row
    found = "".join(f"<td {_place(n)}>{escape(one)}</td>" for n, one in enumerate(cells))
    told = escape(remarks)
    below = f"<tr><td colspan='{columns}'><i>{told}</i></td></tr>" if remarks else ""
    return f"<tr>{found}</tr>{below}"


def _place(column: int) -> str:
    """Numbers stand right, names left, with room."""
    return "align='right'" if column else "align='left' width='40%'"
