# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/identities: who the tracks are."""
from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray
from face_tracker_ros.ros.messages.people import to_identities
from face_tracker_ros.ros.outputs.output import has_subscribers, Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from std_msgs.msg import Header


class IdentitiesOutput(Output):
    """One status a track; silent without `identities.store`."""

    name = 'identities'

    def create(self) -> None:
        """Offer the topic."""
        self._publisher = self._offer(DiagnosticArray, '~/identities', 10)

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish who is in view, also when there is nobody."""
        if not has_subscribers(self._publisher) or not self._settings['identities.store']:
            return False
        self._publisher.publish(to_identities(result.people, header))
        return True
