"""Work that takes long: the user sees how far it is and can cancel it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

import qt
import slicer
import slicer.util
from slicer.i18n import tr as _

from ..errors import ReferenceNotFoundError, RegistrationCancelledError
from ..registrationRecord import Watch
from ..unchangedOnError import unchangedOnError
from .timeLeft import TimeLeft

PARTS = 1000  # of the bar
OFTEN = 0.05  # s between looks at what the user does: the work asks far more often


@contextlib.contextmanager
def longWork(title: str, *nodes: slicer.vtkMRMLNode | None) -> Iterator[Watch]:
    """A dialog with a bar and a button to cancel while the context runs.

    What it gives is told how far the work is; each time the dialog is drawn and the button heard.
    On an error, and when it is cancelled, the scene is as it was (see unchangedOnError). The work
    is also cancelled when one of `nodes` leaves the scene, as when the user closes it.

    Raises
        RegistrationCancelledError: from the calls of the work, when it is to end.
        ReferenceNotFoundError: one of `nodes` is None: it left the scene, or was never chosen.
    """
    names = {node.GetID(): node.GetName() for node in requirePresent(*nodes)}
    dialog = _dialog(title)
    looked, shown, timeLeft = time.monotonic(), "", TimeLeft()

    def look(*, isNeeded: bool) -> None:
        nonlocal looked
        if isNeeded or time.monotonic() - looked > OFTEN:
            slicer.app.processEvents()
            looked = time.monotonic()

    def progress(stage: str, fraction: float, similarity: float) -> None:
        nonlocal shown
        isNew, shown = stage != shown, stage
        done = min(max(fraction, 0.0), 1.0)
        dialog.labelText = _words(stage, similarity, timeLeft.words(done))
        dialog.value = round(PARTS * done)
        look(isNeeded=isNew)  # it may be silent for a while now
        _requireNodes(names, title)  # drawing the bar, too, lets others work

    def isCancelled() -> bool:
        look(isNeeded=False)
        _requireNodes(names, title)
        return dialog.wasCanceled

    try:
        with unchangedOnError(slicer.mrmlScene):
            yield Watch(progress, isCancelled)
    finally:
        dialog.close()
        dialog.deleteLater()


def requirePresent(*nodes: slicer.vtkMRMLNode | None) -> list[slicer.vtkMRMLNode]:
    """`nodes`, which were chosen; a button may be pressed before its panel knows that one went.

    Raises
        ReferenceNotFoundError: one of them is None: it left the scene, or was never chosen.
    """
    present = [node for node in nodes if node is not None]
    if len(present) < len(nodes):
        raise ReferenceNotFoundError("something that was chosen is not in the scene any more")
    return present


def _dialog(title: str) -> Any:
    dialog = slicer.util.createProgressDialog(
        maximum=PARTS, labelText=title, windowTitle=title, autoClose=False, autoReset=False,
        modal=True,  # else the same work could be begun again meanwhile
        minimumWidth=360,
    )  # fmt: skip
    label = qt.QLabel(title)
    label.setTextFormat(qt.Qt.PlainText)  # names of nodes may look like HTML
    label.setAlignment(qt.Qt.AlignCenter)
    dialog.setLabel(label)
    dialog.setCancelButtonText(_("Cancel"))
    dialog.show()
    slicer.app.processEvents()
    return dialog


def _requireNodes(names: Mapping[str, str], title: str) -> None:
    """Let the nodes with these IDs still be in the scene; names by ID."""
    for uid, name in names.items():
        if slicer.mrmlScene.GetNodeByID(uid) is None:
            raise RegistrationCancelledError(f"{name} was removed from the scene: {title}")


def _words(stage: str, similarity: float, left: str) -> str:
    """What is done now, how alike the images are, where the work compares any, and how long it will
    take, where this is known.
    """
    alike = _("Similarity {value}").format(value=f"{similarity:.3f}") if similarity else ""
    return "\n".join(filter(None, (f"{stage[:1].upper()}{stage[1:]}", alike, left)))
