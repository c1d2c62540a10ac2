"""What there is to say of a result, kept on its node, so that a saved scene still tells it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import slicer

from .keptText import readsKeptText

REPORT = "IHERO.Report"  # of nodes that were made by an actor


@dataclass(frozen=True)
class NodeReport:
    """A table, `header` and `rows` of as many cells, and `sentences` on all of it."""

    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    sentences: tuple[str, ...] = ()

    @property
    def asText(self) -> str:
        """The table with tabs between cells, as spreadsheets take it, then the sentences."""
        table = ["\t".join(row) for row in (self.header, *self.rows) if row]
        return "\n".join([*table, *self.sentences])


def keepReport(node: slicer.vtkMRMLNode, report: NodeReport) -> None:
    """Let `node` know what there is to say of it."""
    told = {"header": report.header, "rows": report.rows, "sentences": report.sentences}
    node.SetAttribute(REPORT, json.dumps(told))


@readsKeptText
def reportOf(node: slicer.vtkMRMLNode) -> NodeReport:
    """What is kept on `node`; an empty report if nothing is.

    Raises
        MalformedRegistrationError: what is kept cannot be read.
    """
    text = node.GetAttribute(REPORT)
    if not text:
        return NodeReport()
    told = json.loads(text)
    rows: Sequence[Sequence[str]] = told["rows"]
    return NodeReport(tuple(told["header"]), tuple(map(tuple, rows)), tuple(told["sentences"]))
