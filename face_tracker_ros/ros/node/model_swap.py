# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Other models for a running tracker: loaded in parallel, exchanged between two frames."""
from __future__ import annotations

from collections.abc import Callable
import threading

from face_tracker_ros.config import Config
from face_tracker_ros.errors import reason
from face_tracker_ros.model_set import model_parameters
from face_tracker_ros.pipeline import FaceTracker
from face_tracker_ros.ros.node.latest_worker import LatestWorker
from rclpy.node import Node


class ModelSwap:
    """
    Applies configurations to a tracker; those with other models as soon as these are loaded.

    The tracker goes on with its models meanwhile.
    """

    def __init__(self, node: Node, tracker: FaceTracker, lock: threading.Lock,
                 restore: Callable[[Config], None],
                 changed: Callable[[], None] = lambda: None) -> None:
        """
        Start the loading thread, which sleeps until there is something to load.

        Args:
            node: The node that logs.
            tracker: The tracker.
            lock: Held whenever the tracker is used.
            restore: Sets the parameters of the node back to those of a configuration; called on
                the executor's thread when models cannot be loaded.
            changed: Called when other models, and the thresholds that they recommend, are in use.
        """
        self._node, self._tracker, self._lock, self._restore = node, tracker, lock, restore
        self._changed = changed
        self._wanted = tracker.config
        self._loader: LatestWorker[Config] = LatestWorker(self._load)

    def begin(self, config: Config) -> None:
        """
        Apply a configuration at once, except for its models, which follow.

        Raises:
            ConfigError: A parameter cannot change now. Nothing is changed.
            ModelError: A model is unknown, missing, corrupt or of the wrong kind. Nothing is
                changed.
        """
        self._tracker.models.check(config, self._tracker.config)
        with self._lock:
            self._tracker.reconfigure(_with_models_of(config, self._tracker.config))
        if model_parameters(config) != model_parameters(self._wanted):
            self._wanted = config
            self._loader.put(config)

    def log_models(self, when: str = '') -> None:
        """Log which models are in use, and their notices."""
        models = self._tracker.models
        for line in (f'loaded {models.summary}{when}', *models.notices):
            self._node.get_logger().info(line)

    def stop(self) -> None:
        """End the thread, once what it loads is loaded, and release the tracker."""
        self._loader.stop()
        del self._loader, self._tracker  # a reference cycle would keep the models

    def _load(self, config: Config) -> None:
        if model_parameters(config) == model_parameters(self._tracker.config):
            return
        try:
            # A reference to the models in use: the tracker would otherwise free them while it
            # holds the lock, which takes long enough to delay a frame.
            replaced = self._tracker.models
            models = replaced.updated(config)
            with self._lock:
                self._tracker.reconfigure(_with_models_of(self._tracker.config, config), models)
        except Exception as error:
            self._node.get_logger().error(f'models not changed: {reason(error)}')
            self._reject(config)
        else:
            del replaced  # frees them, without the lock
            self._changed()
            self.log_models()

    def _reject(self, config: Config) -> None:
        if self._node.executor is not None and self._node.context.ok():
            self._node.executor.create_task(self._set_back, config, self._tracker.config)

    def _set_back(self, config: Config, current: Config) -> None:
        if self._wanted is config:  # nothing else has been asked for since
            self._wanted = current
            self._restore(current)


def _with_models_of(config: Config, other: Config) -> Config:
    return config.updated(model_parameters(other))
