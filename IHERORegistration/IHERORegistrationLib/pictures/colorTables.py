"""Color tables that layers of a picture are shown in."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

COLORS = 256


class ColorTable(StrEnum):
    """Each rises in lightness from one end to the other, except TURBO."""

    GRAY = "gray"
    AMBER = "amber"
    AQUA = "aqua"
    INFERNO = "inferno"
    PLASMA = "plasma"
    TURBO = "turbo"
    VIRIDIS = "viridis"


# Evenly spaced stops, as in web pages. INFERNO, PLASMA and VIRIDIS are those of S. van der
# Walt and N. Smith (CC0), TURBO that of A. Mikhailov (Apache-2.0).
_STOPS = {
    ColorTable.GRAY: "000000 ffffff",
    ColorTable.AMBER: "000000 6b3a05 d9780f ffb648 ffe9bd",
    ColorTable.AQUA: "000000 04414f 0b8ba3 52cbd9 d3f7fa",
    ColorTable.INFERNO: "000004 1b0c41 4a0c6b 781c6d a52c60 cf4446 ed6925 fb9b06 f7d13d fcffa4",
    ColorTable.PLASMA: "0d0887 4c02a1 7e03a8 aa2395 cc4778 e66c5c f89540 fdc527 f0f921",
    ColorTable.TURBO: "30123b 4145ab 4675ed 39a2fc 1bcfd4 24eca6 61fc6c a4fc3b d1e834 f3c63a "
    "fe9b2d f36315 d93806 b11901 7a0402",
    ColorTable.VIRIDIS: "440154 472c7a 3b518b 2c718e 21908d 27ad81 5cc863 aadc32 fde725",
}


def colorsOf(table: ColorTable) -> np.ndarray:
    """The colors of `table` from its low to its high end, shape (256, 3), each from 0 to 1."""
    stops = np.array([list(bytes.fromhex(stop)) for stop in _STOPS[table].split()]) / 255
    places = np.linspace(0, len(stops) - 1, COLORS)
    return np.stack([np.interp(places, range(len(stops)), part) for part in stops.T], axis=1)
