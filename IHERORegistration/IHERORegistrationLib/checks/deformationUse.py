"""References of an object to the deformable registration that it was made with (DRRO)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom import Dataset
from pydicom.uid import DeformableSpatialRegistrationStorage

from ..codes import DEFORMED_FOR_REGISTRATION, SOURCE_DEFORMABLE_REGISTRATION, Code
from ..elements import itemsOf, quoted, textOf
from ..errors import MalformedObjectError
from ..rules import Breach, Place
from ..study import Study
from .deformableItems import ITEMS
from .references import uidOf

SOURCES = "SourceInstanceSequence"
REGISTRATIONS = "ReferencedSpatialRegistrationSequence"
PURPOSE = "PurposeOfReferenceCodeSequence"
DERIVATION = "DerivationCodeSequence"


def isMadeByDeformation(dataset: Dataset) -> bool:
    """Whether an object says that it was made with a Deformable Spatial Registration."""
    try:
        return bool(usedItems(dataset)) or any(
            _is(one, DEFORMED_FOR_REGISTRATION) or _isPrinted(one, DEFORMED_FOR_REGISTRATION)
            for one in itemsOf(dataset, DERIVATION)
        )
    except MalformedObjectError:
        return False


def usedItems(dataset: Dataset) -> list[Dataset]:
    """The references to deformable registrations that it was made with."""
    return [
        one
        for keyword in (SOURCES, REGISTRATIONS)
        for one in itemsOf(dataset, keyword)
        if textOf(one, "ReferencedSOPClassUID") == DeformableSpatialRegistrationStorage
    ]


def usedDeformations(dataset: Dataset, study: Study) -> list[Dataset]:
    """Those at hand, with their items."""
    found = (study.instances.get(uidOf(one) or "none") for one in usedItems(dataset))
    return [one for one in found if one is not None and itemsOf(one, ITEMS)]


def _is(item: Dataset, code: Code) -> bool:
    return (textOf(item, "CodeValue"), textOf(item, "CodingSchemeDesignator")) == (
        code.value,
        code.scheme,
    )


def _isPrinted(item: Dataset, code: Code) -> bool:
    """Whether it has the meaning of `code` under the number that DRRO prints for it: the two codes
    are swapped there.
    """
    return (
        textOf(item, "CodeValue")
        in (DEFORMED_FOR_REGISTRATION.value, SOURCE_DEFORMABLE_REGISTRATION.value)
        and textOf(item, "CodeMeaning").casefold() == code.meaning.casefold()
    )


def codeBreaches(items: tuple[Dataset, ...], code: Code, at: str) -> Iterator[Breach]:
    if any(_is(one, code) for one in items):
        return
    if any(_isPrinted(one, code) for one in items):
        found = "the number that DRRO prints by mistake, with the right meaning"
    else:
        found = quoted(textOf(items[0], "CodeValue")) if items else "no code"
    yield Breach(f"expected {code.value} {code.scheme} ({code.meaning}), found {found}", at=at)


def namesDeformation(place: Place) -> Iterator[Breach]:
    """The sequence refers to a Deformable Spatial Registration by its instance."""
    used = [one for one in usedItems(place.item) if one in itemsOf(place.item, place.keyword)]
    if not used:
        yield Breach("expected the deformable registration that was used, found none")
    elif not any(map(uidOf, used)):
        yield Breach("expected the UID of the deformable registration, found none")


def purposeOfDeformation(place: Place) -> Iterator[Breach]:
    """Where it is referred to, the purpose is 125028, Source Deformable Spatial Registration."""
    for number, one in enumerate(itemsOf(place.item, place.keyword), start=1):
        if textOf(one, "ReferencedSOPClassUID") == DeformableSpatialRegistrationStorage:
            at = f"{place.keyword}[{number}]/{PURPOSE}"
            yield from codeBreaches(itemsOf(one, PURPOSE), SOURCE_DEFORMABLE_REGISTRATION, at)


def othersInFrame(place: Place, frame: str) -> list[Dataset]:
    """Images at hand in `frame` that are of another series and not deformed themselves."""
    own = textOf(place.dataset, "SeriesInstanceUID")
    return [
        one
        for one in (place.study.imagesInFrame.get(frame, ()) if frame else ())
        if textOf(one, "SeriesInstanceUID") != own and not isMadeByDeformation(one)
    ]


def near(one: np.ndarray, other: np.ndarray, tolerance: float) -> bool:
    return one.shape == other.shape and bool(np.abs(one - other).max(initial=0) <= tolerance)


def frameOf(dataset: Dataset) -> str:
    return textOf(dataset, "FrameOfReferenceUID")
