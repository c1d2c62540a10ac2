"""What a person must know before believing two image sets that are shown together."""

from __future__ import annotations

from .images import ImageSeries
from .macros import spelledDate, text
from .sentences import seriesName

PRONE = frozenset({"HFP", "FFP"})
SUPINE = frozenset({"HFS", "FFS"})


def togetherRemarks(base: ImageSeries, other: ImageSeries) -> tuple[str, ...]:
    """Reasons for doubt: one frame but different days, and a patient who lay the other way up.

    Neither stops anything: a scanner may keep its frame over days, and a registration may be right
    although the anatomy sagged the other way.
    """
    names = [seriesName(one.modality, one.description) for one in (base, other)]
    found = []
    days = [_day(one) for one in (base, other)]
    if base.frame == other.frame and all(days) and days[0] != days[1]:
        found.append(
            f"{names[1]} shares the frame of {names[0]} but was made on {spelledDate(days[1])}, "
            f"not on {spelledDate(days[0])}: the patient may have moved between"
        )
    positions = [text(one.headers[0], "PatientPosition") for one in (base, other)]
    if any(
        positions[0] in one and positions[1] in another
        for one, another in ((PRONE, SUPINE), (SUPINE, PRONE))
    ):
        found.append(
            f"{names[0]} was made {positions[0]} and {names[1]} {positions[1]}: prone against "
            "supine, so soft tissue will not agree however good the registration is"
        )
    return tuple(found)


def _day(series: ImageSeries) -> str:
    header = series.headers[0]
    dates = (text(header, keyword) for keyword in ("AcquisitionDate", "SeriesDate", "StudyDate"))
    return next(filter(None, dates), "")
