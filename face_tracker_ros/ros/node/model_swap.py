# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Other models for a running tracker: loaded in parallel, exchanged between two frames."""
from __future__ import annotations

from collections.abc import Callable
import threading

from face_tracker_ros.config import Config, MODEL_PARAMETERS
from face_tracker_ros.errors import reason
from face_tracker_ros.pipeline import FaceTracker
from face_tracker_ros.ros.node.worker import LatestWorker
from rclpy.node import Node


class ModelSwap:
    """
    Applies configurations to a tracker; those with other models as soon as these are loaded.

    The tracker goes on with its models meanwhile.
    """

    def __init__(self, node: Node, tracker: FaceTracker, lock: threading.Lock,
                 restore: Callable[[Config], None]) -> None:
        """
        Start the loading thread, which sleeps until there is something to load.

        Args:
            node: The node that logs.
            tracker: The tracker.
            lock: Held whenever the tracker is used.
            restore: Sets the parameters of the node back to those of a configuration; called on
                the executor's thread when models cannot be loaded.
        """
        self._node, self._tracker, self._lock, self._restore = node, tracker, lock, restore
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
        self._tracker.check_models(config)
        with self._lock:
            self._tracker.reconfigure(_with_models_of(config, self._tracker.config))
        if _models(config) != _models(self._wanted):
            self._wanted = config
            self._loader.put(config)

    def log_models(self, when: str = '') -> None:
        """Log which models are in use, and their notices."""
        models = ' and '.join(f"{task} '{name}'" for task, name in self._tracker.models.items())
        for line in (f'loaded {models}{when}', *self._tracker.notices):
            self._node.get_logger().info(line)

    def stop(self) -> None:
        """End the thread, once what it loads is loaded, and release the tracker."""
        self._loader.stop()
        del self._loader, self._tracker  # a reference cycle would keep the models

    def _load(self, config: Config) -> None:
        if _models(config) == _models(self._tracker.config):
            return
        try:
            models = self._tracker.load_models(config)
            # A reference to the models in use: the tracker would otherwise free them while it
            # holds the lock, which takes long enough to delay a frame.
            replaced = self._tracker.load_models(self._tracker.config)
            with self._lock:
                self._tracker.reconfigure(_with_models_of(self._tracker.config, config), models)
        except Exception as error:
            self._node.get_logger().error(f'models not changed: {reason(error)}')
            self._reject(config)
        else:
            del replaced  # frees them, without the lock
            self.log_models()

    def _reject(self, config: Config) -> None:
        if self._node.executor is not None and self._node.context.ok():
            self._node.executor.create_task(self._set_back, config, self._tracker.config)

    def _set_back(self, config: Config, current: Config) -> None:
        if self._wanted is config:  # nothing else has been asked for since
            self._wanted = current
            self._restore(current)


def _models(config: Config) -> dict[str, str]:
    return {name: getattr(config, name) for name in MODEL_PARAMETERS}


def _with_models_of(config: Config, other: Config) -> Config:
    return config.updated(_models(other))
