# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The node as others see it: real processes, real topics, real faces."""
from __future__ import annotations

import array

from face_tracker_ros.ros.messages import images as convert
from face_tracker_ros.ros.messages.clouds import CONFIRMED_STATE, LOST_STATE, ROW
import numpy as np
import pytest
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from ros_client import Client, FACES, ids_of, NODE, NodeProcess
from sensor_msgs.msg import CompressedImage, Image, PointCloud2
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger
from vision_msgs.msg import LabelInfo

EMPTY = np.full((360, 640, 3), 90, np.uint8)


def test_faces_are_published_as_detections_with_the_header_of_their_image(
        client: Client, idle: NodeProcess, two_people: np.ndarray) -> None:
    sent = []
    client.wait(lambda: sum(len(message.detections) == 2 for message in client.arrays) > 3,
                'two tracks', lambda: sent.append(client.publish(two_people)))
    for message in client.arrays:
        assert message.header in sent
        assert all(detection.header == message.header for detection in message.detections)
        scores = [detection.results[0].hypothesis.score for detection in message.detections]
        assert scores == sorted(scores, reverse=True)
    last = client.arrays[-1].detections
    found = {}
    for detection in last:
        assert [result.hypothesis.class_id for result in detection.results] == ['face']
        assert 0.5 < detection.results[0].hypothesis.score <= 1
        assert 40 < detection.bbox.size_x < 200 and 40 < detection.bbox.size_y < 200
        center = detection.bbox.center.position
        for name, (x, y) in FACES.items():
            if abs(center.x - x) < 40 and abs(center.y - y) < 40:
                found[name] = detection.id
    assert set(found) == set(FACES) and len(set(found.values())) == 2, last


def test_frames_without_faces_are_published_too(client: Client, idle: NodeProcess) -> None:
    sent = []
    client.wait(lambda: len(client.arrays) >= 3, 'arrays',
                lambda: sent.append(client.publish(EMPTY)))
    for message in client.arrays:
        assert not message.detections and message.header in sent


@pytest.mark.parametrize('reliability', [QoSReliabilityPolicy.BEST_EFFORT,
                                         QoSReliabilityPolicy.RELIABLE])
def test_any_camera_connects(client: Client, idle: NodeProcess, two_people: np.ndarray,
                             reliability: QoSReliabilityPolicy) -> None:
    camera = client.publisher(reliability)
    try:
        client.tracks_of(two_people, 2, camera)
    finally:
        client.node.destroy_publisher(camera)


def test_bad_images_are_counted_and_the_node_goes_on(
        client: Client, idle: NodeProcess, two_people: np.ndarray) -> None:
    before = ids_of(client.tracks_of(two_people, 2))
    bad = [Image(header=client.header(), encoding='nonsense', height=4, width=4, step=4),
           Image(header=client.header(), encoding='bgr8'),
           convert.to_message(EMPTY, client.header())]
    bad[2].data = array.array('B', bytes(10))

    def publish(image: Image) -> None:
        image.header = client.header()
        client.images.publish(image)

    client.wait(lambda: 'frame skipped' in idle.output(), 'the first warning',
                lambda: publish(bad[2]))
    client.wait(lambda: client.report('bad_frames') >= 3, 'three bad frames',
                lambda: publish(bad[0] if len(bad) == 1 else bad.pop()))
    assert ids_of(client.tracks_of(two_people, 2)) == before
    skipped = [line for line in idle.output().splitlines() if 'frame skipped' in line]
    assert 1 <= len(skipped) <= 3, 'logged, but not every time'
    assert '10 bytes' in skipped[0]
    assert 'Traceback' not in idle.output()


def test_annotated_image_is_drawn_only_for_subscribers(
        client: Client, idle: NodeProcess, two_people: np.ndarray) -> None:
    client.tracks_of(two_people, 2)
    client.wait(lambda: client.report('tracks') == 2, 'a report')
    assert client.report('annotated') == 0
    images: list[Image | CompressedImage] = []
    topic = f'{NODE}/annotated_image'
    subscriptions = [
        client.node.create_subscription(Image, topic, images.append, 5),
        client.node.create_subscription(CompressedImage, f'{topic}/compressed',
                                        images.append, 5)]
    client.wait(lambda: {type(image) for image in images} == {Image, CompressedImage},
                'annotated images', lambda: client.publish(two_people))
    for subscription in subscriptions:
        client.node.destroy_subscription(subscription)
    for message in images:
        assert message.header in client.sent
        image = convert.to_image(message)
        changed = (np.abs(image.astype(int) - two_people) > 40).any(axis=2)
        assert changed[:, :320].any() and changed[:, 320:].any(), 'both faces are marked'
        assert changed.mean() < 0.2
    client.wait(lambda: client.report('annotated') > 0, 'a report')


