"""Face points by MediaPipe's FaceMesh with irises: 478 of them, found once, then tracked by MediaPipe itself."""

from __future__ import annotations

import cv2
import numpy as np

from realtime.face import topology
from realtime.frame import BgrImage, Points3


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
        found = self._mesh.process(self._rgb).multi_face_landmarks
        height, width = picture.shape[:2]
        return [_points(face.landmark, width, height) for face in found or ()]

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


def _points(landmarks: object, width: int, height: int) -> Points3:
    flat = np.fromiter(
        (value for point in landmarks for value in (point.x, point.y, point.z)),  # type: ignore[attr-defined]
        np.float32,
        3 * topology.POINTS,
    )
    points = flat.reshape(topology.POINTS, 3)
    points *= (width, height, width)
    points[:, :2] -= 0.5
    return points
