"""What colors mean, as rich text under a heading."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CELLS = 32  # colors beside one another
SPANS = (4, 8, 8, 8, 4)  # of the words: in the middle of them a quarter, a half, three quarters


def colorLegend(heading: str, colors: np.ndarray, ticks: Sequence[str]) -> str:
    """`colors`, shape (CELLS, 3) from 0 to 1, are those from the first to the last of five `ticks`,
    which are evenly spaced.
    """
    cells = "".join(
        f'<td bgcolor="#{r:02x}{g:02x}{b:02x}">&nbsp;</td>'
        for r, g, b in np.rint(255 * colors).astype(int).tolist()
    )
    sides = ("left", "center", "center", "center", "right")
    words = "".join(
        f'<td colspan="{span}" align="{side}">{tick}</td>'
        for span, side, tick in zip(SPANS, sides, ticks, strict=True)
    )
    return (
        f'{heading}<table width="98%" cellspacing="0" cellpadding="0">'
        f"<tr>{cells}</tr><tr>{words}</tr></table>"
    )
