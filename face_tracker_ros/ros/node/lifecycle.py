# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A lifecycle node that survives requests for transitions that are not possible."""
from __future__ import annotations

from typing import Any

from rclpy.lifecycle import LifecycleNode

_CHANGE_STATE = '_LifecycleNodeMixin__on_change_state'


class SteadyLifecycleNode(LifecycleNode):
    """
    Answers a request that does not fit the state with `success` false.

    rclpy before Kilted raises an error instead, which ends the process. It has no public hook
    for that; where the method has another name, this one is not called.
    """

    def _LifecycleNodeMixin__on_change_state(self, request: Any, response: Any) -> Any:
        try:
            return getattr(super(), _CHANGE_STATE)(request, response)
        except RuntimeError as error:
            self.get_logger().error(f'no transition {request.transition.id} from here: '
                                    f"{' '.join(str(error).split())}")
            response.success = False
            return response
