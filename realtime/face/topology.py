"""Which of MediaPipe's 478 face points make up what.

Left and right are the person's own, as in MediaPipe: `LEFT_EYE` appears on the right of an unmirrored picture.
Rings run around their opening and are not closed (the first index is not repeated).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

POINTS = 478
"""Points in all: 468 of the skin, then five for each iris."""
SKIN_POINTS = 468

# fmt: off
OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
        152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
"""The face's outline, from the top of the forehead."""
LIPS_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
LIPS_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
"""Both from the right corner along the upper lip to the left corner (place 10) and back along the lower lip."""
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
"""Both from the outer corner along the upper lid to the inner corner (place 8) and back along the lower lid."""
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
NOSE = (168, 98, 97, 2, 326, 327)
"""A wedge from the bridge to the nostrils; its base swings with the head's turn."""
RIGHT_IRIS = (468, 469, 470, 471, 472)
LEFT_IRIS = (473, 474, 475, 476, 477)
"""Centre first, then four points of the rim."""
# fmt: on

UPPER_LIP, LOWER_LIP = 13, 14
"""Middle of each lip's inner edge; their distance is the mouth's opening."""
LID_PAIRS = ((159, 145), (386, 374))
"""Middle of the upper and lower lid, right eye and left eye; their distance is the eye's opening."""
EYE_CORNERS = ((33, 133), (362, 263))
"""Outer and inner corner of the right eye, inner and outer corner of the left."""


@cache
def triangles() -> npt.NDArray[np.int32]:
    """The skin's triangles, found as the three-cliques of MediaPipe's edge list; eyes and mouth are holes.

    Two cliques that run around a nostril and hold another point inside are no faces of the mesh: each of their
    edges already has two triangles. Without them vertices - edges + triangles = 1 - 3 holes, as it must be.

    Returns:
        (852, 3) int32 point indices.
    """
    from mediapipe.python.solutions.face_mesh_connections import FACEMESH_TESSELATION

    near: dict[int, set[int]] = {}
    for a, b in FACEMESH_TESSELATION:
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    cliques = sorted({tuple(sorted((a, b, c))) for a in near for b in near[a] for c in near[a] & near[b]})
    uses: dict[tuple[int, int], int] = {}
    for a, b, c in cliques:
        for edge in ((a, b), (b, c), (a, c)):
            uses[edge] = uses.get(edge, 0) + 1
    faces = [t for t in cliques if min(uses[t[0], t[1]], uses[t[1], t[2]], uses[t[0], t[2]]) < 3]
    return np.array(faces, np.int32)
