"""What of a picture the watermark's reader looks at: luma on a small grid, its own large shapes taken out.

The mark is a level or two; the picture's own shades are tens of levels, and are strongest where they are slowest. So
the mean of the surroundings is subtracted (a whitening filter, for pictures whose power falls with frequency), and what
is left is divided by its own local strength: a plain wall counts much, leaves and hair count little, and no single edge
outweighs the rest.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

SAMPLES_WH = (256, 144)
"""Two for each cell of the grid each way: what linear interpolation between cells holds."""

Samples: TypeAlias = npt.NDArray[np.float32]
"""(144, 256) float32 over the whole visible picture."""

_SURROUNDINGS = (3, 3)
_STRENGTH_OVER = (9, 9)
_FLOOR = 0.3
"""Levels: below this, what is left of a picture is rounding."""
_MOST = 1.0


def normalise(luma: Samples) -> Samples:
    """High-pass a picture and divide it by its local strength; an even picture gives zeros.

    Args:
        luma: (144, 256) float32, in levels. Not changed.
    """
    detail = luma - cv2.blur(luma, _SURROUNDINGS)
    power = cv2.blur(detail * detail, _STRENGTH_OVER)
    even = detail / np.sqrt(power + _FLOOR**2)
    return np.asarray(np.clip(even, -_MOST, _MOST), np.float32)
