"""One self-contained HTML page: words, tables and pictures, without scripts or outside resources.

Everything given as text is escaped; only `Markup` is trusted. The page follows the reader's light
or dark scheme, prints in black on white, and never says anything by color alone.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .pageStyle import STYLE


@dataclass(frozen=True)
class Markup:
    """HTML that is trusted as it stands."""

    html: str


Cell = str | Markup


@dataclass(frozen=True)
class Paragraph:
    """A sentence or several."""

    text: Cell


@dataclass(frozen=True)
class Facts:
    """Names and their values, as short lines side by side."""

    pairs: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells under a header; `caption` says what the rows are.

    Where the screen is narrow a table scrolls; if `stacked`, its rows become blocks instead.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    stacked: bool = False


@dataclass(frozen=True)
class Picture:
    """A PNG picture with a caption; `alt` tells what is seen to whom cannot see it."""

    png: bytes
    caption: str
    alt: str


Part = Paragraph | Facts | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; neighboring pictures stand side by side."""

    title: Cell
    parts: tuple[Part, ...]


def page(title: str, sections: Iterable[Section], *, summary: Sequence[Part] = ()) -> str:
    """A whole HTML document; `summary` stands under the title, before the first section."""
    body = "\n".join(
        f"<section>\n<h2>{escaped(one.title)}</h2>\n{_parts(one.parts)}\n</section>"
        for one in sections
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{escaped(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{escaped(title)}</h1>
{_parts(summary)}
</header>
<main>
{body}
</main>
</body>
</html>
"""


def escaped(cell: Cell) -> str:
    """`cell` as HTML: text escaped, control characters dropped; markup as it stands."""
    if isinstance(cell, Markup):
        return cell.html
    return html.escape("".join(c if c.isprintable() or c == "\n" else "�" for c in cell))


def _parts(parts: Sequence[Part]) -> str:
    written: list[str] = []
    pictures: list[str] = []
    for part in parts:
        if isinstance(part, Picture):
            pictures.append(_picture(part))
            continue
        written += _gallery(pictures)
        pictures = []
        written.append(_part(part))
    return "\n".join([*written, *_gallery(pictures)])


def _gallery(pictures: Sequence[str]) -> list[str]:
    return [f'<div class="gallery">\n{chr(10).join(pictures)}\n</div>'] if pictures else []


def _part(part: Paragraph | Facts | Table) -> str:
    if isinstance(part, Paragraph):
        return f"<p>{escaped(part.text)}</p>"
    if isinstance(part, Facts):
        pairs = "".join(
            f"<div><dt>{escaped(name)}</dt><dd>{escaped(value)}</dd></div>"
            for name, value in part.pairs
        )
        return f"<dl>{pairs}</dl>"
    header = "".join(f'<th scope="col">{escaped(cell)}</th>' for cell in part.header)
    rows = "\n".join(
        f"<tr>{''.join(f'<td>{escaped(cell)}</td>' for cell in row)}</tr>" for row in part.rows
    )
    caption = f"<caption>{escaped(part.caption)}</caption>" if part.caption else ""
    kind = "table stacked" if part.stacked else "table"
    return (
        f'<div class="{kind}" tabindex="0"><table>{caption}\n<thead><tr>{header}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _picture(part: Picture) -> str:
    data = base64.b64encode(part.png).decode("ascii")
    return (
        f'<figure><img alt="{escaped(part.alt)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escaped(part.caption)}</figcaption></figure>"
    )
