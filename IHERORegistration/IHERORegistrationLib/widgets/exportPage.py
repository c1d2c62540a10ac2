"""What is told of an export, as rich text and as plain text to copy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from slicer.i18n import tr as _

from ..exportProposal import ExportProposal, ExportTask
from ..listedRegistration import Badge, Tone
from ..rules import Finding, Severity
from ..storedExport import StoredExport
from .badgeColors import chip

TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.DOUBT, Severity.INFO: Tone.PLAIN}


def sentencePage(task: ExportTask) -> str:
    """The sentence in large letters: what maps onto what."""
    sentence, arrow = task.sentence, " → "
    parts = [escape(part) for part in sentence.split(arrow)]
    kind = escape(task.form.kind)
    return (
        f'<p style="font-size:large; margin:0"><b>{" ⟶<br>".join(parts)}</b></p>'
        f'<p style="margin:2px 0 0 0">{kind}</p>'
    )


def proposalPage(proposal: ExportProposal) -> str:
    """What lacks, what the profile finds, and what else there is to know."""
    lines = [_line(Badge(_("missing"), Tone.DOUBT, ""), f"{one}.") for one in proposal.missing]
    if proposal.refusal:
        lines.append(_line(Badge(_("not possible"), Tone.BAD, ""), f"{proposal.refusal}."))
    lines += [_findingLine(one) for one in proposal.findings]
    if proposal.isPossible and any(one.severity is Severity.ERROR for one in proposal.findings):
        told = _("No error stops the export: they tell what its sources do not say.")
        lines.append(f'<p style="margin:0 0 4px 0"><b>{escape(told)}</b></p>')
    if proposal.isPossible and not proposal.findings:
        lines.append(_line(Badge(_("no finding"), Tone.GOOD, ""), ""))
    lines += [f'<p style="margin:0 0 4px 0">{_shown(one)}</p>' for one in proposal.remarks]
    return "".join(lines)


def proposalText(proposal: ExportProposal) -> str:
    """The same as plain text."""
    refused = _("Not possible: {reason}.").format(reason=proposal.refusal)
    return "\n".join(
        [
            f"{proposal.sentence}.",
            *(_("Missing: {what}.").format(what=one) for one in proposal.missing),
            *([refused] if proposal.refusal else []),
            *map(str, proposal.findings),
            *proposal.remarks,
        ]
    )


def storedText(stored: StoredExport, remarks: Iterable[str]) -> str:
    """What was written, and where it is."""
    count = len(stored.sopInstanceUIDs)
    where = _("in the DICOM database") if stored.isInDatabase else ""
    named = "\n".join(map(str, stored.files[:1]))
    more = _("and {count} more files").format(count=count - 1) if count > 1 else ""
    head = _("Written: {kind}").format(kind=stored.kind)
    lines = [
        f"{head}, {where}" if where else head,
        f"SOP Instance UID {stored.sopInstanceUIDs[0]}",
        named,
        more,
        *remarks,
    ]
    return "\n".join(filter(None, lines))


def _findingLine(finding: Finding) -> str:
    badge = Badge(finding.severity.value.lower(), TONES[finding.severity], "")
    where = f"{finding.location}: {finding.message}"
    code = f"{finding.rule.code} [{finding.rule.source}]"
    return _line(badge, where, code)


def _line(badge: Badge, text: str, code: str = "") -> str:
    told = f" {_shown(text)}" if text else ""
    told += f'<br><span style="font-size:small">{_shown(code)}</span>' if code else ""
    return f'<p style="margin:0 0 5px 0">{chip(badge)}{told}</p>'


def breakable(text: str) -> str:
    """`text` of which long words, such as paths, UIDs and tags, may go on in the next line."""
    return re.sub(r"\S{20,}", lambda word: re.sub(r"([/\\.\]])", "\\1\u200b", word[0]), text)


def _shown(text: str) -> str:
    return escape(breakable(text))
