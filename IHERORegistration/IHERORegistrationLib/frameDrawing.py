"""The map of frames as boxes and lines for a narrow panel, in pixels; whoever draws it picks the
colors and letters.

Boxes stand below each other; registrations run beside them, each in a lane of its own where they
would meet, with a number that the legend below explains.
"""

from __future__ import annotations

from dataclasses import dataclass

from .frameMap import FrameArrow, FrameGroup, FrameMap

LINE = 16  # height of a line of text
GAP = 14  # between boxes
PADDING = 6  # in boxes
LANE, NARROW_LANE = 24, 8  # between lanes, and where there are many
MARGIN = 10  # beside the lanes
LETTER, BOLD_LETTER = 6.6, 7.8  # mean widths of one
MOST_LINES = 4  # of contents in a box
NARROWEST = 150  # of boxes


@dataclass(frozen=True)
class DrawnBox:
    """A frame: its title and what lies in it."""

    frame: str
    x: float
    y: float
    width: float
    height: float
    title: str
    lines: tuple[str, ...]
    tip: str


@dataclass(frozen=True)
class DrawnArrow:
    """A registration: the corners of its line, which begins at what moves and ends with a head at
    what stays; `backHead` where it leads both ways. `legend` is one line at `legendY`.
    """

    arrow: FrameArrow
    corners: tuple[tuple[float, float], ...]
    backHead: bool
    legend: str
    legendY: float


@dataclass(frozen=True)
class FrameDrawing:
    """Everything, within `width` × `height`."""

    width: float
    height: float
    boxes: tuple[DrawnBox, ...]
    arrows: tuple[DrawnArrow, ...]


def frameDrawing(found: FrameMap, width: float) -> FrameDrawing:
    """The picture of a map, `width` pixels wide; wider if it has more lanes than fit in there."""
    order = {one.frame: number for number, one in enumerate(found.groups)}
    lanes = _lanes(found.arrows, order)
    count = max(lanes.values(), default=-1) + 1
    lane = min(max((width - NARROWEST - MARGIN) / max(count, 1), NARROW_LANE), LANE)
    space = count * lane + (MARGIN if count else 0)
    boxWidth = max(width - space, NARROWEST)
    boxes, y = [], 0.0
    for group in found.groups:
        box = _box(group, y, boxWidth)
        boxes.append(box)
        y += box.height + GAP
    ports = _ports(found.arrows, boxes)
    arrows = []
    for one in found.arrows:
        x = boxWidth + lane * (lanes[one.key] + 1) - 4
        start, end = ports[one.key, one.fromFrame], ports[one.key, one.toFrame]
        corners = ((boxWidth, start), (x, start), (x, end), (boxWidth, end))
        words = f"{one.number}  {one.name}: {one.kind.lower()}"
        words += ", one way" if one.isOneWay else ""
        words += ", other patient" if one.otherPatient else ""
        arrows.append(DrawnArrow(one, corners, not one.isOneWay, _fitted(words, width), y))
        y += LINE + 2
    return FrameDrawing(max(width, boxWidth + space), max(y, LINE), tuple(boxes), tuple(arrows))


def _lanes(arrows: tuple[FrameArrow, ...], order: dict[str, int]) -> dict[str, int]:
    """The lane of each arrow: the innermost that none of the same boxes uses."""
    taken: list[tuple[int, int, int]] = []
    found = {}
    spans = {one.key: sorted((order[one.fromFrame], order[one.toFrame])) for one in arrows}
    for one in sorted(arrows, key=lambda arrow: spans[arrow.key][1] - spans[arrow.key][0]):
        low, high = spans[one.key]
        lane = 0
        while any(lane == at and low <= end and begin <= high for at, begin, end in taken):
            lane += 1
        taken.append((lane, low, high))
        found[one.key] = lane
    return found


def _ports(arrows: tuple[FrameArrow, ...], boxes: list[DrawnBox]) -> dict[tuple[str, str], float]:
    """Where each arrow meets each of its boxes, evenly along the side: those from above first."""
    middle = {box.frame: box.y + box.height / 2 for box in boxes}
    found = {}
    for box in boxes:
        mine = [one for one in arrows if box.frame in (one.fromFrame, one.toFrame)]
        mine.sort(key=lambda one: middle[one.fromFrame] + middle[one.toFrame])
        for number, one in enumerate(mine, 1):
            found[one.key, box.frame] = box.y + box.height * number / (len(mine) + 1)
    return found


def _box(group: FrameGroup, y: float, width: float) -> DrawnBox:
    contents = sorted(group.contents, key=lambda one: one[0] != "Image")  # images are told first
    told = [f"{kind}: {name}" for kind, name in contents]
    lines = told[:MOST_LINES]
    if len(told) > MOST_LINES:
        lines = [*told[: MOST_LINES - 1], f"and {len(told) - MOST_LINES + 1} more"]
    lines = lines or ["nothing in the scene"]
    return DrawnBox(
        frame=group.frame,
        x=0.0,
        y=y,
        width=width,
        height=2 * PADDING + LINE * (len(lines) + 1),
        title=_fitted(group.title, width - 2 * PADDING, BOLD_LETTER),
        lines=tuple(_fitted(line, width - 2 * PADDING) for line in lines),
        tip="\n".join((group.frame or group.title, *told)),
    )


def _fitted(text: str, width: float, letter: float = LETTER) -> str:
    most = int(width / letter)
    return text if len(text) <= most else f"{text[: most - 1]}…"
