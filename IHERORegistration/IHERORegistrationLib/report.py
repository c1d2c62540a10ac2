"""Findings as lines of text, as JSON and as one HTML page."""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .page import Cell, Facts, Markup, Paragraph, Part, Section, Table, escaped, page
from .rules import Finding, Role, Severity

MOST_OF_A_ROW = 8  # findings of one row shown to people; JSON has all

# Word, word for several, sign and style; the sign and the word say it without the color.
WORDS = {
    Severity.ERROR: ("error", "errors", "✖", "error"),
    Severity.WARNING: ("warning", "warnings", "▲", "warning"),
    Severity.INFO: ("remark", "remarks", "ℹ", "info"),
}
MEANINGS = {
    Role.PRODUCER: "An error stops the export; a warning or remark is told and does not.",
    Role.CONSUMER: "An error means the object must not be applied; a warning or remark is told, "
    "and the object is used.",
}


@dataclass(frozen=True)
class CheckedObject:
    """One object that was judged: its file, what it is in words, and what was found.

    `profiles` are the names of the tables that judged it. `sentences` say what it does, such as
    what maps where.
    """

    file: str
    title: str
    profiles: tuple[str, ...]
    role: Role
    findings: tuple[Finding, ...]
    sentences: tuple[str, ...] = ()


def findingsAsText(objects: Iterable[CheckedObject]) -> str:
    """A line for each object and one for each finding."""
    lines = []
    for one in objects:
        lines.append(f"{one.file}: {verdict(one)}")
        for finding, more in _shown(one.findings):
            lines.append(str(finding))
            if more:
                lines.append(f"… and {more} more of {finding.rule.code}")
    return "\n".join(lines)


def findingsAsJSON(objects: Iterable[CheckedObject]) -> str:
    """A JSON array with one entry for each finding."""
    entries: list[dict[str, Any]] = [
        {
            "file": one.file,
            "code": finding.rule.code,
            "severity": finding.severity.value,
            "location": finding.location,
            "message": finding.message,
            "source": finding.rule.source,
        }
        for one in objects
        for finding in one.findings
    ]
    return json.dumps(entries, indent=1, ensure_ascii=False)


def findingsPage(objects: Sequence[CheckedObject], title: str = "Conformance") -> str:
    """One HTML page: the sum of all, then each object with its findings."""
    counts = Counter(finding.severity for one in objects for finding in one.findings)
    clean = sum(not one.findings for one in objects)
    roles = sorted({one.role for one in objects})
    meaning = " ".join(f"Judged as {role}. {MEANINGS[role]}" for role in roles)
    summary: tuple[Part, ...] = (
        Paragraph(f"{_number(len(objects), 'object', 'objects')} checked. {meaning}"),
        Paragraph(Markup(_countCards(counts, clean))),
    )
    return page(title, [objectSection(one) for one in objects], summary=summary)


def objectSection(one: CheckedObject) -> Section:
    """The part of a page about one object, for pages that hold more than findings."""
    parts: list[Part] = [
        Facts((("File", one.file), ("Judged by", ", ".join(one.profiles)), ("As", one.role))),
        *(Paragraph(sentence) for sentence in one.sentences),
    ]
    if one.findings:
        parts.append(findingsTable(one.findings))
    else:
        parts.append(Paragraph(Markup(f'<span class="badge good">✔ {verdict(one)}</span>')))
    return Section(one.title, tuple(parts))


def findingsTable(findings: Sequence[Finding]) -> Table:
    """Findings as rows of a page, the gravest first."""
    order = list(Severity)
    rows: list[tuple[Cell, ...]] = []
    for finding, more in _shown(sorted(findings, key=lambda one: order.index(one.severity))):
        rows.append(
            (
                Markup(badge(finding.severity)),
                Markup(f'<code class="code">{html.escape(finding.rule.code)}</code>'),
                Markup(_place(finding.location)),
                Markup(_what(finding)),
            )
        )
        if more:
            rows.append(("", "", "", f"… and {more} more findings of this row"))
    return Table(("Severity", "Row", "Where", "What, and who says so"), tuple(rows), stacked=True)


def badge(severity: Severity) -> str:
    """The severity as a colored label with its sign and word, as HTML."""
    word, _, sign, style = WORDS[severity]
    return f'<span class="badge {style}">{sign} {word}</span>'


def verdict(one: CheckedObject) -> str:
    """How many errors, warnings and remarks there are, or that there are none."""
    counts = Counter(finding.severity for finding in one.findings)
    judged = f"{', '.join(one.profiles)} as {one.role}"
    told = [
        _number(counts[severity], *WORDS[severity][:2]) for severity in Severity if counts[severity]
    ]
    return f"{', '.join(told)} ({judged})" if told else f"no findings ({judged})"


def _countCards(counts: Counter[Severity], clean: int) -> str:
    cards = []
    for severity in Severity:
        word, words, sign, style = WORDS[severity]
        number = counts[severity]
        label = f"{sign} {word if number == 1 else words}"
        cards.append(f'<span class="count {style}"><b>{number}</b> {label}</span>')
    label = "object without findings" if clean == 1 else "objects without findings"
    cards.append(f'<span class="count good"><b>{clean}</b> ✔ {label}</span>')
    return f'<span class="counts">{"".join(cards)}</span>'


def _shown(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """The first findings of each row and severity; with the last of them, how many are left out."""
    groups: dict[tuple[str, Severity], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule.code, finding.severity), []).append(finding)
    shown = []
    for group in groups.values():
        first, more = group[:MOST_OF_A_ROW], len(group) - MOST_OF_A_ROW
        shown += [(finding, 0) for finding in first[:-1]]
        shown.append((first[-1], max(more, 0)))
    return shown


def _place(location: str) -> str:
    """A path that may be broken after its slashes."""
    return f'<code class="where">{html.escape(location).replace("/", "/<wbr>")}</code>'


def _what(finding: Finding) -> str:
    """The message and, below it, the source of the row."""
    source = f'<span class="source">{html.escape(finding.rule.source)}</span>'
    return f"{escaped(finding.message)}<br>{source}"


def _number(count: int, word: str, words: str) -> str:
    return f"{count} {word if count == 1 else words}"
