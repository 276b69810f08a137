"""Face points by MediaPipe's FaceMesh with irises: 478 of them, found once, then tracked by MediaPipe itself."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.frame import BgrImage, Points3
from realtime.kernels import compiled, first_call

_POINT_BYTES = 17


class FaceMesh:
    """MediaPipe's face mesh over a stream of frames.

    Args:
        max_faces: How many faces are looked for.
        still: True for unrelated pictures: every one is searched anew. False tracks from frame to frame.
    """

    def __init__(self, max_faces: int = 1, *, still: bool = False) -> None:
        from mediapipe.python.solutions.face_mesh import FaceMesh as MediaPipeFaceMesh

        self._mesh = MediaPipeFaceMesh(
            static_image_mode=still,
            max_num_faces=max_faces,
            refine_landmarks=True,
            min_detection_confidence=0.5,
            min_tracking_confidence=0.5,
        )
        self._rgb: BgrImage | None = None

    def __call__(self, picture: BgrImage) -> list[Points3]:
        """Find faces.

        Args:
            picture: (H, W, 3) uint8 BGR.

        Returns:
            For each face (478, 3) float32: x, y in pixels of the picture (centres at whole numbers), z in pixels too.
        """
        if self._rgb is None or self._rgb.shape != picture.shape:
            self._rgb = np.empty_like(picture)
        cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, dst=self._rgb)
        return self.find(self._rgb)

    def find(self, rgb: npt.NDArray[np.uint8]) -> list[Points3]:
        """Find faces in (H, W, 3) uint8 RGB, C-contiguous; points as above."""
        shown = rgb.view()
        shown.flags.writeable = False  # by which MediaPipe knows that it need not copy it
        found = self._mesh.process(shown).multi_face_landmarks
        height, width = rgb.shape[:2]
        return [_points(face, width, height) for face in found or ()]

    def close(self) -> None:
        """Let MediaPipe's graph and its threads go. May be called twice."""
        if self._mesh is not None:
            self._mesh.close()
            self._mesh = None


def find_in_still(picture: BgrImage) -> Points3 | None:
    """The face points of the largest face in one picture, or None.

    MediaPipe's detector looks for faces of a fifth of the picture and more; a small one is searched again in an
    enlarged cut around the first find, which also sharpens its points.
    """
    mesh = FaceMesh(4, still=True)
    try:
        faces = mesh(picture)
        if not faces:
            return None
        coarse = max(faces, key=lambda points: float(np.ptp(points[:, 0])))
        return _refine(mesh, picture, coarse)
    finally:
        mesh.close()


def _refine(mesh: FaceMesh, picture: BgrImage, coarse: Points3) -> Points3:
    low, high = coarse[:, :2].min(0), coarse[:, :2].max(0)
    margin = 0.5 * float((high - low).max())
    left, top = np.maximum(np.floor(low - margin), 0).astype(int)
    right, bottom = np.ceil(high + margin).astype(int)
    cut = picture[top:bottom, left:right]
    scale = max(1.0, 512 / max(cut.shape[:2]))
    enlarged = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    faces = mesh(np.ascontiguousarray(enlarged, np.uint8))
    if not faces:
        return coarse
    fine = max(faces, key=lambda points: float(np.ptp(points[:, 0]))) / scale
    # A resize maps pixel centres by (x + 0.5) * scale - 0.5.
    fine[:, :2] += 0.5 / scale - 0.5
    return np.asarray(fine + np.array([left, top, 0]), np.float32)


def _points(landmarks: Any, width: int, height: int) -> Points3:
    """The points of one face out of MediaPipe's message, a `NormalizedLandmarkList`."""
    message = landmarks.SerializeToString()
    points = np.empty((topology.POINTS, 3), np.float32)
    # Each point is the same 17 bytes but for its numbers. To ask for them one by one takes fifty times as long.
    if len(message) == len(points) * _POINT_BYTES and _unpack(np.frombuffer(message, np.uint8), width, height, points):
        return points
    given = np.array([(point.x, point.y, point.z) for point in landmarks.landmark], np.float32)
    return np.asarray(given * (width, height, width) - (0.5, 0.5, 0.0), np.float32)


@compiled()
def _unpack(message: npt.NDArray[np.uint8], width: int, height: int, points: Points3) -> bool:
    """Read a serialised `NormalizedLandmarkList` (protobuf's wire format) as pixels; whether it is as told here.

    For each point field 1, 15 bytes long, of which x is field 1, y field 2 and z field 3, each a 32-bit float.
    """
    at, half = np.uint64(0), np.float32(0.5)
    across, down = np.float32(width), np.float32(height)
    for i in range(len(points)):
        if message[at] != 0x0A or message[at + np.uint64(1)] != 15:
            return False
        at += np.uint64(2)
        for axis in range(3):
            if message[at] != 0x0D + 8 * axis:
                return False
            bits = np.uint32(0)
            for byte in range(4):
                bits |= np.uint32(message[at + np.uint64(1 + byte)]) << np.uint32(8 * byte)
            points[i, axis] = np.uint32(bits).view(np.float32)
            at += np.uint64(5)
        points[i, 0] = points[i, 0] * across - half
        points[i, 1] = points[i, 1] * down - half
        points[i, 2] *= across
    return True


@first_call
def _first_call() -> None:
    _unpack(np.frombuffer(bytes(_POINT_BYTES), np.uint8), 1, 1, np.zeros((1, 3), np.float32))
