"""Textured triangles drawn into a picture: the one kernel behind the built-in performer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage
from realtime.kernels import compiled, first_call

Floats = npt.NDArray[np.float32]
FAR = np.float32(1e30)


@compiled(fastmath=True)
def rasterise(
    points: Floats,
    texels: Floats,
    gains: Floats,
    triangles: npt.NDArray[np.int32],
    texture: BgrImage,
    out: BgrImage,
    depth: Floats,
) -> None:
    """Draw textured, shaded triangles; the nearest surface wins.

    Attributes are interpolated affinely (no perspective: faces are drawn orthographically), the texture is
    sampled bilinearly and clamped at its edges. A row's span is found by clipping it against the three edge
    functions, so that no pixel outside a triangle is visited.

    Args:
        points: (V, 3) x, y in pixels of `out` and depth, smaller is nearer.
        texels: (V, 2) x, y in pixels of `texture`.
        gains: (V,) brightness factors.
        triangles: (T, 3) int32 vertex indices, drawn in this order.
        texture: (h, w, 3) uint8.
        out: (H, W, 3) uint8, drawn into.
        depth: (H, W) float32 depth buffer; `FAR` where nothing was drawn yet. Updated.
    """
    height, width = out.shape[:2]
    texture_height, texture_width = texture.shape[:2]
    for t in range(triangles.shape[0]):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0 = points[i, 0], points[i, 1]
        x1, y1 = points[j, 0], points[j, 1]
        x2, y2 = points[k, 0], points[k, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-6:
            continue
        # Barycentric weights as linear functions of the pixel: w = a x + b y + c.
        a1, b1 = (y2 - y0) / area, (x0 - x2) / area
        c1 = -(a1 * x0 + b1 * y0)
        a2, b2 = (y0 - y1) / area, (x1 - x0) / area
        c2 = -(a2 * x0 + b2 * y0)
        a0, b0, c0 = -a1 - a2, -b1 - b2, 1.0 - c1 - c2
        top = max(0, int(np.ceil(min(y0, y1, y2))))
        bottom = min(height - 1, int(np.floor(max(y0, y1, y2))))
        for y in range(top, bottom + 1):
            start, end = 0.0, width - 1.0
            for edge in range(3):
                if edge == 0:
                    a, r = a0, b0 * y + c0
                elif edge == 1:
                    a, r = a1, b1 * y + c1
                else:
                    a, r = a2, b2 * y + c2
                if a > 1e-12:
                    start = max(start, (-r - 1e-5) / a)
                elif a < -1e-12:
                    end = min(end, (-r - 1e-5) / a)
                elif r < -1e-5:
                    end = -1.0
            first, last = int(np.ceil(start)), int(np.floor(end))
            for x in range(first, last + 1):
                w1 = a1 * x + b1 * y + c1
                w2 = a2 * x + b2 * y + c2
                w0 = 1.0 - w1 - w2
                z = w0 * points[i, 2] + w1 * points[j, 2] + w2 * points[k, 2]
                if z > depth[y, x]:
                    continue
                depth[y, x] = z
                u = w0 * texels[i, 0] + w1 * texels[j, 0] + w2 * texels[k, 0]
                v = w0 * texels[i, 1] + w1 * texels[j, 1] + w2 * texels[k, 1]
                u = min(max(u, 0.0), texture_width - 1.001)
                v = min(max(v, 0.0), texture_height - 1.001)
                left, upper = int(u), int(v)
                fu, fv = u - left, v - upper
                gain = w0 * gains[i] + w1 * gains[j] + w2 * gains[k]
                for channel in range(3):
                    above = texture[upper, left, channel] * (1.0 - fu) + texture[upper, left + 1, channel] * fu
                    below = texture[upper + 1, left, channel] * (1.0 - fu) + texture[upper + 1, left + 1, channel] * fu
                    value = (above * (1.0 - fv) + below * fv) * gain + 0.5
                    out[y, x, channel] = np.uint8(min(max(value, 0.0), 255.0))


@first_call
def _first_call() -> None:
    numbers, picture = np.zeros((3, 3), np.float32), np.zeros((1, 1, 3), np.uint8)
    places, gains, depth = np.zeros((3, 2), np.float32), np.zeros(3, np.float32), np.zeros((1, 1), np.float32)
    rasterise(numbers, places, gains, np.zeros((1, 3), np.int32), picture, picture.copy(), depth)
