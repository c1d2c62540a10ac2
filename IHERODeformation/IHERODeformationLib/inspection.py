"""What a deformable registration object says, in plain words and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from IHERORegistrationLib.inspection import ObjectInspection
from IHERORegistrationLib.notes import Note
from IHERORegistrationLib.registration import allNotes

from .anyRegistration import AnyRegistration, vectorBytes
from .deformableRegistration import DeformableRegistrationItem, DeformableSpatialRegistration
from .deformationNotes import SEQUENCE, contentNotes
from .deformationSentences import deformationSentences
from .dialects import GRID
from .gridContent import GridContent, gridContent

MOST_READ = 64 << 20  # bytes of vectors that are looked at; more would keep the reader waiting


def mayBeRead(registration: AnyRegistration) -> bool:
    """Whether the vectors of all its grids are few enough to be looked at."""
    return vectorBytes(registration) <= MOST_READ


@dataclass(frozen=True, eq=False)
class DeformableInspection(ObjectInspection):
    """One object; see `ObjectInspection`. Vectors are looked at up to `MOST_READ` bytes in all."""

    registration: DeformableSpatialRegistration

    title = "Deformable Spatial Registration"

    @property
    def kind(self) -> str:
        return "deformable"

    @property
    def unjudged(self) -> str:
        """The vectors, where they are too many."""
        return "" if mayBeRead(self.registration) else "the vectors"

    @cached_property
    def contents(self) -> Mapping[int, GridContent]:
        """Of the grids that were looked at, by the number of their item."""
        return {
            item.number: gridContent(item.grid)
            for item in self.registration.items
            if item.grid is not None and not self.unjudged
        }

    @property
    def notes(self) -> tuple[Note, ...]:
        ofContents = (
            note
            for number, content in self.contents.items()
            for note in contentNotes(content, f"{SEQUENCE}[{number}]/{GRID}[1]")
        )
        return (*allNotes(self.registration), *ofContents)

    def sentences(self, item: DeformableRegistrationItem) -> tuple[str, ...]:
        """What one item does."""
        content = self.contents.get(item.number)
        return deformationSentences(self.registration, item, self.names, self.centers, content)

    def itemAsJSON(self, item: DeformableRegistrationItem) -> dict[str, Any]:
        """Its frames, what it maps, matrices and grid."""
        found: dict[str, Any] = {
            "sourceFrame": item.sourceFrame,
            "maps": " ".join(self.sentences(item)),
            "images": len(item.images),
            "preMatrix": None if item.pre is None else item.pre.matrix.tolist(),
            "postMatrix": None if item.post is None else item.post.matrix.tolist(),
            "grid": None,
            "notes": [asdict(note) for note in item.notes],
        }
        if item.grid is not None:
            lattice, content = item.grid.lattice, self.contents.get(item.number)
            found["grid"] = {
                "size": list(lattice.size),
                "spacing": lattice.spacing.tolist(),
                "origin": lattice.origin.tolist(),
                "directions": lattice.directions.T.tolist(),
                "bytes": item.grid.byteCount,
                "judged": not self.unjudged,
                "undefined": None if content is None else content.undefined,
                "longest": None if content is None else content.longest,
            }
        return found
