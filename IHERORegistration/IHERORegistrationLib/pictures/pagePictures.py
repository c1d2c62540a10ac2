"""Fused pictures as files, and as parts of a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..page import Paragraph, Part, Picture
from ..rendering import FusedPicture, fusedImage, savePNG

Named = tuple[str, FusedPicture, str]  # file name, picture, caption


def pagePictures(named: Iterable[Named], folder: Path, *, force: bool = False) -> Iterator[Part]:
    """Each picture, written to `folder` too. Those of three planes stand alone, those of one plane
    side by side.

    Raises
        FileExistsRefusal: a file is in the way and `force` is not set.
    """
    before = None
    for one in named:
        planes = len(one[1].planes)
        if before not in (None, planes):
            yield Paragraph("")
        before = planes
        yield pagePicture(one, folder, force=force)


def pagePicture(named: Named, folder: Path, *, force: bool = False) -> Picture:
    """One picture, written to `folder` too; see `pagePictures`."""
    name, picture, caption = named
    path = savePNG(fusedImage(picture), folder / f"{name}.png", force=force)
    return Picture(path.read_bytes(), caption, f"{picture.title}. {caption}")
