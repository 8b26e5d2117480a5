# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The node video_publisher: a video, camera, address or folder of images as an image topic."""
from __future__ import annotations

import math
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from face_tracker_ros.config.declaration import Parameter
from face_tracker_ros.errors import FaceTrackerError
from face_tracker_ros.ros.diagnostics.status import to_message
from face_tracker_ros.ros.messages.camera import distortion_free
from face_tracker_ros.ros.messages.images import to_message as to_image_message
from face_tracker_ros.ros.node.settings import declare, unknown_overrides
from face_tracker_ros.types import Image as ImageArray
from face_tracker_ros.video import FrameSource, open_source
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

PARAMETERS: tuple[Parameter, ...] = (
    Parameter('source', '', 'Video file; camera number or device; folder, glob or %05d pattern of '
              'images; address such as rtsp://host/path.', live=False),
    Parameter('rate', 0.0, 'Frames per second, 0.1 to 1000, instead of the times of the source; '
              'of live sources the most that are published. 0 = as the source has them.', 0.0,
              1000.0, live=False),
    Parameter('loop', False, 'Begin again at the end of the source.', live=False),
    Parameter('duration', 0.0, 'Seconds of video after which the node ends; 0 = all there is.',
              0.0, 86400.0, live=False),
    Parameter('frame_id', 'camera', 'frame_id of the image headers.', live=False),
    Parameter('horizontal_fov', 0.0, 'Degrees that the camera sees from left to right: '
              'camera_info goes out as of such a camera without distortion; 0 = none.', 0.0, 170.0,
              live=False),
    Parameter('start_delay', 0.0, 'Seconds to wait for subscribers before the first frame; 0 = '
              'publish at once.', 0.0, 600.0, live=False),
)
"""Parameters of the node, all read at start only."""

_LATEST_SECONDS = 1.0  # that frames may be behind; then all later ones are late
_ROUNDING_SECONDS = 1e-3
_SET_BACK_NANOSECONDS, _STEP_NANOSECONDS = 1_000_000_000, 1000
"""Where the clock is set back by less, or seems to be, stamps go on by the step: trackers refuse
images whose stamps go back."""
_REPORT_SECONDS = 1.0
_MEETING_SECONDS = 0.5
"""Until a subscriber known here knows this publisher, too; what goes out before is lost."""
_LINGER_SECONDS, _LAST_REPORTS = 2.0, 8
"""Between the last frame and the exit, so that it and the report of it arrive, also at those
whom a short video did not give the time to be found."""


class VideoPublisherNode(Node):
    """
    Publishes frames at their times in the source, beginning now, and stamps them with these.

    Frames of live sources are published and stamped as they arrive, the newest wins.
    """

    def __init__(self, **options: Any) -> None:
        """Declare the parameters; ConfigError for a bad one."""
        super().__init__('video_publisher', **options)
        self._settings = declare(self, PARAMETERS)
        for line in unknown_overrides(self):
            self.get_logger().warning(line)
        # Reliable matches reliable and best-effort subscribers alike.
        self._images = self.create_publisher(
            Image, 'image', QoSProfile(depth=2),
            qos_overriding_options=QoSOverridingOptions.with_default_policies())
        self._calibrations = self.create_publisher(CameraInfo, 'camera_info', 2) \
            if self._settings['horizontal_fov'] else None
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._report_timer = self.create_timer(_REPORT_SECONDS, self._report)
        self._published = self._last = 0
        self._seconds = self._next = 0.0
        self._source: FrameSource | None = None
        self._complete = False
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._run, name='source', daemon=True)
        self._failed = False

    def start(self) -> None:
        """Begin to publish; SourceError when the source cannot be opened."""
        self._source = self._open()
        self._thread.start()

    def stop(self) -> int:
        """End publishing; return the exit code, 2 when the source failed on the way."""
        self._leave.set()
        if self._source is not None and (self._source.live or not self._thread.is_alive()):
            self._source.close()  # which ends the waiting for a live frame
        if self._thread.is_alive():
            self._thread.join()
        return 2 if self._failed else 0

    def _run(self) -> None:
        try:
            self._await_subscriber()
            while not self._leave.is_set():
                self._publish_source()
                if not self._settings['loop'] or self._complete:
                    break
            self._linger()
        except FaceTrackerError as error:
            self._failed = True
            self.get_logger().error(str(error))
        except Exception as error:
            if self.context.ok():
                self._failed = True
                self.get_logger().error(f'{type(error).__name__}: {error}')
        finally:
            self.context.try_shutdown()

    def _linger(self) -> None:
        for _ in range(_LAST_REPORTS):
            self._report()
            if self._leave.wait(_LINGER_SECONDS / _LAST_REPORTS):
                return

    def _await_subscriber(self) -> None:
        end = time.monotonic() + self._settings['start_delay']
        while time.monotonic() < end:
            if self._images.get_subscription_count():
                self._leave.wait(_MEETING_SECONDS)
                return
            if self._leave.wait(0.05):
                return

    def _open(self) -> FrameSource:
        return open_source(self._settings['source'], self._settings['rate'] or None,
                           self.get_logger().warning)

    def _publish_source(self) -> None:
        """Publish one round of the source."""
        source = self._source = self._source or self._open()
        duration = self._settings['duration'] or math.inf
        first = start = None
        begin = self._seconds
        with source:
            for stamp, frame in source:
                if first is None or start is None:
                    first, start = stamp, time.monotonic() - stamp
                self._seconds = begin + stamp - first
                self._complete = self._seconds >= duration - _ROUNDING_SECONDS
                if self._complete or self._leave.is_set():
                    break
                late = time.monotonic() - stamp - (0 if source.live else start)
                if source.live and self._settings['rate'] and self._early(stamp):
                    continue
                if late > _LATEST_SECONDS and not source.live:
                    start, late = start + late, 0.0
                if self._leave.wait(max(-late, 0)) or not self.context.ok():
                    break
                self._publish(frame, max(late, 0.0))
            self._seconds += 1 / source.frame_rate
        self._source = None

    def _early(self, stamp: float) -> bool:
        """Return whether a live frame comes before the next one that `rate` asks for is due."""
        step = 1 / self._settings['rate']
        if stamp < self._next - step / 10:
            return True
        self._next = max(self._next + step, stamp)
        return False

    def _publish(self, frame: ImageArray, late: float) -> None:
        """Publish a frame stamped `late` seconds ago."""
        header = Header(stamp=self._stamp(late).to_msg(), frame_id=self._settings['frame_id'])
        if self._calibrations is not None:
            height, width = frame.shape[:2]
            info = distortion_free(width, height, self._settings['horizontal_fov'])
            info.header = header
            self._calibrations.publish(info)
        self._images.publish(to_image_message(frame, header))
        self._published += 1

    def _stamp(self, late: float) -> Time:
        """Return the time `late` seconds ago, after the last one if that is nearly the same."""
        stamp, past = self.get_clock().now(), Duration(nanoseconds=round(late * 1e9))
        if stamp.nanoseconds > past.nanoseconds:  # simulated time begins at 0
            stamp -= past
        back = self._last - stamp.nanoseconds
        if 0 < back < _SET_BACK_NANOSECONDS:
            stamp += Duration(nanoseconds=back + _STEP_NANOSECONDS)
        self._last = stamp.nanoseconds
        return stamp

    def _report(self) -> None:
        header = Header(stamp=self.get_clock().now().to_msg())
        self._diagnostics.publish(to_message(
            header, f'{self.get_fully_qualified_name()[1:]}: source',
            f'{self._published} frames published', {'published': self._published}))
