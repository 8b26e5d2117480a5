# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The life-cycle node face_tracker: images in, tracks out."""
from __future__ import annotations

import threading
import time
from typing import Any

from face_tracker_ros.config import Config
from face_tracker_ros.errors import FaceTrackerError, reason
from face_tracker_ros.pipeline import FaceTracker
from face_tracker_ros.ros.convert import AnyImage, to_picture
from face_tracker_ros.ros.diagnostics import QUIET_SECONDS, Situation
from face_tracker_ros.ros.extras import Extras
from face_tracker_ros.ros.image_input import ImageInput
from face_tracker_ros.ros.latest import LatestWorker
from face_tracker_ros.ros.lifecycle import SteadyLifecycleNode
from face_tracker_ros.ros.model_swap import ModelSwap
from face_tracker_ros.ros.outputs import Outputs
from face_tracker_ros.ros.parameters import Settings, unknown_overrides
from face_tracker_ros.ros.reporter import Reporter
from face_tracker_ros.ros.statistics import Statistics
from face_tracker_ros.types import FrameResult, Image as Picture
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger

_THROTTLE_SECONDS = 5.0


class FaceTrackerNode(SteadyLifecycleNode):
    """
    Tracks the faces of one image topic.

    The subscription only hands the newest message to a worker thread as soon as that is free; it
    converts, tracks and publishes. Everything else runs on the executor's thread.
    """

    def __init__(self, **options: Any) -> None:
        """Declare parameters and services; ConfigError for a bad parameter given at start."""
        super().__init__('face_tracker', **options)
        self._tracker: FaceTracker | None = None
        self._tracker_lock = threading.Lock()
        self._swap: ModelSwap | None = None
        self._worker: LatestWorker[tuple[AnyImage, float]] | None = None
        self._outputs: Outputs | None = None
        self._extras: Extras | None = None
        self._said: set[str] = set()
        self._enabled = True
        self._failure = ''
        self._statistics = Statistics()
        self._settings = Settings(self, lambda: self._tracker is not None, self._reconfigure,
                                  self._reconsider)
        self._input = ImageInput(self, self._settings, self._statistics, self._say_once)
        self._reporter = Reporter(self, self._statistics, self._situation)
        self.create_service(SetBool, '~/enable', self._on_enable)
        self.create_service(Trigger, '~/reset', self._on_reset)
        for line in unknown_overrides(self):
            self.get_logger().warning(line)

    def start(self) -> None:
        """Configure and activate, unless a life-cycle manager will (autostart false)."""
        if self._settings['autostart'] and self.context.ok():
            configured = self.trigger_configure() == TransitionCallbackReturn.SUCCESS
            if configured and self.context.ok():
                self.trigger_activate()

    def stop(self) -> int:
        """End the worker thread and free the models; return the exit code, 0."""
        self._stop_work()
        self._free()
        return 0

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models and offer the topics; FAILURE, with the reason logged, when bad."""
        begin = time.monotonic()
        try:
            self._extras = Extras(self, self._settings)
            self._tracker = FaceTracker.from_config(self._settings.config)
            self._failure = ''
        except Exception as error:
            self._free()
            self._failure = reason(error)
            self.get_logger().error(self._failure)
            return TransitionCallbackReturn.FAILURE if isinstance(error, FaceTrackerError) \
                else TransitionCallbackReturn.ERROR
        if not self.context.ok():
            return TransitionCallbackReturn.FAILURE
        self._outputs = Outputs(self)
        self._swap = ModelSwap(self, self._tracker, self._tracker_lock, self._settings.restore)
        self._swap.tell(f' in {time.monotonic() - begin:.1f} s')
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start the worker and subscribe; ERROR, with the reason logged, if that fails."""
        self._worker = LatestWorker(self._handle, self._interval, self._listen)
        done = super().on_activate(state)
        self._tell_label(self._settings.config)
        try:
            self._subscribe()
        except Exception as error:
            self._failure = reason(error)
            self.get_logger().error(self._failure)
            return TransitionCallbackReturn.ERROR
        return done

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and end the worker; models and tracks are kept."""
        self._stop_work()
        self._reporter.report()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the models and withdraw the topics."""
        self._free()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop whatever runs and free everything."""
        self.stop()
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Go back to unconfigured."""
        self.stop()
        return TransitionCallbackReturn.SUCCESS

    # Input

    def _subscribe(self) -> None:
        if self._worker is None or not self._enabled or self._input.is_subscribed:
            return
        self._statistics.begin()
        self._input.subscribe(self._worker)
        if self._extras is not None:
            self._extras.activate()

    def _stop_work(self) -> None:
        self._input.unsubscribe()
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
            if self._extras is not None:
                self._extras.deactivate()

    def _free(self) -> None:
        if self._swap is not None:
            self._swap.stop()
            self._swap = None
        for offered in (self._outputs, self._extras):
            if offered is not None:
                offered.destroy()
        self._outputs = self._extras = None
        with self._tracker_lock:
            self._tracker = None

    def _interval(self) -> float:
        rate = self._settings['max_rate']  # once: it may change meanwhile
        return 1 / rate if rate > 0 else 0.0

    def _reconsider(self) -> None:
        if self._worker is not None:
            self._worker.reconsider()

    def _listen(self) -> None:
        self._statistics.listen()
        if self.executor is not None:
            self.executor.wake()

    # Work, on the worker's thread

    def _handle(self, item: tuple[AnyImage, float]) -> None:
        begin = time.monotonic()
        try:
            self._process(*item)
        except Exception as error:
            if self.context.ok():
                text = reason(error)
                self._statistics.bad_frame(text)
                self.get_logger().warning(f'frame skipped: {text}',
                                          throttle_duration_sec=_THROTTLE_SECONDS)
        self._statistics.worked(time.monotonic() - begin)

    def _process(self, message: AnyImage, stamp: float) -> None:
        begin = time.perf_counter()
        picture = to_picture(message)
        converted = time.perf_counter()
        with self._tracker_lock:
            if self._tracker is None or self._outputs is None or self._extras is None:
                return
            result = self._tracker.process(picture, stamp)
        if result.restarted:
            self._say_once('back', 'image stamps jumped back (a bag that loops?); tracks start '
                           'anew at every such jump')
        tracked = time.perf_counter()
        self._outputs.publish_tracks(message.header, result)
        latency = self._now() - stamp
        published = time.perf_counter()
        self._extras.publish(message.header, picture, result)
        added = time.perf_counter()
        self._draw(message.header, picture, result)
        self._statistics.frame(result, {
            'latency': latency, 'convert': converted - begin, 'process': tracked - converted,
            'publish': published - tracked, 'extras': added - published,
            'annotate': time.perf_counter() - added})

    def _draw(self, header: Header, picture: Picture, result: FrameResult) -> None:
        # The tracks are out: what fails here is no bad frame.
        try:
            if self._settings['annotate'] and self._outputs is not None:
                if self._outputs.publish_picture(header, picture, result):
                    self._statistics.annotated()
        except Exception as error:
            if self.context.ok():
                self.get_logger().warning(f'no annotated image: {reason(error)}',
                                          throttle_duration_sec=_THROTTLE_SECONDS)

    # Services, parameters, reports

    def _on_enable(self, request: SetBool.Request,
                   response: SetBool.Response) -> SetBool.Response:
        self._enabled = request.data
        if self._enabled:
            self._subscribe()
        else:
            self._input.unsubscribe()
            if self._extras is not None:
                self._extras.deactivate()
        response.success = True
        response.message = 'tracking enabled' if self._enabled else 'tracking disabled'
        return response

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        with self._tracker_lock:
            response.success = self._tracker is not None
            if self._tracker is not None and self._extras is not None:
                self._tracker.reset()
                self._extras.reset()
        response.message = 'all tracks forgotten' if response.success else \
            "no tracks to forget; first 'configure' the node"
        return response

    def _reconfigure(self, config: Config) -> None:
        if self._swap is not None:
            self._swap.begin(config)
            self._tell_label(config)

    def _tell_label(self, config: Config) -> None:
        if self._outputs is not None:
            self._outputs.publish_label(config.detection.score)

    def _situation(self) -> Situation:
        phase = 'active' if self._input.is_subscribed else \
            'unconfigured' if self._tracker is None else \
            'inactive' if self._worker is None else 'disabled'
        idle = self._statistics.idle()
        return Situation(
            phase, '' if self._tracker is not None else self._failure, idle,
            self._statistics.last_arrival(), self._statistics.measured(),
            self._settings['expected_rate'], self._settings['max_rate'],
            self.get_parameter('use_sim_time').value,
            self._input.describe(look_around=idle >= QUIET_SECONDS),
            {} if self._tracker is None else self._tracker.models)

    def _say_once(self, key: str, text: str) -> None:
        if key not in self._said:
            self._said.add(key)
            self.get_logger().warning(text)

    def _now(self) -> float:
        return self.get_clock().now().nanoseconds * 1e-9
