"""What the views may show of a base, an overlay, a dose and structures: each where its registration
puts it, and nothing where it does not belong without saying so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import slicer

from .displayedLayers import ShownImages
from .displayedPair import RIGID_PART_OF, Relation, moves, overlayStandIn, relation
from .errors import MalformedRegistrationError
from .nodeIdentity import NO_IMAGES
from .nodeVolumes import liesSomewhere
from .placement import dataFrame
from .scene import namesFrames, parentsApart, parentsOf
from .writtenObject import OwnChange, ownChange

# As it is shown, the one does not lie on the other: not without a mark
MISLEADING = (
    Relation.OFF,
    Relation.EXCHANGED,
    Relation.UNCONNECTED,
    Relation.OTHER_PATIENT,
    Relation.NOWHERE,
    Relation.BASE_NOWHERE,
)
HIDDEN = (Relation.OTHER_PATIENT, Relation.NOWHERE)  # the overlay


@dataclass(frozen=True, eq=False)
class Choice:
    """What a user chose; None where nothing."""

    base: slicer.vtkMRMLScalarVolumeNode | None
    overlay: slicer.vtkMRMLScalarVolumeNode | None
    dose: slicer.vtkMRMLScalarVolumeNode | None
    structures: slicer.vtkMRMLSegmentationNode | None
    registration: slicer.vtkMRMLTransformNode | None


@dataclass(frozen=True, eq=False)
class DisplayedImages:
    """`relation` is that of base and overlay, `dose` and `structures` are those of the base and
    these. A dose or structures that would lie in the wrong place are hidden. `changes` are what
    became of the registrations through which it is shown, by their names; if `isMovedElsewhere`,
    these do not lead from the one to the other; if `isOnlyChosen`, nothing but the user's choice
    tells that the registration moves the overlay onto the base.
    """

    shown: ShownImages = field(default_factory=ShownImages)
    relation: Relation = Relation.INCOMPLETE
    dose: Relation = Relation.INCOMPLETE
    structures: Relation = Relation.INCOMPLETE
    changes: tuple[tuple[str, OwnChange], ...] = ()
    isMovedElsewhere: bool = False
    isOnlyChosen: bool = False

    @property
    def areStructuresHidden(self) -> bool:
        return self.structures in MISLEADING


def displayedImages(
    choice: Choice, *, isRegistered: bool, frameOfInstance: Mapping[str, str] = NO_IMAGES
) -> DisplayedImages:
    """What is shown of `choice`, with its registration or without. Nothing in the scene moves;
    hidden nodes stand for what is shown elsewhere than it lies.

    `frameOfInstance` is as for `knownFrame`.
    """
    base, overlay, dose = choice.base, choice.overlay, choice.dose
    if base is None:
        return DisplayedImages()
    if not liesSomewhere(base):
        return DisplayedImages(relation=Relation.BASE_NOWHERE)

    def shownWith(node: slicer.vtkMRMLNode) -> slicer.vtkMRMLNode:
        parent = registeredParent(node, choice.registration, frameOfInstance)
        return _standIn(node, parent if isRegistered else None)

    def relationOf(node: slicer.vtkMRMLNode | None, shown: slicer.vtkMRMLNode | None) -> Relation:
        return relation(
            base, node, choice.registration, shown=shown, frameOfInstance=frameOfInstance
        )

    shown = None if overlay is None else shownWith(overlay)
    found = relationOf(overlay, shown)
    isShown = overlay is not None and found not in HIDDEN
    between = _between(base, shown) if isShown else ()
    shownDose = dose
    if dose is not None and dataFrame(dose, frameOfInstance):
        shownDose = shownWith(dose)
    ofDose = relationOf(dose, shownDose)
    return DisplayedImages(
        ShownImages(
            base,
            shown if isShown else None,
            _standIn(overlay, None) if isShown else None,
            None if ofDose in MISLEADING else shownDose,
        ),
        found,
        ofDose,
        relationOf(choice.structures, choice.structures),
        _changes(between),
        found is Relation.OFF and any(map(namesFrames, between)),
        found is Relation.REGISTERED and _saysNothing(choice.registration),
    )


def _between(
    base: slicer.vtkMRMLScalarVolumeNode, shown: slicer.vtkMRMLScalarVolumeNode
) -> tuple[slicer.vtkMRMLTransformNode, ...]:
    """The transforms through which one is shown on the other."""
    above, below = parentsApart(base, shown.GetParentTransformNode())
    return (*below, *above)


def _changes(nodes: Iterable[slicer.vtkMRMLTransformNode]) -> tuple[tuple[str, OwnChange], ...]:
    found = ((one.GetName(), _changeOf(one)) for one in nodes)
    return tuple(one for one in found if one[1] is not OwnChange.NONE)


def _changeOf(node: slicer.vtkMRMLTransformNode) -> OwnChange:
    try:
        return ownChange(node)
    except MalformedRegistrationError:
        return OwnChange.EDITED  # what it did before cannot be read


def _saysNothing(registration: slicer.vtkMRMLTransformNode | None) -> bool:
    """Whether it names neither frames nor the image that it moves."""
    role = slicer.vtkMRMLTransformNode.GetMovingNodeReferenceRole()
    return (
        registration is not None
        and not namesFrames(registration)
        and registration.GetNodeReference(role) is None
    )


def registeredParent(
    node: slicer.vtkMRMLTransformableNode,
    registration: slicer.vtkMRMLTransformNode | None,
    frameOfInstance: Mapping[str, str] = NO_IMAGES,
) -> slicer.vtkMRMLTransformNode | None:
    """The transform node that `node` is to be shown under: `registration` if that moves it and it
    does not lie under it, or its rigid part, already; else what it lies under.
    """
    above = [*parentsOf(node), *(one.GetNodeReference(RIGID_PART_OF) for one in parentsOf(node))]
    if registration is None or any(one is registration for one in above):
        return node.GetParentTransformNode()
    if not moves(registration, node, frameOfInstance):
        return node.GetParentTransformNode()
    return registration


def _standIn(
    node: slicer.vtkMRMLScalarVolumeNode, parent: slicer.vtkMRMLTransformNode | None
) -> slicer.vtkMRMLScalarVolumeNode:
    if node.GetParentTransformNode() is parent:
        return node
    name = f"{node.GetName()} {'unregistered' if parent is None else 'registered'}"
    return overlayStandIn(node, parent, name)
