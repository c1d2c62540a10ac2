"""Deformable registrations in plain words: what maps where, on which grid, how far."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from IHERORegistrationLib.geometry import isIdentity
from IHERORegistrationLib.sentences import (
    asSentence,
    frameName,
    methodSentence,
    motionSentence,
    percentage,
)

from .deformableRegistration import DeformableRegistrationItem, DeformableSpatialRegistration
from .displacementGrid import DisplacementGrid
from .gridContent import GridContent


def deformationSentences(
    registration: DeformableSpatialRegistration,
    item: DeformableRegistrationItem,
    names: Mapping[str, str],
    centers: Mapping[str, np.ndarray],
    content: GridContent | None,
) -> tuple[str, ...]:
    """What one item does. `names` and `centers` (LPS mm) are by frame, from the images at hand;
    either may be empty. `content` is that of the grid, None where it was not read.
    """
    here, there = registration.registeredFrame, item.sourceFrame
    if item not in registration.sourceItems:
        name = frameName(there, names)
        return (asSentence(f"{name} is the registered frame"),)
    sentences = [f"Takes points of {frameName(here, names)} to {frameName(there, names)}."]
    if item.grid is not None:
        vectors = _unreadSentence(item.grid) if content is None else contentSentence(content)
        sentences += [_useSentence(here, there, names), gridSentence(item.grid), vectors]
    center = centers.get(here)
    for matrix, when in ((item.preMatrix, "Before"), (item.postMatrix, "After")):
        if not isIdentity(matrix):
            motion = motionSentence(matrix, center)
            sentences.append(f"{when} the vectors: {motion[0].lower()}{motion[1:]}")
    sentences.append(methodSentence(item.method))
    return tuple(sentences)


def _useSentence(here: str, there: str, names: Mapping[str, str]) -> str:
    registered, source = frameName(here, names), frameName(there, names)
    return f"Contours go from {registered} to {source}; images and dose come from there onto it."


def gridSentence(grid: DisplacementGrid) -> str:
    """Size, spacing, extent and obliqueness of a grid."""
    lattice = grid.lattice
    nodes = " × ".join(str(n) for n in lattice.size)
    spacing = " × ".join(f"{one:.3g}" for one in lattice.spacing)
    extent = " × ".join(
        f"{n * one:.0f}" for n, one in zip(lattice.size, lattice.spacing, strict=True)
    )
    oblique = np.abs(lattice.directions).max(axis=0).min() < 1 - 1e-6
    return (
        f"{'Oblique grid' if oblique else 'Grid'} of {nodes} vectors every {spacing} mm, "
        f"{extent} mm in all."
    )


def contentSentence(content: GridContent) -> str:
    """How long the vectors are, and how many are undefined."""
    if content.undefined == content.nodes:
        return "No vector is defined."
    words = f"Vectors of up to {content.longest:.1f} mm"
    if content.undefined:
        part = percentage(content.undefined / content.nodes)
        words += f"; {content.undefined} of {content.nodes} ({part}) are undefined"
    return f"{words}."


def _unreadSentence(grid: DisplacementGrid) -> str:
    return f"Its vectors, {grid.byteCount / 1e6:.0f} MB, were left unread."
