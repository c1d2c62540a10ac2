"""Findings as text, JSON and HTML: complete, harmless, legible."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser

import pytest
from pydicom.config import disable_value_validation

import builders
from IHERORegistrationLib.page import Facts, Markup, Paragraph, Picture, Section, Table, page
from IHERORegistrationLib.pageStyle import STYLE
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.report import (
    MOST_OF_A_ROW,
    CheckedObject,
    findingsAsJSON,
    findingsAsText,
    findingsPage,
)
from IHERORegistrationLib.rules import Finding, Role

HOSTILE = "<script>alert('x')</script>&\"\x1b[31m\u202e"
VOID = {"meta", "wbr", "br", "img"}


class Reader(HTMLParser):
    """Collects text, tags and addresses, and checks that every tag is closed in its turn."""

    def __init__(self, document: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(document)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def brokenObject(file: str = "one.dcm", title: str = "Spatial Registration") -> CheckedObject:
    """One ERROR (matrix), one WARNING (modality), one INFO (label)."""
    with disable_value_validation():
        dataset = builders.spatialRegistration(Modality="CT", ContentLabel="lower case")
    matrices = dataset.RegistrationSequence[1].MatrixRegistrationSequence[0].MatrixSequence
    matrices[0].FrameOfReferenceTransformationMatrix = builders.ds((*builders.MATRIX[:15], 2))
    found = conformanceFindings(dataset, ["DICOM"])
    return CheckedObject(file, title, ("DICOM",), Role.CONSUMER, tuple(found))


def cleanObject() -> CheckedObject:
    return CheckedObject("two.dcm", "Spatial Fiducials", ("DICOM",), Role.CONSUMER, ())


def test_text_has_a_line_for_each_object_and_each_finding() -> None:
    lines = findingsAsText([brokenObject(), cleanObject()]).splitlines()
    assert lines[0] == "one.dcm: 1 error, 1 warning, 1 remark (DICOM as consumer)"
    assert (
        lines[1] == "DCM-REG-001 WARNING Modality: expected REG, found 'CT' [PS3.3 C.20.1, C.21.1]"
    )
    assert lines[3].startswith(
        "DCM-SRO-004 ERROR RegistrationSequence[2]/MatrixRegistrationSequence[1]/MatrixSequence[1]/"
    )
    assert lines[4:] == ["two.dcm: no findings (DICOM as consumer)"]


def test_json_is_one_array_with_an_entry_for_each_finding() -> None:
    entries = json.loads(findingsAsJSON([brokenObject(), cleanObject()]))
    assert entries[0] == {
        "file": "one.dcm",
        "code": "DCM-REG-001",
        "severity": "WARNING",
        "location": "Modality",
        "message": "expected REG, found 'CT'",
        "source": "PS3.3 C.20.1, C.21.1",
    }
    assert [entry["severity"] for entry in entries] == ["WARNING", "INFO", "ERROR"]
    assert json.loads(findingsAsJSON([cleanObject()])) == []


def test_many_findings_of_one_row_are_shortened_for_people_but_not_in_json() -> None:
    first = brokenObject().findings[0]
    many = [Finding(first.rule, first.severity, f"A[{n}]", "same") for n in range(1, 41)]
    one = CheckedObject("many.dcm", "Many", ("DICOM",), Role.CONSUMER, tuple(many))
    lines = findingsAsText([one]).splitlines()
    assert len(lines) == 1 + MOST_OF_A_ROW + 1
    assert lines[-1] == f"… and {40 - MOST_OF_A_ROW} more of DCM-REG-001"
    assert f"and {40 - MOST_OF_A_ROW} more findings of this row" in findingsPage([one])
    assert len(json.loads(findingsAsJSON([one]))) == 40


def test_the_page_says_everything_the_findings_say_gravest_first() -> None:
    one = brokenObject()
    read = Reader(findingsPage([one, cleanObject()]))
    for finding in one.findings:
        for said in (finding.rule.code, finding.location, finding.message, finding.rule.source):
            assert said in read.text
    assert read.text.index("DCM-SRO-004") < read.text.index("DCM-REG-001")
    for sign in ("✖ error", "▲ warning", "ℹ remark", "✔ no findings"):
        assert sign in read.text


def test_the_page_needs_nothing_from_outside_and_runs_nothing() -> None:
    document = findingsPage([brokenObject()])
    read = Reader(document)
    assert read.addresses == []
    assert not {"script", "link", "iframe", "object"} & set(read.tags)
    assert not re.search(r"https?://|@import|url\(", document)
    assert "default-src 'none'" in document


def test_hostile_text_stays_text() -> None:
    one = brokenObject(file=HOSTILE, title=HOSTILE)
    table = Table((HOSTILE,), ((HOSTILE,),), caption=HOSTILE)
    section = Section(HOSTILE, (Paragraph(HOSTILE), Facts(((HOSTILE, HOSTILE),)), table))
    for document in (findingsPage([one], HOSTILE), page(HOSTILE, [section])):
        read = Reader(document)
        assert "script" not in read.tags
        assert "<script>alert('x')</script>" in read.text
        assert "\x1b" not in document
        assert "\u202e" not in document


def test_markup_stands_as_it_is() -> None:
    document = page("T", [Section("S", (Paragraph(Markup("<b>bold</b>")),))])
    assert "<p><b>bold</b></p>" in document


def test_pictures_are_embedded_with_words_for_who_cannot_see_them() -> None:
    picture = Picture(b"\x89PNG any bytes", "Axial <slice>", 'MR "over" CT')
    document = page("Pictures", [Section("Two", (picture, Paragraph("between"), picture, picture))])
    read = Reader(document)
    assert read.tags.count("figure") == 3
    assert document.count('class="gallery"') == 2
    assert 'alt="MR &quot;over&quot; CT"' in document
    start = "data:image/png;base64,"
    assert {base64.b64decode(one.removeprefix(start)) for one in read.addresses} == {picture.png}


def luminance(color: str) -> float:
    """Relative luminance by WCAG 2.2 of a color such as #0072b2."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colors_can_be_read(scheme: int) -> None:
    blocks = re.findall(r":root \{(.*?)\}", STYLE, flags=re.DOTALL)
    colors = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", blocks[scheme]))
    pairs = [(name, f"{name}-ground") for name in ("error", "warning", "info", "good")]
    pairs += [(text, ground) for text in ("text", "quiet") for ground in ("ground", "panel")]
    for text, ground in pairs:
        assert contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
