# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks in space as markers: a sphere, its id and its trail."""
from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping

from builtin_interfaces.msg import Duration
from face_tracker_ros.annotate import id_color
from face_tracker_ros.ros.messages.tracks_3d import orientation
from face_tracker_ros.rotation import down_of
from face_tracker_ros.spatial.frames import matrix_of
from face_tracker_ros.spatial.heads import HeadsOfFrame
from face_tracker_ros.types import Float64Array
from geometry_msgs.msg import Point, Pose, Quaternion, Vector3
import numpy as np
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

SPHERES, NAMES, TRAILS, ARROWS = 'faces', 'ids', 'trails', 'heads'
"""Namespaces of the markers of a track; the marker's id is the track's."""

_LIFETIME = Duration(sec=1)  # without an update; a track that ends is deleted at once
_TRAIL_POINTS = 90
_TEXT_HEIGHT = 0.1  # metres
_LINE = 0.015  # metres
_ARROW = 0.35, 0.02, 0.04  # length, width and width of the tip, metres


class Markers:
    """Keeps what is shown, and the trails."""

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self._trails: dict[int, deque[Point]] = {}
        self._frame = ''

    def clear(self, header: Header) -> MarkerArray:
        """Return what removes all markers, also those of an earlier run of the node."""
        self._trails.clear()
        return MarkerArray(markers=[Marker(header=header, action=Marker.DELETEALL)])

    def update(self, header: Header, ids: Collection[int], points: Float64Array,
               sizes: Float64Array, axes: Float64Array, alive: Collection[int],
               names: Mapping[int, str] = {}, heads: HeadsOfFrame | None = None,
               image_rotation: int = 0) -> MarkerArray:
        """
        Return the markers of the faces seen, and what deletes those of tracks that ended.

        Args:
            header: With the frame of the points; trails begin anew in another one.
            ids: (N,) of the tracks seen.
            points: (N, 3) metres.
            sizes: (N, 3) metres, along the camera's axes.
            axes: (4,), quaternion x, y, z, w of these axes in the frame.
            alive: Ids of all tracks that exist still.
            names: Of people by track.
            heads: The orientation of the heads, in the same frame: an arrow each.
            image_rotation: Degrees clockwise to the upright image; ids are above faces there.
        """
        markers = []
        if header.frame_id != self._frame:
            self._frame = header.frame_id
            for trail in self._trails.values():
                trail.clear()
        x_axis, y_axis, z_axis, w_axis = axes.tolist()
        box_axes = Quaternion(x=x_axis, y=y_axis, z=z_axis, w=w_axis)
        up = -matrix_of(axes) @ down_of(image_rotation)
        for track in [track for track in self._trails if track not in alive]:
            del self._trails[track]
            markers += [Marker(header=header, ns=name, id=track, action=Marker.DELETE)
                        for name in (SPHERES, NAMES, TRAILS, ARROWS)]
        for track, (x, y, z), (width, height, depth) in zip(ids, points.tolist(),
                                                            sizes.tolist()):
            trail = self._trails.setdefault(track, deque(maxlen=_TRAIL_POINTS))
            trail.append(Point(x=x, y=y, z=z))
            blue, green, red = (part / 255 for part in id_color(track))
            color = ColorRGBA(r=red, g=green, b=blue, a=0.8)
            sphere, name, line = (self._marker(header, space, kind, track, color)
                                  for space, kind in ((SPHERES, Marker.SPHERE),
                                                      (NAMES, Marker.TEXT_VIEW_FACING),
                                                      (TRAILS, Marker.LINE_STRIP)))
            sphere.pose.position = trail[-1]
            sphere.scale = Vector3(x=width, y=height, z=depth)
            sphere.pose.orientation = box_axes
            tall = height if image_rotation % 180 == 0 else width
            above = (np.array([x, y, z]) + (tall / 2 + _TEXT_HEIGHT) * up).tolist()
            name.pose.position = Point(x=above[0], y=above[1], z=above[2])
            name.scale.z = _TEXT_HEIGHT
            name.text = f"#{track} {names.get(track, '')}".strip()
            line.scale.x = _LINE
            line.points = list(trail)
            markers += [sphere, name, line] if len(trail) > 1 else [sphere, name]
            if heads is not None and track in heads.rows:
                arrow = self._marker(header, ARROWS, Marker.ARROW, track, color)
                arrow.pose = Pose(position=trail[-1], orientation=orientation(heads, track))
                arrow.scale = Vector3(**dict(zip('xyz', _ARROW)))
                markers.append(arrow)
        return MarkerArray(markers=markers)

    @staticmethod
    def _marker(header: Header, space: str, kind: int, track: int, color: ColorRGBA) -> Marker:
        marker = Marker(header=header, ns=space, id=track, type=kind, action=Marker.ADD,
                        color=color, lifetime=_LIFETIME)
        marker.pose.orientation.w = 1.0
        return marker
