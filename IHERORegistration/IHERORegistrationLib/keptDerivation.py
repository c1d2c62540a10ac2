"""How a volume of the scene came about, kept with it so that it can be sent as DICOM images."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

import slicer

from .derivedImages import ResampledImage
from .keptText import readsKeptText
from .references import SeriesReference
from .registrationText import seriesFromText, textFromSeries

DERIVATION = "IHERO.Derivation"  # attribute of volumes that were made from others


@dataclass(frozen=True)
class Derivation:
    """SOP Instance UIDs of the images that a volume was made of (`source`) and on whose lattice it
    lies (`target`), and the objects of the `registrations` between them. `remarks` are sentences.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    registrations: tuple[SeriesReference, ...]
    interpolation: str
    profile: str
    isDeformed: bool
    isRigidOutside: bool = False
    isNumericallyInverted: bool = False
    remarks: tuple[str, ...] = ()


def keepDerivation(node: slicer.vtkMRMLScalarVolumeNode, derivation: Derivation) -> None:
    """Let `node` know how its voxels came about."""
    fields = asdict(replace(derivation, registrations=()))
    registrations = textFromSeries(derivation.registrations)
    node.SetAttribute(DERIVATION, json.dumps({**fields, "registrations": registrations}))


def isDerived(node: slicer.vtkMRMLNode) -> bool:
    """Whether `node` says how it came about."""
    return node.GetAttribute(DERIVATION) is not None


def derivationOfImage(image: ResampledImage, *, isDeformed: bool) -> Derivation:
    """How `image` came about."""
    return Derivation(
        source=_uids(image.source.reference),
        target=_uids(image.target.reference),
        registrations=tuple(one for one in image.registrations if all(_uids(one))),
        interpolation=image.interpolation,
        profile=image.profile,
        isDeformed=isDeformed,
        remarks=image.remarks,
    )


@readsKeptText
def derivationOf(node: slicer.vtkMRMLNode) -> Derivation | None:
    """How `node` came about; None if it does not say.

    Raises
        MalformedRegistrationError: what is kept cannot be read.
    """
    told = node.GetAttribute(DERIVATION)
    if told is None:
        return None
    fields = json.loads(told)
    lists = {name: tuple(fields[name]) for name in ("source", "target", "remarks")}
    registrations = seriesFromText(fields["registrations"])
    return Derivation(**{**fields, **lists, "registrations": registrations})


def _uids(instances: Iterable) -> tuple[str, ...]:
    return tuple(one.sopInstanceUID for one in instances)
