# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The lifecycle node face_tracker: images in, tracks out."""
from __future__ import annotations

import threading
import time
from typing import Any

from face_tracker_ros.config import Config
from face_tracker_ros.errors import FaceTrackerError, reason
from face_tracker_ros.pipeline import FaceTracker
from face_tracker_ros.ros.diagnostics.reporter import Reporter
from face_tracker_ros.ros.diagnostics.statistics import Statistics
from face_tracker_ros.ros.diagnostics.status import NodeStatus, QUIET_SECONDS
from face_tracker_ros.ros.messages.images import AnyImage, to_image
from face_tracker_ros.ros.node.frame_log import describe
from face_tracker_ros.ros.node.image_input import ImageInput
from face_tracker_ros.ros.node.lifecycle import SteadyLifecycleNode
from face_tracker_ros.ros.node.load import LoadShedding
from face_tracker_ros.ros.node.model_swap import ModelSwap
from face_tracker_ros.ros.node.people_services import PeopleServices
from face_tracker_ros.ros.node.settings import Settings, unknown_overrides
from face_tracker_ros.ros.outputs.outputs import Outputs
from rclpy.impl.logging_severity import LoggingSeverity
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.qos import qos_profile_parameters
from std_srvs.srv import SetBool, Trigger


class FaceTrackerNode(SteadyLifecycleNode):
    """
    Tracks the faces of one image topic.

    A thread of its own takes the newest image, converts, tracks and publishes, and then takes the
    next. Everything else runs on the executor's thread.

    >>> node = FaceTrackerNode(namespace='front')
    >>> node.start()  # configures and activates it
    >>> executor.add_node(node)
    """

    def __init__(self, **options: Any) -> None:
        """
        Declare parameters and services.

        Args:
            options: As of rclpy.node.Node, such as `namespace`, `context`, `cli_args` and
                `parameter_overrides`.

        Raises:
            ConfigError: A parameter given at start is bad.
        """
        super().__init__('face_tracker', **options)
        self._tracker: FaceTracker | None = None
        self._tracker_lock = threading.Lock()
        self._swap: ModelSwap | None = None
        self._outputs: Outputs | None = None
        self._enabled = True
        self._failure = ''
        self._statistics = Statistics()
        self._load = LoadShedding()
        self._settings = Settings(self, lambda: self._tracker is not None, self._reconfigure,
                                  lambda: self._input.reconsider())
        self._input = ImageInput(self, self._settings, self._statistics, self._handle)
        self._reporter = Reporter(self, self._statistics, self._status)
        for kind, name, answer in ((SetBool, '~/enable', self._on_enable),
                                   (Trigger, '~/reset', self._on_reset)):
            self.create_service(kind, name, answer, qos_profile=qos_profile_parameters)
        self._people = PeopleServices(
            self, lambda: None if self._tracker is None else self._tracker.recogniser)
        for line in unknown_overrides(self):
            self.get_logger().warning(line)

    def start(self) -> None:
        """Configure and activate, unless a lifecycle manager will (autostart false)."""
        if self._settings['autostart'] and self.context.ok():
            configured = self.trigger_configure() == TransitionCallbackReturn.SUCCESS
            if configured and self.context.ok():
                self.trigger_activate()

    def stop(self) -> int:
        """End the thread of images and free the models; return the exit code, 0."""
        self._stop_work()
        self._free()
        return 0

    def destroy_node(self) -> None:
        """Stop, and destroy the node; rclpy does so also when a bad parameter ended __init__."""
        if hasattr(self, '_input'):
            self.stop()
        super().destroy_node()
        if hasattr(self, '_state_machine'):  # rclpy leaves its services to others, unanswered
            self._state_machine.destroy_when_not_in_use()

    # Lifecycle

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models and offer the topics; FAILURE, with the reason logged, when bad."""
        begin = time.monotonic()
        try:
            self._outputs = Outputs(self, self._settings)
            self._tracker = FaceTracker.from_config(self._settings.config)
            self._failure = ''
        except Exception as error:
            self._free()
            self._failure = reason(error)
            self.get_logger().error(self._failure)
            return TransitionCallbackReturn.FAILURE if isinstance(error, FaceTrackerError) \
                else TransitionCallbackReturn.ERROR
        if not self.context.ok():
            # rclpy would log as an error that it cannot publish this transition any more
            self.get_logger().set_level(LoggingSeverity.FATAL)
            return TransitionCallbackReturn.FAILURE
        self._swap = ModelSwap(self, self._tracker, self._tracker_lock, self._settings.restore,
                               self._configure_outputs)
        self._swap.log_models(f' in {time.monotonic() - begin:.1f} s')
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start the thread of images and subscribe; ERROR, with the reason logged, if not."""
        self._input.start()
        done = super().on_activate(state)
        self._configure_outputs()
        try:
            self._subscribe()
        except Exception as error:
            self._failure = reason(error)
            self.get_logger().error(self._failure)
            return TransitionCallbackReturn.ERROR
        self.get_logger().info(f"active; images from '{self._input.topic}'" if self._enabled else
                               "active and disabled; call '~/enable' to take images")
        return done

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and end the thread of images; models and tracks are kept."""
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

    def _subscribe(self) -> None:
        if self._input.is_started and self._enabled and not self._input.is_subscribed:
            if self._outputs is not None:
                self._outputs.activate()
            self._input.subscribe()

    def _stop_work(self) -> None:
        was_started = self._input.is_started
        self._input.stop()
        if was_started and self._outputs is not None:
            self._outputs.deactivate()

    def _free(self) -> None:
        if self._swap is not None:
            self._swap.stop()
            self._swap = None
        if self._outputs is not None:
            self._outputs.destroy()
            self._outputs = None
        with self._tracker_lock:
            tracker, self._tracker = self._tracker, None
        if tracker is not None:
            tracker.close()

    # Work, on the thread of images

    def _handle(self, message: AnyImage, stamp: float) -> None:
        begin = time.monotonic()
        try:
            self._process(message, stamp)
        except Exception as error:
            if self.context.ok():
                self._input.skip(error)
        seconds = time.monotonic() - begin
        self._statistics.worked(seconds)
        self._load.worked(seconds)

    def _process(self, message: AnyImage, stamp: float) -> None:
        begin = time.perf_counter()
        image = to_image(message)
        converted = time.perf_counter()
        with self._tracker_lock:
            if self._tracker is None or self._outputs is None:
                return
            result = self._tracker.process(image, stamp, self._load.effort)
        if result.restarted:
            self.get_logger().warning(
                'image stamps jumped back (a bag that loops?); tracks start anew at every such '
                'jump', once=True)
        tracked = time.perf_counter()
        if self.get_logger().is_enabled_for(LoggingSeverity.DEBUG):
            self.get_logger().debug(describe(result))
        age = self._now() - stamp
        outputs = self._outputs.publish(message.header, image, result,
                                        () if self._load.draws() else ('annotated_image',))
        published = time.perf_counter()
        self._statistics.frame(result, {
            'latency': age + outputs.get('tracks', 0.0), 'convert': converted - begin,
            'process': tracked - converted}, outputs, published - tracked)

    # Services, parameters, reports

    def _on_enable(self, request: SetBool.Request,
                   response: SetBool.Response) -> SetBool.Response:
        self._enabled = request.data
        if self._enabled:
            self._subscribe()
        else:
            self._input.unsubscribe()
            if self._outputs is not None:
                self._outputs.deactivate()
        response.success = True
        response.message = 'tracking enabled' if self._enabled else 'tracking disabled'
        self.get_logger().info(response.message)
        return response

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        with self._tracker_lock:
            response.success = self._tracker is not None
            if self._tracker is not None and self._outputs is not None:
                self._tracker.reset()
                self._outputs.reset()
        response.message = 'all tracks forgotten' if response.success else \
            "no tracks to forget; first 'configure' the node"
        self.get_logger().info(response.message, throttle_duration_sec=1.0)
        return response

    def _reconfigure(self, config: Config) -> None:
        if self._swap is not None:
            self._swap.begin(config)
            self._configure_outputs()

    def _configure_outputs(self) -> None:
        outputs, tracker = self._outputs, self._tracker
        if outputs is not None and tracker is not None:
            outputs.configure(tracker.effective_config)

    def _status(self) -> NodeStatus:
        state = 'active' if self._input.is_subscribed else \
            'unconfigured' if self._tracker is None else \
            'disabled' if self._input.is_started else 'inactive'
        idle, tracker = self._statistics.idle(), self._tracker
        recogniser = None if tracker is None else tracker.recogniser
        return NodeStatus(
            state=state, failure='' if self._tracker is not None else self._failure, idle=idle,
            last_arrival=self._statistics.last_arrival(), measured=self._statistics.measured(),
            expected_rate=self._settings['expected_rate'], max_rate=self._settings['max_rate'],
            use_sim_time=bool(self.get_parameter('use_sim_time').value),
            shed_level=self._load.level,
            people_problem='' if recogniser is None else recogniser.gallery.problem,
            topic=self._input.describe(look_around=idle >= QUIET_SECONDS),
            models={} if self._tracker is None else {**self._tracker.models.names,
                                                     **self._tracker.thresholds})

    def _now(self) -> float:
        return float(self.get_clock().now().nanoseconds) * 1e-9
