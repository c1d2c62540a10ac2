"""How a deformation is used by all that carries something through it: what holds beyond its field,
and whether it may be gone through backwards.
"""

from __future__ import annotations

from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from IHERORegistrationLib.errors import ReferenceNotFoundError
from IHERORegistrationLib.registration import Registration
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.sentences import oneLine
from IHERORegistrationLib.widgets.panel import Panel
from IHERORegistrationLib.writtenObject import whyNoObject

from ..deformation import OutsideGrid
from ..heldDeformation import isAsRead
from ..nodeDirection import Direction, directionOfNode
from ..nodeRegistration import registrationOfNode
from ..scene import registrationFromDeformationNode

UNDEFINED, RIGID, STOP = "undefined", "rigid", "stop"


@parameterNodeWrapper
class WayParameters:
    """`beyondField` is UNDEFINED, RIGID or STOP."""

    beyondField: str = UNDEFINED
    numericalInverse: bool = False


class WayPanel(Panel):
    """Asks for both, once for all panels below."""

    parameters = WayParameters

    def setup(self) -> None:
        box = self.ui.beyondFieldBox
        for text, value in (
            (_("Leave undefined, and count it"), UNDEFINED),
            (_("Go on rigidly, by the matrices"), RIGID),
            (_("Stop and make nothing"), STOP),
        ):
            box.addItem(text, value)
        box.connect("activated(int)", self.onBeyond)

    def show(self) -> None:
        box = self.ui.beyondFieldBox
        box.setCurrentIndex(box.findData(self.state.beyondField))
        self.ui.wayLabel.text = self._sentence()

    def onBeyond(self, index: int) -> None:
        """Another entry was picked."""
        self.state.beyondField = self.ui.beyondFieldBox.itemData(index)

    @property
    def outsideGrid(self) -> OutsideGrid:
        """What holds beyond the field."""
        isRigid = self.state.beyondField == RIGID
        return OutsideGrid.RIGID if isRigid else OutsideGrid.UNDEFINED

    @property
    def numericalInverse(self) -> bool:
        """Whether one may go against a deformation."""
        return bool(self.state.numericalInverse)

    @property
    def stops(self) -> bool:
        """Whether nothing is to be made where something is undefined."""
        return bool(self.state.beyondField == STOP)

    def registrations(self, watch: Watch) -> tuple[Registration, ...]:
        """The chosen registration, of either kind.

        Raises
            ReferenceNotFoundError: it needs both images, and they are not chosen.
            FrameOfReferenceError, MalformedRegistrationError, SamplingError: see
            `registrationOfNode`.
        """
        node, base, overlay = self.chosen.registration, self.chosen.base, self.chosen.overlay
        if isAsRead(node):
            return (registrationFromDeformationNode(node),)
        if base is None or overlay is None:
            raise ReferenceNotFoundError("choose the two images that the registration connects")

        def progress(fraction: float) -> None:
            watch.tell(_("sampling the transform"), fraction)

        return (registrationOfNode(node, base, overlay, progress).registration,)

    def objects(self, watch: Watch) -> tuple[Registration, ...]:
        """The chosen registration, to which an object that is made with it will refer.

        Raises
            ReferenceNotFoundError: it is no object, or was changed since; or see `registrations`.
        """
        found = self.registrations(watch)
        if not all(one.sopInstanceUID for one in found):
            reason = whyNoObject(self.chosen.registration)
            raise ReferenceNotFoundError(f"a dose names the registration it came by, and {reason}")
        return found

    def lacking(self, fromFrame: str, toFrame: str, *, isDeformed: bool = False) -> str:
        """Why one cannot go from `fromFrame` to `toFrame`, as a sentence; "" if one can, or if a
        frame is not known yet. `isDeformed` is whether a matrix alone will not do.
        """
        node = self.chosen.registration
        if node is None:
            return _("Choose a registration above.")
        if not (fromFrame and toFrame):
            return ""
        direction = self.direction(fromFrame, toFrame)
        if direction is Direction.SAME:
            return _("Both lie in one Frame of Reference: there is nothing to deform.")
        if direction is Direction.NONE:
            return _("{registration} does not connect the two.").format(
                registration=oneLine(node.GetName())
            )
        if direction is Direction.MATRIX and isDeformed:
            return _("{registration} is a matrix: resample in the section Apply.").format(
                registration=oneLine(node.GetName())
            )
        if direction is Direction.AGAINST and not self.numericalInverse:
            return _(
                "This goes against the deformation, which has no exact inverse. Better use a "
                "second one made the other way; or allow the numerical inverse above."
            )
        return ""

    def direction(self, fromFrame: str, toFrame: str) -> Direction:
        """Of the way from `fromFrame` to `toFrame` by the chosen registration."""
        chosen = self.chosen
        return directionOfNode(chosen.registration, chosen.base, chosen.overlay, fromFrame, toFrame)

    def directionSentence(self, fromFrame: str, toFrame: str) -> str:
        """How one goes from `fromFrame` to `toFrame`, as a sentence."""
        name = oneLine(self.chosen.registration.GetName())
        direction = self.direction(fromFrame, toFrame)
        if direction is Direction.AGAINST:
            return _(
                "This goes against {registration}, by its numerical inverse; the residual will "
                "be told."
            ).format(registration=name)
        if direction is Direction.ALONG:
            return _("This goes along {registration}, as it is defined.").format(registration=name)
        return _("This goes by {registration}.").format(registration=name)

    def _sentence(self) -> str:
        node, base, overlay = self.chosen.registration, self.chosen.base, self.chosen.overlay
        if node is None:
            return _("No registration is chosen.")
        if base is None or overlay is None or node.IsLinear():
            return oneLine(node.GetName())
        return _(
            "{registration} takes points of {base} to {overlay}: structures go that way, images "
            "and doses of {overlay} come to {base}."
        ).format(
            registration=oneLine(node.GetName()),
            base=oneLine(base.GetName()),
            overlay=oneLine(overlay.GetName()),
        )