def test_states_report_velocity_and_lost_tracks(client: Client, idle: NodeProcess,
                                                two_people: np.ndarray) -> None:
    clouds: list[PointCloud2] = []
    subscription = client.node.create_subscription(PointCloud2, f'{NODE}/track_states',
                                                   clouds.append, 10)

    def rows() -> np.ndarray:
        if not clouds:
            return np.zeros(0, ROW)
        assert [field.name for field in clouds[-1].fields] == list(ROW.names)
        return np.frombuffer(clouds[-1].data, ROW)

    shift = [0]

    def walk() -> None:  # 2 pixels to the right in each thirtieth of a second
        shift[0] = (shift[0] + 2) % 60
        client.publish(np.roll(two_people, shift[0], axis=1))
        client.settle()  # so that no image is left out

    # the whole image is shifted, which is how a turning camera looks
    assert client.set_parameters({'tracker.camera_motion': False}).successful
    client.tracks_of(two_people, 2)
    client.settle()
    client.wait(lambda: len(rows()) == 2 and (rows()['velocity_x'] > 20).all(), 'velocities', walk)
    client.wait(lambda: clouds[-1].header == client.sent[-1], 'the last states')
    seen = rows()
    message = next(each for each in client.arrays if each.header == clouds[-1].header)
    assert [str(number) for number in seen['id']] == [face.id for face in message.detections]
    assert (seen['state'] == CONFIRMED_STATE).all() and (seen['time_since_update'] == 0).all()
    box = message.detections[0].bbox
    assert np.allclose([*seen[0][['center_x', 'center_y', 'size_x', 'size_y']]],
                       [box.center.position.x, box.center.position.y, box.size_x, box.size_y])

    def leave() -> None:
        client.publish(EMPTY)
        client.settle()

    client.wait(lambda: len(rows()) == 2 and (rows()['state'] == LOST_STATE).all(), 'lost tracks',
                leave)
    assert set(rows()['id']) == set(seen['id']) and (rows()['time_since_update'] > 0).all()
    assert client.set_parameters({'tracker.camera_motion': True}).successful
    client.node.destroy_subscription(subscription)


def test_class_is_published_to_those_who_come_late(client: Client, idle: NodeProcess) -> None:
    labels: list[LabelInfo] = []
    subscription = client.node.create_subscription(
        LabelInfo, f'{NODE}/label_info', labels.append,
        QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL))
    client.wait(lambda: labels != [], 'the class')
    assert [entry.class_name for entry in labels[-1].class_map] == ['face']
    assert labels[-1].threshold == pytest.approx(0.66)
    assert client.set_parameters({'detection.score': 0.6}).successful
    client.wait(lambda: labels[-1].threshold == pytest.approx(0.6), 'the new threshold')
    assert client.set_parameters({'detection.score': 0.0}).successful  # as recommended
    client.node.destroy_subscription(subscription)


def test_image_that_cannot_be_drawn_is_no_bad_frame(client: Client,
                                                    idle: NodeProcess) -> None:
    client.wait(lambda: client.diagnostics != {}, 'a report')
    bad = client.report('bad_frames')
    subscription = client.node.create_subscription(
        CompressedImage, f'{NODE}/annotated_image/compressed', lambda message: None, 5)
    too_wide = np.zeros((8, 65600, 3), np.uint8)
    sent = []
    client.wait(lambda: "output 'annotated_image' failed" in idle.output(), 'the warning',
                lambda: sent.append(client.publish(too_wide)))
    client.node.destroy_subscription(subscription)
    client.wait(lambda: client.arrays != [], 'its tracks')
    assert client.arrays[0].header in sent
    client.forget()
    client.wait(lambda: client.diagnostics != {}, 'a report')
    assert client.report('bad_frames') == bad
    assert '65600x8 pixels does not fit into JPEG' in idle.output()


