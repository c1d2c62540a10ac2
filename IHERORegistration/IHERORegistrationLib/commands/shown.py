"""What a picture shows: chosen by its UID, else the only one that can be meant."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass

from IHERODeformationLib.deformation import OutsideGrid
from IHERODeformationLib.frameWays import registrationGraph

from ..dose import Dose
from ..errors import ReferenceNotFoundError
from ..frames import FrameGraph
from ..images import ImageSeries
from ..structures import StructureSet
from .inputs import Inputs
from .targets import targetSeries
from .telling import remark

NOTHING = "none"


@dataclass(frozen=True, eq=False)
class Reach:
    """What the registrations bring to the frame of `base`: images and dose are pulled, so there
    must be a way from it; structures are carried to it.
    """

    base: ImageSeries
    graph: FrameGraph

    @property
    def pulled(self) -> frozenset[str]:
        """Frames of images and doses that can be shown."""
        return frozenset({self.base.frame, *self.graph.connectedTo(self.base.frame)})

    def carries(self, structureSet: StructureSet) -> bool:
        """Whether every structure can be shown."""
        frame = self.base.frame
        return all(
            one == frame or frame in self.graph.connectedTo(one)
            for one in {structure.frame for structure in structureSet.structures}
        )


def reachOf(base: ImageSeries, inputs: Inputs, arguments: argparse.Namespace) -> Reach:
    """As far as the user allows."""
    graph = registrationGraph(
        inputs.registrations,
        numericalInverse=arguments.inverse,
        outsideGrid=OutsideGrid(arguments.outside),
    )
    return Reach(base, graph)


def baseSeries(inputs: Inputs, arguments: argparse.Namespace) -> ImageSeries:
    """The series asked for; else that of the registered frame; else the only CT, or series."""
    folder = inputs.folderAtHand
    if arguments.base:
        return folder.oneSeries(arguments.base)
    registered = {one.registeredFrame for one in inputs.registrations}
    if len(registered) == 1:
        return targetSeries(inputs, min(registered))
    cts = [one for one in folder.series if one.modality == "CT"]
    return cts[0] if len(cts) == 1 else folder.oneSeries()


def overlaySeries(
    inputs: Inputs, reach: Reach, arguments: argparse.Namespace
) -> ImageSeries | None:
    """The series asked for; else the only other one that is connected to the base, if any."""
    folder = inputs.folderAtHand
    if arguments.overlay == NOTHING:
        return None
    if arguments.overlay:
        return folder.oneSeries(arguments.overlay)
    others = [
        one
        for one in folder.series
        if one.frame in reach.pulled and one.seriesInstanceUID != reach.base.seriesInstanceUID
    ]
    if len(others) > 1:
        named = ", ".join(f"{one.modality} {one.seriesInstanceUID}" for one in others)
        raise ReferenceNotFoundError(f"several images fit, choose one with --overlay: {named}")
    return others[0] if others else None


def structuresShown(
    inputs: Inputs, reach: Reach, arguments: argparse.Namespace
) -> StructureSet | None:
    """The structure set asked for; else the only one at hand, or with deformations the only one
    that comes to the base, if it does.
    """
    folder = inputs.folderAtHand
    asked = arguments.structures
    if asked == NOTHING or (asked is None and not folder.structureSets):
        return None
    coming = [one for one in folder.structureSets if reach.carries(one)]
    if asked is None and inputs.deformable and len(coming) == 1:
        return coming[0]
    if asked is None and inputs.deformable and not coming:
        _tellMissing("structures are", inputs, arguments)
        return None
    found = folder.oneStructureSet(asked)
    if asked is None and not reach.carries(found):
        _tellMissing("structures are", inputs, arguments)
        return None
    return found


def doseShown(inputs: Inputs, reach: Reach, arguments: argparse.Namespace) -> Dose | None:
    """The dose asked for; else the only one at hand, if the base can be reached."""
    folder = inputs.folderAtHand
    asked = arguments.dose
    if asked == NOTHING or (asked is None and not folder.doses):
        return None
    found = folder.oneDose(asked)
    if asked is None and found.frame not in reach.pulled:
        _tellMissing("dose is", inputs, arguments)
        return None
    return found


def deformedFrames(inputs: Inputs, reach: Reach) -> Collection[str]:
    """The frames that deformations lead to from the base."""
    rigid = {reach.base.frame, *registrationGraph(inputs.rigid).connectedTo(reach.base.frame)}
    return reach.pulled - rigid


def _tellMissing(what: str, inputs: Inputs, arguments: argparse.Namespace) -> None:
    """Say why something, such as `dose is`, is not shown."""
    way = "no registration leads to the base"
    if inputs.deformable and not arguments.inverse:
        way += ", or only against a deformation, which --inverse allows"
    remark(f"{what} not shown: {way}", arguments)
