"""Base and overlay registered rigidly by what they show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .codes import IMAGE_CONTENT_ALIGNMENT
from .errors import DeformableContentError
from .geometry import AffineTransform
from .imagePair import ImagePair
from .imageRegistration import POINTS, RigidRegistration, rigidRegistration
from .imageSamples import imageSamples
from .imageSide import ImageSide
from .madeRegistration import Making
from .registrationRecord import Watch
from .rigidPresets import RigidPreset
from .rigidStarts import Beginning, Start
from .sentences import motionSentence

GIVEN = "the chosen registration"  # name of that start


@dataclass(frozen=True, eq=False)
class AutomaticAlignment:
    """The result; `before` and `after` are the normalized mutual information at the same points
    as the overlay lay and as it lies through the result, 1 is chance; `before` is NaN where the
    images did not meet or were deformed.
    """

    registration: RigidRegistration
    before: float
    after: float

    @property
    def movingToFixed(self) -> AffineTransform:
        return self.registration.movingToFixed

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was found, for the user, most important first."""
        gain = f"Similarity {self.after:.3f} (normalized mutual information, 1 is chance)"
        was = "" if np.isnan(self.before) else f", {self.before:.3f} before"
        doubts = (
            f"Look: {note.name}, {note.found}: {note.done}."
            for note in self.registration.record.notes
        )
        return (f"{gain}{was}.", *doubts)


def automaticAlignment(
    pair: ImagePair,
    preset: RigidPreset,
    watch: Watch,
    beginning: Beginning | AffineTransform = Beginning.ALL,
) -> AutomaticAlignment:
    """The rigid transform under which the images tell most about each other. A `beginning` that is
    a transform, overlay → base, is the only start.

    Raises
        MalformedObjectError: see `volumeFromNode`.
        ImageRegistrationError, RegistrationCancelledError: see `rigidRegistration`.
    """
    watch.tell("reading the images", 0.0, 0.0)
    fixed, moving = pair.sides
    start: Beginning | Start
    if isinstance(beginning, AffineTransform):
        start = Start(GIVEN, beginning.inverse().matrix)
    else:
        start = beginning
    watch.tell("loading the library", 0.0, 0.0)
    found = rigidRegistration(fixed, moving, preset, watch, start)
    watch.tell("comparing", 1.0, found.record.stages[-1].after)
    before, after = _similarities(pair, fixed, moving, preset, found)
    return AutomaticAlignment(found, before, after)


def makingOf(pair: ImagePair, found: AutomaticAlignment) -> Making:
    """What the node of the result says of itself."""
    record = found.registration.record
    motion = motionSentence(found.movingToFixed.matrix, pair.sides[1].volume.lattice.center)
    return Making(
        name=f"{pair.moving.GetName()} on {pair.fixed.GetName()}",
        method=IMAGE_CONTENT_ALIGNMENT,
        description=record.method,
        comment=record.comment,
        summary=(*found.sentences, motion),
        details=record.lines,
    )


def _similarities(
    pair: ImagePair,
    fixed: ImageSide,
    moving: ImageSide,
    preset: RigidPreset,
    found: RigidRegistration,
) -> tuple[float, float]:
    """Of the images as they lie now and through the result."""
    samples = imageSamples(fixed, moving, preset.spacings[-1], preset.bins, POINTS)
    after, _ = samples.similarity(found.fixedToMoving.matrix)
    try:
        before, overlap = samples.similarity(pair.present.inverse().matrix)
    except DeformableContentError:
        return np.nan, after
    return (before if overlap > 0 else np.nan), after
