"""Which instances, series and studies an object points to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class InstanceReference:
    """One SOP instance; `frames` are numbers from 1 in a multi-frame image, empty for all."""

    sopClassUID: str
    sopInstanceUID: str
    frames: tuple[int, ...] = ()


@dataclass(frozen=True)
class SeriesReference:
    """Instances of one series in one study."""

    studyInstanceUID: str
    seriesInstanceUID: str
    instances: tuple[InstanceReference, ...]

    def __iter__(self) -> Iterator[InstanceReference]:
        return iter(self.instances)


@dataclass(frozen=True)
class FiducialReference:
    """One fiducial of a Spatial Fiducials instance (PS3.3 C.20.2, Used Fiducials Sequence)."""

    instance: InstanceReference
    fiducialUID: str
