# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Faces followed from one frame to the next by optical flow, without the detector."""
from __future__ import annotations

from face_tracker_ros.tracking.view import flow, SIDE, View
from face_tracker_ros.types import BoolArray, Detections, FloatArray, Image, IntArray
import numpy as np

_SIDE = 4  # points of the grid on a face, along each side
_INNER = 0.7  # share of the box's sides that the grid takes: little is seen of what is behind
_OFF = 0.5  # pixels of the view by which a point that was followed forth and back may be off
_LEAST_SHARE = 0.5  # of the points of a face that must not be off
_LEAST_PAIRS = 2  # of opposite points that tell how much a face grew
_LEAST_HEIGHT = 8.0  # pixels of the view; a window on a smaller face shows what is behind
_SIDES = (SIDE, 2 * SIDE, 3 * SIDE)  # pixels of views to choose from
_LARGEST_GROWTH = 0.2  # of the scale, from one frame to the next
_BENT = 0.06  # share of the height by which points may move otherwise than their face

_STEP = np.linspace(-_INNER / 2, _INNER / 2, _SIDE, dtype=np.float32)
_GRID = np.stack(np.meshgrid(_STEP, _STEP), axis=-1).reshape(-1, 2)  # (P, 2), in sides of the box


class FaceFlow:
    """
    Follows faces by Median Flow (Kalal, Mikolajczyk and Matas 2010).

    A grid of points on each face is followed into the next frame and back (Lucas and Kanade's
    sparse flow). Of those that come back to where they were, the median tells how far the face
    moved, and the distances between opposite ones by how much it grew.
    """

    def __init__(self) -> None:
        """Start without a frame."""
        self.reset()

    def reset(self) -> None:
        """Forget the last frame."""
        self._view: View | None = None
        self._faces = Detections.empty()

    def see(self, view: View | None, faces: Detections) -> None:
        """
        Take a frame and where its faces are, however they were found.

        Args:
            view: of the frame, of the side that is needed of the next; None for no view.
            faces: in pixels of the frame.
        """
        self._view, self._faces = view, faces

    @property
    def side(self) -> int:
        """Side of the view that is needed of the next frame."""
        return SIDE if self._view is None else max(SIDE, *self._view.grey.shape)

    def follow(self, view: View, rows: IntArray) -> tuple[Detections, BoolArray]:
        """
        Return where faces of the last frame are in this one.

        Args:
            view: of this frame.
            rows: (N,), of these faces in the last frame's Detections.

        Returns:
            The N faces, boxes and landmarks moved and scaled and scores as they were, and a mask
            (N,): of faces that it leaves out nothing is known.
        """
        faces = self._faces[rows]
        if self._view is None or self._view[1:] != view[1:] or not len(faces):
            return faces, np.zeros(len(faces), bool)
        scale = np.float32(view.scale)
        sides = (faces.boxes[:, 2:] - faces.boxes[:, :2]) * scale
        spread = sides[:, None] * _GRID
        points = (faces.boxes[:, :2] + faces.boxes[:, 2:])[:, None] * (scale / 2) + spread
        steps, good = _forth_and_back(self._view.grey, view.grey, points)
        pairs = good & good[:, ::-1]  # a point's opposite is as far from the end of the grid
        shift = _medians(steps, good)
        grown = spread + steps - shift[:, None]
        apart = np.asarray(np.maximum(_lengths(spread - spread[:, ::-1]), 1e-6), np.float32)
        growth = _medians(_lengths(grown - grown[:, ::-1]) / apart, pairs)
        bent = _medians(_lengths(grown - growth[:, None, None] * spread), good)
        found = ((good.sum(axis=1) >= _LEAST_SHARE * len(_GRID))
                 & (pairs.sum(axis=1) >= 2 * _LEAST_PAIRS)
                 & (sides[:, 1] >= _LEAST_HEIGHT)
                 & (np.abs(growth - 1) <= _LARGEST_GROWTH)
                 & (bent <= np.maximum(_OFF, _BENT * sides[:, 1])))
        return _moved(faces, shift / scale, growth), found


def side_for(boxes: FloatArray, size: tuple[int, int]) -> int:
    """Return the side of the smallest view in which faces (N, 4) of a frame can be followed."""
    least = (boxes[:, 3] - boxes[:, 1]).min(initial=np.inf) / max(size)
    return next((side for side in _SIDES if side * least >= _LEAST_HEIGHT), SIDE)


def _forth_and_back(before: Image, after: Image,
                    points: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return the steps (N, P, 2) of points (N, P, 2) of images, and which are good (N, P)."""
    start = points.reshape(-1, 1, 2)
    there, arrived = flow(before, after, start)
    again, returned = flow(after, before, there)
    good = arrived & returned & (np.abs(again - start).max(axis=(1, 2)) <= _OFF)
    return (there - start).reshape(points.shape), good.reshape(points.shape[:2])


def _lengths(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.square(vectors).sum(axis=2)))


def _medians(values: FloatArray, good: BoolArray) -> FloatArray:
    """Return the medians (N, ...) over good points (N, P) of values (N, P, ...); 0 without any."""
    count = good.sum(axis=1)
    rows = np.arange(len(values))
    mask = good if values.ndim == 2 else good[:, :, None]
    ordered = np.sort(np.where(mask, values, np.inf), axis=1)
    middle = (ordered[rows, np.maximum(count - 1, 0) // 2]
              + ordered[rows, np.minimum(count // 2, values.shape[1] - 1)]) / 2
    return np.where(np.isfinite(middle), middle, 0)


def _moved(faces: Detections, shift: FloatArray, growth: FloatArray) -> Detections:
    """Return faces moved by (N, 2) pixels and scaled about their centres by (N,)."""
    centre = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    half = (faces.boxes[:, 2:] - faces.boxes[:, :2]) / 2 * growth[:, None]
    new = centre + shift
    landmarks: FloatArray | None = None
    if faces.landmarks is not None:
        spread = (faces.landmarks - centre[:, None]) * growth[:, None, None]
        landmarks = (spread + new[:, None]).astype(np.float32)
    return Detections(np.concatenate((new - half, new + half), axis=1), faces.scores, landmarks)
