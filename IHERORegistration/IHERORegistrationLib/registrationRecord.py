"""How images were registered: what was done, with which numbers, and what is to be doubted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .errors import RegistrationCancelledError
from .notes import Note


def _nobody(stage: str, fraction: float, similarity: float) -> None:
    """Nobody wants to know."""


def _never() -> bool:
    return False


def nobodyAsks() -> None:
    """For work that nobody cancels: what asks `Watch.requireGoingOn` may stand in its place."""


@dataclass(frozen=True)
class Watch:
    """Who looks on while something long is done, such as images being registered.

    `progress` is told the stage, the part of it that is done (0 to 1) and the similarity reached
    (0 where there is none); `isCancelled` is asked then and in every iteration.
    """

    progress: Callable[[str, float, float], None] = _nobody
    isCancelled: Callable[[], bool] = _never

    def tell(self, stage: str, fraction: float, similarity: float = 0.0) -> None:
        """Say how far it is.

        Raises
            RegistrationCancelledError: somebody wants it to end.
        """
        self.requireGoingOn(stage)
        self.progress(stage, fraction, similarity)

    def requireGoingOn(self, stage: str) -> None:
        """Raise if somebody wants it to end.

        Raises
            RegistrationCancelledError: so it is.
        """
        if self.isCancelled():
            raise RegistrationCancelledError(f"cancelled during {stage}")


UNWATCHED = Watch()


@dataclass(frozen=True)
class Stage:
    """One stage: images sampled every `spacing` mm, and the similarity before and after.

    Similarities of different stages are those of different images and cannot be compared.
    """

    name: str
    spacing: float
    iterations: int
    before: float
    after: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.name} at {self.spacing:g} mm: {self.iterations} iterations, "
            f"{self.before:.4f} → {self.after:.4f}, {self.seconds:.1f} s"
        )


@dataclass(frozen=True)
class RegistrationRecord:
    """`method` in words, at most 64 characters as Content Description holds them; the `preset`
    and its `parameters` (name, value), `stages` in order, `versions` of the libraries, and `notes`
    on what a user has to look at.
    """

    method: str
    preset: str
    parameters: tuple[tuple[str, str], ...]
    stages: tuple[Stage, ...]
    versions: str
    notes: tuple[Note, ...] = field(default=())

    @property
    def seconds(self) -> float:
        """How long all stages took."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def comment(self) -> str:
        """In at most 64 characters, as Frame of Reference Transformation Comment holds them."""
        last = self.stages[-1]
        text = f"{self.preset} {last.spacing:g} mm: {last.before:.3f} > {last.after:.3f}"
        return f"{text}; {self.versions}"[:64].rstrip("; ")

    @property
    def lines(self) -> tuple[str, ...]:
        """Everything in sentences, for a report."""
        return (
            f"{self.method}, preset {self.preset}, {self.versions}",
            *(f"{name}: {value}" for name, value in self.parameters),
            *map(str, self.stages),
            *map(str, self.notes),
        )
