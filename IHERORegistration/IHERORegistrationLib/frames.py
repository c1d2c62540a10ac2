"""Frames of Reference and the transforms that connect them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .errors import FrameOfReferenceError, NotInvertibleError
from .geometry import FIELD_OF_VIEW


class Transform(Protocol):
    """Maps points, shape (..., 3), LPS mm, from Frame of Reference `fromFrame` to `toFrame`."""

    @property
    def fromFrame(self) -> str: ...
    @property
    def toFrame(self) -> str: ...
    def __call__(self, points: np.ndarray) -> np.ndarray: ...
    def inverse(self) -> Transform: ...


@dataclass(frozen=True)
class TransformChain:
    """Transforms applied one after another, the first one first; empty within one frame.

    Raises
        FrameOfReferenceError: two neighbors do not meet.
    """

    transforms: tuple[Transform, ...]
    fromFrame: str
    toFrame: str

    def __post_init__(self) -> None:
        here = self.fromFrame
        for transform in self.transforms:
            if transform.fromFrame != here:
                raise FrameOfReferenceError(
                    f"cannot follow a transform into {here} by one from {transform.fromFrame}"
                )
            here = transform.toFrame
        if here != self.toFrame:
            raise FrameOfReferenceError(f"the chain ends in {here}, not in {self.toFrame}")

    def __call__(self, points: np.ndarray) -> np.ndarray:
        points = np.asarray(points, dtype=float)
        for transform in self.transforms:
            points = transform(points)
        return points

    def inverse(self) -> TransformChain:
        """The chain back.

        Raises
            NotInvertibleError: one of the transforms has no inverse.
        """
        back = tuple(transform.inverse() for transform in reversed(self.transforms))
        return TransformChain(back, self.toFrame, self.fromFrame)


class FrameGraph:
    """Finds how to go from one Frame of Reference to another.

    Never chooses: two ways between the same frames are a clinical question, so they are an error.
    A transform without an inverse is a one-way edge.
    """

    def __init__(self, transforms: Iterable[Transform] = ()):
        self._leaving: dict[str, list[Transform]] = {}
        for transform in transforms:
            if transform.fromFrame == transform.toFrame:
                raise FrameOfReferenceError(
                    f"a transform maps Frame of Reference {transform.fromFrame} onto itself"
                )
            self._add(transform)
            try:
                self._add(transform.inverse())
            except NotInvertibleError:
                continue

    def _add(self, transform: Transform) -> None:
        self._leaving.setdefault(transform.fromFrame, []).append(transform)
        self._leaving.setdefault(transform.toFrame, [])

    @property
    def frames(self) -> frozenset[str]:
        """Every frame that a transform begins or ends in."""
        return frozenset(self._leaving)

    def connectedTo(self, frame: str) -> frozenset[str]:
        """The frames that can be reached from `frame`, without `frame` itself."""
        return self._reached(frame, frozenset()) - {frame}

    def _reached(self, frame: str, avoided: frozenset[str]) -> frozenset[str]:
        reached, waiting = {frame}, [frame]
        while waiting:
            for transform in self._leaving.get(waiting.pop(), ()):
                if transform.toFrame not in reached | avoided:
                    reached.add(transform.toFrame)
                    waiting.append(transform.toFrame)
        return frozenset(reached)

    def path(self, fromFrame: str, toFrame: str) -> TransformChain:
        """The only way from `fromFrame` to `toFrame`; an empty chain if they are one frame.

        Raises
            FrameOfReferenceError: there is no way, or more than one; the message says which.
        """
        if fromFrame == toFrame:
            return TransformChain((), fromFrame, toFrame)
        ways = self._ways(fromFrame, toFrame, frozenset({fromFrame}))
        found = [way for way, _ in zip(ways, range(_MOST_WAYS_NAMED), strict=False)]
        if len(found) == 1:
            return TransformChain(found[0], fromFrame, toFrame)
        if found:
            raise FrameOfReferenceError(
                f"several registrations lead from {fromFrame} to {toFrame}, choose one: "
                + "; ".join(_route(way) for way in found)
                + _gap([TransformChain(way, fromFrame, toFrame) for way in found])
            )
        known = ", ".join(sorted(self.connectedTo(fromFrame))) or "nothing"
        raise FrameOfReferenceError(
            f"no registration leads from {fromFrame} to {toFrame}; from there one reaches {known}"
        )

    def _ways(self, here: str, goal: str, seen: frozenset[str]) -> Iterator[tuple[Transform, ...]]:
        """Every way that visits no frame twice; dead ends are not entered, they may be huge."""
        for transform in self._leaving.get(here, ()):
            if transform.toFrame == goal:
                yield (transform,)
            elif transform.toFrame not in seen and goal in self._reached(transform.toFrame, seen):
                for rest in self._ways(transform.toFrame, goal, seen | {transform.toFrame}):
                    yield (transform, *rest)


_MOST_WAYS_NAMED = 4  # enough to see the choice; a dense graph has factorially many


def _route(way: tuple[Transform, ...]) -> str:
    """Its frames and, as far as known, the objects that its transforms were taken from."""
    frames = " → ".join([way[0].fromFrame, *(transform.toFrame for transform in way)])
    origins = [name for name in (getattr(one, "origin", "") for one in way) if name]
    return f"{frames} by {', '.join(origins)}" if origins else frames


def _gap(ways: Sequence[TransformChain]) -> str:
    """How far the ways lead apart, where they are defined."""
    ends = np.array([way(FIELD_OF_VIEW) for way in ways])
    apart = np.linalg.norm(ends - ends[0], axis=-1)
    if not np.isfinite(apart).any():
        return ""
    return f"; they lead up to {np.nanmax(apart):.2g} mm apart at the corners of a 500 mm cube"
