"""What the display says of the two images and of the point under the cursor."""

from __future__ import annotations

import numpy as np
from slicer.i18n import tr as _

from ..displayedImages import MISLEADING, DisplayedImages
from ..displayedPair import Relation
from ..pointReadout import PointReadout
from ..sentences import oneLine
from ..viewMarks import Urgency
from ..writtenObject import OwnChange

URGENCY = {
    Relation.REGISTERED_IN_ONE_FRAME: Urgency.WARNING,
    Relation.OFF: Urgency.WARNING,
    Relation.EXCHANGED: Urgency.WARNING,
    Relation.MOVED_BESIDES: Urgency.WARNING,
    Relation.RIGID_PART: Urgency.WARNING,
    Relation.UNCONNECTED: Urgency.STOP,
    Relation.UNKNOWN_FRAME: Urgency.WARNING,
    Relation.OTHER_PATIENT: Urgency.STOP,
    Relation.NOWHERE: Urgency.STOP,
    Relation.BASE_NOWHERE: Urgency.STOP,
}

MOVED = (Relation.REGISTERED_IN_ONE_FRAME, Relation.MOVED_BESIDES)


def urgencyOf(relation: Relation) -> Urgency:
    return URGENCY.get(relation, Urgency.PLAIN)


def relationText(relation: Relation) -> str:
    """A sentence for the panel."""
    return {
        Relation.INCOMPLETE: _("Choose a fixed and a moving image above to see them together."),
        Relation.SAME_FRAME: _(
            "Both images share a Frame of Reference, so that by DICOM no registration is needed: "
            "look whether anything moved between the two."
        ),
        Relation.REGISTERED: _("The moving image is shown where the registration puts it."),
        Relation.REGISTERED_IN_ONE_FRAME: _(
            "Both images share a Frame of Reference, and yet the moving image is shown moved."
        ),
        Relation.MOVED_BESIDES: _(
            "The images are registered, and yet another transform, which says nothing of frames, "
            "moves one of them besides."
        ),
        Relation.RIGID_PART: _(
            "The moving image is shown where the rigid part of the deformation alone puts it."
        ),
        Relation.OFF: _("The moving image is shown as if there were no registration."),
        Relation.EXCHANGED: _(
            "The registration moves the fixed image onto the moving one and is not shown: exchange "
            "the two above."
        ),
        Relation.UNCONNECTED: _(
            "The images lie in different Frames of Reference and no registration connects them: "
            "what lies over each other does not belong together."
        ),
        Relation.UNKNOWN_FRAME: _(
            "The Frame of Reference of an image is not known: nothing tells whether the two "
            "belong together."
        ),
    }.get(relation) or _hiddenText(relation)


def _hiddenText(relation: Relation) -> str:
    """Why an image is not shown."""
    return {
        Relation.OTHER_PATIENT: _(
            "The images belong to different patients: the moving image is not shown."
        ),
        Relation.NOWHERE: _(
            "The moving image is not shown: as it lies there its voxels have no size or no place."
        ),
        Relation.BASE_NOWHERE: _(
            "Nothing is shown: the voxels of the fixed image have no size or no place."
        ),
    }[relation]


def displayedText(displayed: DisplayedImages) -> str:
    """The same with what is hidden or in doubt."""
    sentences = [_relationText(displayed)]
    sentences += [_changeText(name, change) for name, change in displayed.changes]
    sentences += filter(None, (_doseText(displayed.dose), _structuresText(displayed.structures)))
    return " ".join(sentences)


def _relationText(displayed: DisplayedImages) -> str:
    if displayed.isMovedElsewhere:
        return _(
            "The registrations that the images lie under do not lead from the moving image to the "
            "fixed one: as they are shown they do not lie on each other."
        )
    if displayed.isOnlyChosen:
        return _(
            "The moving image is shown where the chosen transform puts it, which does not say what "
            "it moves: see whether it is not meant the other way."
        )
    return relationText(displayed.relation)


def _changeText(name: str, change: OwnChange) -> str:
    if change is OwnChange.INVERTED:
        return _(
            "{registration} is the inverse of what it was loaded, exported or made as: see whether "
            "it moves the right image."
        ).format(registration=oneLine(name))
    return _(
        "{registration} was changed since it was loaded or exported: its DICOM object says "
        "something else."
    ).format(registration=oneLine(name))


