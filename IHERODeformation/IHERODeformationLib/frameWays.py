"""Ways between frames through rigid and deformable registrations together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.frames import FrameGraph, Transform, TransformChain
from IHERORegistrationLib.registration import Registration

from .deformation import DeformableTransform, OutsideGrid
from .numericalInverse import NumericalInverse


def registrationWay(
    registrations: Iterable[Registration],
    fromFrame: str,
    toFrame: str,
    *,
    numericalInverse: bool = False,
    outsideGrid: OutsideGrid = OutsideGrid.UNDEFINED,
) -> TransformChain:
    """The only way from `fromFrame` to `toFrame`; an empty chain if they are one frame.

    Matrices lead both ways. A deformation leads from the registered frame to the source, and back
    only with `numericalInverse` and where nothing else does. `outsideGrid` says what holds beyond
    the grids.

    Raises
        FrameOfReferenceError: there is no way, or more than one, or only one against a deformation.
    """
    given = tuple(registrations)
    graph = registrationGraph(given, outsideGrid=outsideGrid)
    if fromFrame != toFrame and toFrame not in graph.connectedTo(fromFrame):
        withInverses = registrationGraph(given, numericalInverse=True, outsideGrid=outsideGrid)
        if toFrame in withInverses.connectedTo(fromFrame):
            if not numericalInverse:
                raise FrameOfReferenceError(
                    f"from {fromFrame} to {toFrame} one goes against a deformable registration, "
                    "which has no exact inverse: better a second one made the other way; the "
                    "numerical inverse has to be asked for (--inverse; for contours and points "
                    "--to)"
                )
            graph = withInverses
    return graph.path(fromFrame, toFrame)


def registrationGraph(
    registrations: Iterable[Registration],
    *,
    numericalInverse: bool = False,
    outsideGrid: OutsideGrid = OutsideGrid.UNDEFINED,
) -> FrameGraph:
    """How `registrations` of both kinds connect frames; see `registrationWay`."""
    return FrameGraph(
        edge
        for one in registrations
        for transform in one.transforms
        for edge in _edges(transform, numericalInverse, outsideGrid)
    )


def _edges(
    transform: Transform, numericalInverse: bool, outsideGrid: OutsideGrid
) -> Iterator[Transform]:
    if not isinstance(transform, DeformableTransform):
        yield transform
        return
    forward = replace(transform, outsideGrid=outsideGrid)
    yield NumericalInverse(forward) if numericalInverse else forward
