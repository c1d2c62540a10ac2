"""What RT Dose objects must satisfy (PS3.3 C.8.8.3)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..decimalStrings import numbers
from ..elements import integersOf, isEmpty, itemsOf, quoted, textOf
from ..rules import Breach, Place

GRID_OFFSETS_TAG = 0x3004000C


def decodablePixels(place: Place) -> Iterator[Breach]:
    """One unsigned sample of 16 or 32 bits, all of them used; what else cannot be decoded."""
    allocated = integersOf(place.item, "BitsAllocated")
    bits = allocated[0] if allocated else 0
    wanted = {
        "SamplesPerPixel": (1,),
        "BitsAllocated": (16, 32),
        "BitsStored": (bits,),
        "HighBit": (bits - 1,),
        "PixelRepresentation": (0,),
    }
    for keyword, allowed in wanted.items():
        found = integersOf(place.item, keyword)
        if len(found) != 1 or found[0] not in allowed:
            expected = " or ".join(map(str, allowed))
            shown = ", ".join(map(str, found)) or "no value"
            yield Breach(f"expected {expected}, found {shown}", at=keyword, grave=True)
    photometric = textOf(place.item, "PhotometricInterpretation")
    if photometric != "MONOCHROME2":
        yield Breach(
            f"expected MONOCHROME2, found {quoted(photometric)}", at="PhotometricInterpretation"
        )


def planWithReference(place: Place) -> Iterator[Breach]:
    """The dose is that of a plan, and names it."""
    found = textOf(place.item, place.keyword)
    if found != "PLAN":
        yield Breach(f"expected PLAN, found {quoted(found) if found else 'no value'}")
    if not itemsOf(place.item, "ReferencedRTPlanSequence"):
        yield Breach("expected 1 or more item(s), found 0", at="ReferencedRTPlanSequence")


def namesNoPlan(place: Place) -> bool:
    return not itemsOf(place.dataset, "ReferencedRTPlanSequence")


def relativeOffsets(place: Place) -> Iterator[Breach]:
    """Offsets begin at 0 and increase, one per frame, and Frame Increment Pointer names them."""
    offsets = numbers(place.item, place.keyword, "")
    frames = integersOf(place.item, "NumberOfFrames") or (1,)
    if len(offsets) != frames[0]:
        yield Breach(f"expected {frames[0]} values, found {len(offsets)}")
    elif offsets[0] != 0:
        yield Breach(f"expected 0 as the first offset, found {offsets[0]:g}")
    elif np.any(np.diff(offsets) <= 0):
        yield Breach("expected increasing offsets, found others")
    if integersOf(place.item, "FrameIncrementPointer") != (GRID_OFFSETS_TAG,):
        yield Breach("expected (3004,000C), found another", at="FrameIncrementPointer")


def isMultiFrame(place: Place) -> bool:
    """Whether there are several frames, or offsets though there is one."""
    frames = integersOf(place.item, "NumberOfFrames")
    return frames not in ((), (1,)) or not isEmpty(place.item, "GridFrameOffsetVector")


def frameOfSomeImages(place: Place) -> Iterator[Breach]:
    """The dose names a frame, which is that of images at hand if there are any."""
    own = textOf(place.item, place.keyword)
    if not own:
        yield Breach("expected a value, found none")
    elif place.study.images and own not in place.study.imagesInFrame:
        yield Breach(f"expected the frame of images at hand, found {own}")