def _doseText(relation: Relation) -> str:
    if relation is Relation.OTHER_PATIENT:
        return _("The dose is not shown: it belongs to another patient.")
    if relation is Relation.NOWHERE:
        return _("The dose is not shown: its voxels have no size or no place.")
    if relation in MISLEADING:
        return _("The dose is not shown: no registration puts it on the fixed image.")
    if relation in MOVED:
        return _("A transform that is no registration moves the dose or the fixed image.")
    if relation is Relation.UNKNOWN_FRAME:
        return _("Nothing tells whether the dose lies on the fixed image.")
    return ""


def _structuresText(relation: Relation) -> str:
    if relation is Relation.OTHER_PATIENT:
        return _("The structures are not shown: they belong to another patient.")
    if relation in MISLEADING:
        return _("The structures are not shown: no registration puts them on the fixed image.")
    if relation in MOVED:
        return _("A transform that is no registration moves the structures or the fixed image.")
    if relation is Relation.UNKNOWN_FRAME:
        return _("Nothing tells whether the structures lie on the fixed image.")
    return ""


def noteOf(displayed: DisplayedImages) -> tuple[str, Urgency]:
    """What stands in the views, "" where there is nothing to say."""
    told = noteText(displayed.relation)
    if displayed.isMovedElsewhere:
        told = _("Moved by other registrations")
    if told:
        return told, urgencyOf(displayed.relation)
    changes = [change for _name, change in displayed.changes]
    if changes:
        isInverted = OwnChange.INVERTED in changes
        words = _("Registration inverted") if isInverted else _("Registration changed")
        return words, Urgency.WARNING
    for relation, name in ((displayed.dose, _("Dose")), (displayed.structures, _("Structures"))):
        if relation in MOVED or relation is Relation.UNKNOWN_FRAME:
            return f"{name}: {noteText(relation)}", Urgency.WARNING
    return "", Urgency.PLAIN


def noteText(relation: Relation) -> str:
    """What stands in the views, "" where there is nothing to say."""
    return {
        Relation.REGISTERED_IN_ONE_FRAME: _("Same frame, but moved"),
        Relation.RIGID_PART: _("Rigid part only"),
        Relation.MOVED_BESIDES: _("Moved by another transform too"),
        Relation.OFF: _("Registration off"),
        Relation.EXCHANGED: _("Registration off"),
        Relation.UNCONNECTED: _("No registration connects these images"),
        Relation.UNKNOWN_FRAME: _("Frame of Reference unknown"),
        Relation.OTHER_PATIENT: _("Another patient: moving image not shown"),
        Relation.NOWHERE: _("Moving image has no place: not shown"),
        Relation.BASE_NOWHERE: _("Fixed image has no place: not shown"),
    }.get(relation, "")


def readoutLines(readout: PointReadout, units: tuple[str, str], residual: float) -> list[str]:
    """What is at a point. `units` are those of base and overlay; `residual`, mm, tells how far a
    numerical inverse missed, NaN where none was needed.
    """
    parts = [
        _("Fixed {point}: {value}").format(
            point=_point(readout.place), value=_value(readout.baseValue, units[0])
        )
    ]
    if np.isfinite(readout.native).all():
        parts.append(
            _("Moving {point}: {value}").format(
                point=_point(readout.native), value=_value(readout.overlayValue, units[1])
            )
        )
        if np.isfinite(readout.vector).all():
            x, y, z = readout.vector
            parts.append(
                _("vector without rigid part ({x:.1f}, {y:.1f}, {z:.1f}), {length:.1f} mm").format(
                    x=x, y=y, z=z, length=float(np.linalg.norm(readout.vector))
                )
            )
    else:
        parts.append(_("Moving: undefined here"))
    if np.isfinite(readout.dose):
        parts.append(_("dose {dose:.2f} Gy").format(dose=readout.dose))
    if np.isfinite(readout.jacobian):
        parts.append(_("Jacobian {jacobian:.3f}").format(jacobian=readout.jacobian))
    if np.isfinite(residual):
        parts.append(_("inverse within {residual:.3f} mm").format(residual=residual))
    return parts


def _point(point: np.ndarray) -> str:
    x, y, z = point
    return _("L {x:.1f} P {y:.1f} S {z:.1f} mm").format(x=x, y=y, z=z)


def _value(value: float, unit: str) -> str:
    if not np.isfinite(value):
        return _("outside")
    return f"{value:.5g} {unit}".strip()
