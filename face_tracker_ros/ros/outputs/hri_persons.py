# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""/humans/persons: the people who are known, as REP-155 (ROS4HRI) has them."""
from __future__ import annotations

import threading
from typing import Any

from face_tracker_ros.ros.messages.optional import optional_messages
from face_tracker_ros.ros.messages.people import person_name
from face_tracker_ros.ros.messages.tracks import face_name
from face_tracker_ros.ros.outputs.output import offer, Output
from face_tracker_ros.types import FrameResult, Identity, Image as ImageArray, TextArray
from rclpy.qos import QoSDurabilityPolicy
from std_msgs.msg import Bool, Header, String

_PERSONS, _MATCHES = '/humans/persons', '/humans/candidate_matches'


class HriPersonsOutput(Output):
    """
    Persons known, those in view with their faces, and candidate matches of faces and persons.

    Silent without `identities.store`.
    """

    name = 'hri_persons'
    enabled_by = 'interop.hri'

    def create(self) -> None:
        """Offer the lists; ConfigError without hri_msgs."""
        self._messages = optional_messages('hri_msgs', self.enabled_by)
        self._tracked = self._offer(self._messages.IdsList, f'{_PERSONS}/tracked', 1)
        self._known = self._offer(self._messages.IdsList, f'{_PERSONS}/known', 1,
                                  durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
        self._listed: TextArray | None = None
        self._matches = self._offer(self._messages.IdsMatch, _MATCHES, 20)
        self._persons: dict[str, dict[str, Any]] = {}
        self._shown: dict[str, tuple[str, str, bool]] = {}
        self._candidates: dict[int, tuple[str, float]] = {}
        self._lock = threading.Lock()  # frames against the executor's services
        self._restart = False
        self._listeners = 0

    def activate(self) -> None:
        """Begin anew."""
        self.reset()

    def reset(self) -> None:
        """Withdraw all persons with the next frame."""
        self._restart = True

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish who is in view, and which matches have changed."""
        if not self._settings['identities.store']:
            return False
        with self._lock:
            known = {} if self._restart else {
                person_name(person.uid): (track, person)
                for track, person in result.people.items() if person.uid}
            if result.known_people is not self._listed or self._restart:
                self._listed = result.known_people
                self._known.publish(self._messages.IdsList(
                    header=header, ids=[person_name(str(uid)) for uid in self._listed]))
            for gone in self._persons.keys() - known.keys():
                self._withdraw(gone)
            for name, (track, person) in known.items():
                self._show(name, face_name(track), person)
            self._tracked.publish(self._messages.IdsList(header=header, ids=sorted(known)))
            if self._restart:
                self._candidates.clear()
            self._match(result)
            self._restart = False
        return True

    def destroy(self) -> None:
        """Withdraw the topics."""
        for name in list(self._persons):
            self._withdraw(name)
        super().destroy()

    def _show(self, name: str, face: str, person: Identity) -> None:
        if name not in self._persons:
            self._persons[name] = {
                topic: offer(self._node, kind, f'{_PERSONS}/{name}/{topic}', 1, overridable=False,
                             durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
                for topic, kind in (('face_id', String), ('name', String), ('anonymous', Bool))}
            for publisher in self._persons[name].values():
                publisher.on_activate(None)  # those made while the node is active begin inactive
        values = face, person.name, person.anonymous
        if self._shown.get(name) != values:
            self._shown[name] = values
            topics = self._persons[name]
            topics['face_id'].publish(String(data=face))
            topics['name'].publish(String(data=person.name))
            topics['anonymous'].publish(Bool(data=person.anonymous))

    def _withdraw(self, name: str) -> None:
        for publisher in self._persons.pop(name).values():
            self._node.destroy_lifecycle_publisher(publisher)
        self._shown.pop(name, None)

    def _match(self, result: FrameResult) -> None:
        """
        Publish the nearest person of each face when it changes; confidence 0 takes one back.

        Who subscribes later is given all matches again.
        """
        listeners, before = self._matches.get_subscription_count(), self._listeners
        self._listeners = listeners
        if listeners > before:
            self._candidates.clear()
        now = {track: (person_name(person.nearest), round(person.likeness, 1))
               for track, person in result.people.items()
               if person.nearest and person.likeness > 0}
        for track, (person, confidence) in now.items():
            former = self._candidates.get(track)
            if former is not None and former[0] != person:
                self._publish_match(track, former[0], 0.0)
            if former != (person, confidence):
                self._publish_match(track, person, confidence)
        for track in self._candidates.keys() - now.keys():
            self._publish_match(track, self._candidates[track][0], 0.0)
        self._candidates = now

    def _publish_match(self, track: int, person: str, confidence: float) -> None:
        kind = self._messages.IdsMatch
        self._matches.publish(kind(
            id1=face_name(track), id1_type=kind.FACE, id2=person, id2_type=kind.PERSON,
            confidence=confidence))
