# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Messages of a face tracker and a camera, and bags of them, made without ROS."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import cv2
from face_tracker_ros.bags import definitions
from mcap.writer import CompressionType, Writer as McapWriter
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

IMAGES, TRACKS, NODE = '/camera/image_raw', '/face_tracker/tracks', '/face_tracker'
START = 1_700_000_000.0  # seconds
STORE = get_typestore(Stores.ROS2_HUMBLE)
for _name, _text in definitions._VISION.items():
    STORE.register(get_types_from_msg(_text, _name))
Stored = tuple[str, float, Any]  # topic, time of recording in seconds, message


def make(kind: str, **values: Any) -> Any:
    return STORE.types[kind](**values)


def header(stamp: float, frame: str = 'camera') -> Any:
    nanoseconds = round(stamp * 1e9)
    return make('std_msgs/msg/Header', frame_id=frame, stamp=make(
        'builtin_interfaces/msg/Time', sec=nanoseconds // 10 ** 9,
        nanosec=nanoseconds % 10 ** 9))


def raw(stamp: float, image: np.ndarray, encoding: str = 'bgr8') -> Any:
    return make(definitions.IMAGE, header=header(stamp), height=image.shape[0],
                width=image.shape[1], encoding=encoding, is_bigendian=0,
                step=image[0].nbytes, data=image.reshape(-1))


def compressed(stamp: float, image: np.ndarray, frame: str = 'camera') -> Any:
    return make(definitions.COMPRESSED, header=header(stamp, frame), format='jpeg',
                data=cv2.imencode('.jpg', image)[1].reshape(-1))


def tracks(stamp: float, boxes: Mapping[str, tuple[float, float, float, float]]) -> Any:
    """Return boxes (left, top, width, height) by id as ~/tracks has them."""
    def pose() -> Any:
        return make('geometry_msgs/msg/PoseWithCovariance', covariance=np.zeros(36), pose=make(
            'geometry_msgs/msg/Pose', position=make('geometry_msgs/msg/Point', x=0, y=0, z=0),
            orientation=make('geometry_msgs/msg/Quaternion', x=0, y=0, z=0, w=1)))
    return make(definitions.TRACKS, header=header(stamp), detections=[make(
        'vision_msgs/msg/Detection2D', header=header(stamp), id=track,
        bbox=make('vision_msgs/msg/BoundingBox2D', size_x=width, size_y=height, center=make(
            'vision_msgs/msg/Pose2D', theta=0.0, position=make(
                'vision_msgs/msg/Point2D', x=left + width / 2, y=top + height / 2))),
        results=[make('vision_msgs/msg/ObjectHypothesisWithPose', pose=pose(), hypothesis=make(
            'vision_msgs/msg/ObjectHypothesis', class_id='face', score=0.9))])
        for track, (left, top, width, height) in boxes.items()])


def diagnostics(stamp: float, statuses: Iterable[tuple[str, str, str, Mapping[str, str]]]) -> Any:
    """Return statuses (name, message, hardware_id, values)."""
    return make(definitions.DIAGNOSTICS, header=header(stamp), status=[
        make('diagnostic_msgs/msg/DiagnosticStatus', level=0, name=name, message=message,
             hardware_id=hardware, values=[
                 make('diagnostic_msgs/msg/KeyValue', key=key, value=value)
                 for key, value in values.items()])
        for name, message, hardware, values in statuses])


def id_changes(stamp: float, *changes: tuple[int, int]) -> Any:
    rows = np.array(changes, '<u4')
    return make(definitions.TABLE, header=header(stamp), height=1, width=len(rows), fields=[],
                is_bigendian=False, point_step=8, row_step=rows.nbytes, is_dense=True,
                data=rows.view(np.uint8).reshape(-1))


def write(path: Path, messages: Iterable[Stored], plugin: StoragePlugin = StoragePlugin.MCAP,
          compression: CompressionMode = CompressionMode.NONE) -> Path:
    """Write a bag and return the one file in it that holds the messages."""
    writer = Writer(path, version=9, storage_plugin=plugin)
    writer.set_compression(compression, CompressionFormat.ZSTD)
    with writer:
        topics: dict[str, Any] = {}
        for topic, time, message in messages:
            kind = message.__msgtype__
            if topic not in topics:
                topics[topic] = writer.add_connection(topic, kind, typestore=STORE)
            writer.write(topics[topic], round(time * 1e9), STORE.serialize_cdr(message, kind))
    (file,) = (each for each in path.iterdir() if each.name != 'metadata.yaml')
    return file


def write_chunks(file: Path, messages: Iterable[Stored],
                 compression: CompressionType = CompressionType.NONE, store: Any = STORE) -> Path:
    """Write an MCAP file in chunks with checksums, as rosbag2 does."""
    with file.open('wb') as stream:
        writer = McapWriter(stream, chunk_size=1 << 20, compression=compression)
        writer.start(profile='ros2', library='test')
        topics: dict[str, int] = {}
        for topic, time, message in messages:
            kind = message.__msgtype__
            if topic not in topics:
                text = store.generate_msgdef(kind, ros_version=2)[0].encode()
                topics[topic] = writer.register_channel(
                    topic, 'cdr', writer.register_schema(kind, 'ros2msg', text))
            moment = round(time * 1e9)
            writer.add_message(topics[topic], moment, bytes(store.serialize_cdr(message, kind)),
                               moment)
        writer.finish()
    return file
