"""`ihero contours`: a structure set on another image set."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from IHERODeformationLib.contourDeformer import structureSetDeformed
from IHERODeformationLib.deformation import OutsideGrid

from ..carriedSet import CarriedStructureSet, carriedLabel
from ..carriedStructure import CarriedStructure
from ..images import ImageSeries
from ..registeredContourer import structureSetOnTarget
from ..saving import saveSeries
from ..sentences import mappingSentence, percentage
from ..structures import StructureSet
from ..structureSetWriter import LONGEST_LABEL
from .inputs import Inputs, outsideArgument, readingArgument, readInputs
from .targets import contourFrame, targetSeries
from .telling import remark, tellNotes


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero contours` takes."""
    parser.add_argument("registrations", nargs="+", metavar="REG", help="registration objects")
    parser.add_argument("--data", required=True, help="folder with images and structure set")
    parser.add_argument("--out", required=True, help="folder for the new structure set")
    parser.add_argument("--structures", metavar="UID", help="SOP Instance UID of the set to carry")
    parser.add_argument("--to", dest="toFrame", metavar="UID", help="frame to carry it to")
    parser.add_argument("--base", metavar="UID", help="series whose slices it is drawn on")
    outsideArgument(parser)
    readingArgument(parser)
    parser.add_argument("--label", help=f"of the new set, {LONGEST_LABEL} characters at most")


def run(arguments: argparse.Namespace) -> int:
    """Carry the structures and write them."""
    inputs = readInputs(arguments.registrations, arguments.data, arguments)
    source = inputs.folderAtHand.oneStructureSet(arguments.structures)
    frame = contourFrame(inputs, arguments.toFrame, source.frame)
    target = targetSeries(inputs, frame, arguments.base)
    tellNotes((*source.notes, *target.notes), arguments)
    remark(mappingSentence(source.frame, frame, inputs.names), arguments)
    label = arguments.label or carriedLabel(source, target)
    carried = _carried(inputs, source, target, label, arguments)
    (path,) = saveSeries([carried.dataset], Path(arguments.out), force=arguments.force)
    for note in carried.notes:
        remark(str(note), arguments)
    for finding in carried.findings:
        remark(str(finding), arguments)
    print("\n".join(map(_line, carried.structures)))
    print(path)
    return 0


def _carried(
    inputs: Inputs,
    source: StructureSet,
    target: ImageSeries,
    label: str,
    arguments: argparse.Namespace,
) -> CarriedStructureSet:
    """By the actor for what leads there: against a deformation only where the frame was named."""
    confirmed, created = arguments.otherPatientOK, datetime.now()
    if not inputs.deformable:
        return structureSetOnTarget(
            source,
            target,
            inputs.rigid,
            label=label,
            created=created,
            otherPatientConfirmed=confirmed,
        )
    return structureSetDeformed(
        source,
        target,
        inputs.registrations,
        label=label,
        created=created,
        numericalInverse=arguments.toFrame is not None,
        outsideGrid=OutsideGrid(arguments.outside),
        otherPatientConfirmed=confirmed,
    )


def _line(one: CarriedStructure) -> str:
    """The structure's number, as remarks have it, its name and what became of its volume."""
    name = f"{one.structure.number:4} {one.structure.name:20}"
    if one.before is None or one.after is None:
        return f"{name} {len(one.structure.contours)} points or open contours"
    change = f"{100 * (one.after / one.before - 1):+.1f} %" if one.before else "was empty"
    lost = f", {percentage(one.outside)} on no image" if one.outside > 0 else ""
    return f"{name} {one.before:9.2f} cm³ → {one.after:9.2f} cm³ ({change}){lost}"