def test_reset_forgets_tracks_and_never_gives_an_id_twice(
        client: Client, idle: NodeProcess, two_people: np.ndarray) -> None:
    before = ids_of(client.tracks_of(two_people, 2))
    client.settle()
    assert client.call(Trigger, 'reset').success
    after = ids_of(client.tracks_of(two_people, 2))
    assert min(map(int, after)) > max(map(int, before))


def test_disabled_node_publishes_nothing_until_enabled(
        client: Client, idle: NodeProcess, two_people: np.ndarray) -> None:
    before = ids_of(client.tracks_of(two_people, 2))
    client.settle()
    assert client.call(SetBool, 'enable', SetBool.Request(data=False)).success
    client.arrays.clear()
    for _ in range(10):
        client.publish(two_people)
        client.spin(0.03)
    assert client.arrays == []
    assert client.images.get_subscription_count() == 0
    assert client.call(SetBool, 'enable', SetBool.Request(data=True)).success
    assert ids_of(client.tracks_of(two_people, 2)) == before


def test_images_without_stamps_and_looping_bags_are_reported_once(
        client: Client, idle: NodeProcess, two_people: np.ndarray) -> None:
    client.wait(lambda: any(len(message.detections) == 2 for message in client.arrays),
                'tracks of images without stamps',
                lambda: client.images.publish(convert.to_message(two_people, Header())))
    assert client.arrays[-1].header == Header()
    client.tracks_of(two_people, 2)
    client.stamp -= 1000
    client.arrays.clear()
    client.wait(lambda: any(len(message.detections) == 2 for message in client.arrays),
                'tracks after the jump', lambda: client.publish(two_people))
    assert idle.output().count('images carry no stamp') == 1
    assert idle.output().count('stamps jumped back') == 1


def test_images_with_impossible_stamps_are_survived(
        client: Client, idle: NodeProcess, two_people: np.ndarray) -> None:
    client.tracks_of(two_people, 2)
    header = Header()
    header.stamp.sec = -1
    client.images.publish(convert.to_message(two_people, header))
    client.tracks_of(two_people, 2)
    assert idle.process.poll() is None


def test_rotated_images_are_made_upright_live_and_boxes_lie_on_them(
        client: Client, idle: NodeProcess, two_people: np.ndarray) -> None:
    def centers() -> np.ndarray:
        tracks = client.tracks_of(image, 2)
        return np.array(sorted((detection.bbox.center.position.x, detection.bbox.center.position.y)
                               for detection in tracks.detections))
    image = two_people
    upright = centers()
    image = np.ascontiguousarray(np.rot90(two_people))  # counterclockwise
    assert client.set_parameters({'image_rotation': 90}).successful
    height = image.shape[0]
    expected = sorted((y, height - x) for x, y in upright)
    np.testing.assert_allclose(centers(), expected, atol=6)
    rejected = client.set_parameters({'image_rotation': 45})
    assert not rejected.successful and '0, 90, 180, 270' in rejected.reason
    assert client.set_parameters({'image_rotation': 0}).successful


def test_diagnostics_report_rates_latencies_and_models(
        client: Client, idle: NodeProcess, two_people: np.ndarray) -> None:
    client.tracks_of(two_people, 2)
    client.wait(lambda: client.report('tracks') == 2, 'a report with both tracks',
                lambda: client.publish(two_people))
    values = client.diagnostics[f'{NODE[1:]}: tracking']
    assert values['detector'] == 'face-detector'
    assert values['encoder'] == 'mobilenetv3-large-face'
    assert [values[name] for name in ('detection_score', 'detection_low_score',
                                      'max_cosine_distance', 'reid_max_distance')] == [
        '0.660', '0.480', '0.700', '0.700'], 'what the models recommend'
    assert int(values['ids']) >= 2
    assert int(values['received']) >= int(values['processed']) > 0
    assert int(values['embeddings']) >= 2
    assert 0 < float(values['fps']) < 40
    for stage in ('convert', 'detect', 'embed', 'track', 'publish'):
        assert 0 < float(values[f'{stage}_p50_ms']) <= float(values[f'{stage}_p95_ms']) < 5000
