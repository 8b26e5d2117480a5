# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Why images do not arrive, as the ROS graph shows it, and what to set."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import os

from face_tracker_ros.ros.node.following import reliability_parameter
from rclpy.node import Node
from rclpy.qos import QoSReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo
from rclpy.utilities import get_rmw_implementation_identifier

RAW, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
_SUFFIX = '/compressed'
_NAMED_AT_MOST = 3
_RELIABLE = QoSReliabilityPolicy.RELIABLE


@dataclass(frozen=True)
class ImageTopic:
    """
    The image topic of a node and its publishers.

    Attributes:
        name: The topic subscribed to.
        base: What `image` resolves to; `name` is this and '/compressed' for compressed images.
        compressed: Whether compressed images are subscribed to.
        publishers: The publishers of the topic.
        reliability: Of the subscription.
        fixed: Whether a parameter sets the reliability of the subscription.
        elsewhere: Types of the image topics that somebody publishes, by name; looked up while no
            image arrives.
        middleware: Name of the RMW implementation.
        profile: Variable that names a Fast DDS profile, with its value; empty without.
    """

    name: str = ''
    base: str = ''
    compressed: bool = False
    publishers: Sequence[TopicEndpointInfo] = ()
    reliability: QoSReliabilityPolicy = QoSReliabilityPolicy.BEST_EFFORT
    fixed: bool = False
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    middleware: str = 'rmw_fastrtps_cpp'
    profile: str = ''

    def silence(self, last: float | None) -> tuple[str, str]:
        """
        Return why no image arrives: a word, and a sentence with the remedy.

        Args:
            last: Seconds since the last image; None if there was none.
        """
        wanted = COMPRESSED if self.compressed else RAW
        fitting = [item for item in self.publishers if item.topic_type == wanted]
        if not self.publishers:
            return self._unpublished(wanted)
        if not fitting:
            return self._other_type(self.publishers[0].topic_type)
        if self.reliability == _RELIABLE and not any(map(_is_reliable, fitting)):
            return 'qos', (f'{_nodes(fitting)} publishes best effort, which does not match a '
                           f'reliable subscription; leave out {reliability_parameter(self.name)}')
        if last is not None:
            return 'paused', (f'camera paused: last image {last:.0f} s ago, and '
                              f'{_nodes(fitting)} still offers the topic')
        return 'silent', (f'{_nodes(fitting)} offers the topic, but no image has arrived yet; '
                          f'let the camera send; if it does, {self.transport()}')

    def loss(self) -> str:
        """Return the one thing to do when images are lost on the way."""
        if self.reliability == _RELIABLE:
            return (f'{self.transport()}; over a network take image_transport:=compressed or '
                    'smaller images')
        if self.fixed and all(map(_is_reliable, self.publishers)):
            return (f'leave out {reliability_parameter(self.name)}: {_nodes(self.publishers)} '
                    'publishes reliable')
        return (f'{_nodes(self.publishers)} publishes best effort: {self.transport()}, or let it '
                'publish reliable')

    def transport(self) -> str:
        """Return how large images pass between processes with this middleware."""
        if 'fastrtps' not in self.middleware:
            return ('raise the receive buffers of the network (sysctl net.core.rmem_max), as '
                    f'the documentation of {self.middleware} describes')
        old = os.environ.get('ROS_DISTRO') in ('humble', 'iron', 'jazzy')
        variable = 'FASTRTPS_DEFAULT_PROFILES_FILE' if old else 'FASTDDS_DEFAULT_PROFILES_FILE'
        path = self.profile or '$(ros2 pkg prefix --share face_tracker_ros)/config/' \
            'fastdds_large_images.xml'
        if self.profile:
            return f'start the camera with {variable}={path}, as this node was'
        return f'start the camera and this node with {variable}={path}'

    def _unpublished(self, wanted: str) -> tuple[str, str]:
        if self.compressed and self.base.endswith(_SUFFIX):
            return 'suffix', (f"nobody publishes it; leave out '{_SUFFIX}', which is added for "
                              f'compressed images: image:={self.base[:-len(_SUFFIX)]}')
        other = self.base if self.compressed else self.name + _SUFFIX
        kind = self.elsewhere.get(other)
        if kind is not None and kind != wanted:
            return 'other transport', (f"nobody publishes it, but '{other}' carries {kind}: set "
                                       f'image_transport:={_transport_of(kind)}')
        near = sorted(name for name, kind in self.elsewhere.items() if kind == wanted)
        if near:
            more = f' and {len(near) - _NAMED_AT_MOST} more' if len(near) > _NAMED_AT_MOST else ''
            return 'unpublished', (f'nobody publishes it; {wanted} is published on '
                                   f'{_listed(near)}{more}')
        return 'unpublished', 'nobody publishes it'

    def _other_type(self, kind: str) -> tuple[str, str]:
        text = f'it carries {kind}'
        if kind not in (RAW, COMPRESSED):
            return 'type', f'{text}; remap image to a topic of {RAW} or {COMPRESSED}'
        remedy = f'set image_transport:={_transport_of(kind)}'
        if kind == RAW:
            remedy += f' and image:={self.name}'
        elif self.name.endswith(_SUFFIX):
            remedy += f' and image:={self.name[:-len(_SUFFIX)]}'
        else:
            remedy += f" and remap '{self.name}{_SUFFIX}' to '{self.name}'"
        return 'type', f'{text}: {remedy}'


def image_topics(node: Node) -> dict[str, str]:
    """Return the type of each published image topic by name, without the node's own."""
    own = f'{node.get_fully_qualified_name()}/'
    return {name: kind for name, kinds in node.get_topic_names_and_types() for kind in kinds
            if kind in (RAW, COMPRESSED) and not name.startswith(own)
            and node.count_publishers(name)}


def next_to_image(node: Node, name: str) -> str:
    """
    Return the topic of camera_info or depth_image: next to `image`, unless it is remapped.

    As image_transport has it: /camera/image_raw comes with /camera/camera_info.
    """
    plain = node.resolve_topic_name(name, only_expand=True)
    given = node.resolve_topic_name(name)
    if given != plain:
        return str(given)
    parent = str(node.resolve_topic_name('image')).rpartition('/')[0]
    return str(node.resolve_topic_name(f'{parent}/{name}'))


def depth_topics(node: Node) -> list[str]:
    """Return the topics with images that are depth by their name."""
    return [f"'{name}'" for name, kind in sorted(image_topics(node).items())
            if kind == RAW and 'depth' in name][:_NAMED_AT_MOST]


def middleware() -> dict[str, str]:
    """Return the RMW implementation and the Fast DDS profile of this process."""
    profile = os.environ.get('FASTDDS_DEFAULT_PROFILES_FILE') \
        or os.environ.get('FASTRTPS_DEFAULT_PROFILES_FILE') or ''
    return {'middleware': get_rmw_implementation_identifier(), 'profile': profile}


def _is_reliable(publisher: TopicEndpointInfo) -> bool:
    return bool(publisher.qos_profile.reliability == _RELIABLE)


def _transport_of(kind: str) -> str:
    return 'compressed' if kind == COMPRESSED else 'raw'


def _nodes(publishers: Sequence[TopicEndpointInfo]) -> str:
    names = sorted({f"{item.node_namespace.rstrip('/')}/{item.node_name}" for item in publishers
                    if 'UNKNOWN' not in item.node_name})  # that of a node just discovered
    return _listed(names) if names else 'the camera'


def _listed(names: Sequence[str]) -> str:
    return ', '.join(f"'{name}'" for name in names[:_NAMED_AT_MOST])
