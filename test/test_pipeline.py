# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""FaceTracker on real images: the Python interface's promises."""
import cv2
from face_tracker_ros import Config, ConfigError, FaceTracker, FrameError, ModelError
from face_tracker_ros.models.registry import load_spec
from face_tracker_ros.pipeline import Effort
import numpy as np
import pytest

RIGHT = np.float32([1, 0, 1, 0])
EMPTY = np.full((480, 640, 3), 90, np.uint8)


@pytest.fixture(scope='module')
def show(grace, eileen):
    """Return a function that puts both portraits at positions on a grey 640x480 image."""
    def paste(*positions):
        frame = EMPTY.copy()
        for portrait, (x, y) in zip((grace, eileen), positions):
            small = cv2.resize(portrait, (200, 200), interpolation=cv2.INTER_AREA)
            frame[y:y + 200, x:x + 200] = small
        return frame
    return paste


@pytest.fixture
def tracker():
    return FaceTracker.from_config({'detection.width': 480})


def test_two_people_get_two_ids_and_keep_them(tracker, show):
    frames = [(step / 30, show((20 + 4 * step, 20), (400 - 4 * step, 240))) for step in range(20)]
    results = list(tracker.run(frames))
    assert [len(result.tracks) for result in results[:3]] == [0, 0, 2]
    for result in results[2:]:
        assert sorted(track.id for track in result.tracks) == [1, 2]
        assert (result.detections.scores >= load_spec('face-detector').score).sum() == 2
        for track in result.tracks:
            assert track.state == 'confirmed' and 0.5 <= track.score <= 1
            np.testing.assert_allclose(track.box, result.detections.boxes[track.detection],
                                       atol=12)
    # Relative to each other: with a grey background, either photo may be taken for the camera.
    speeds = [track.velocity[0] for track in results[-1].tracks]
    assert abs(speeds[0] - speeds[1]) == pytest.approx(240, rel=0.1)


def test_who_leaves_and_comes_back_elsewhere_has_the_former_id(tracker, show):
    first = {}
    for step in range(10):
        result = tracker.process(show((20, 20), (400, 240)), step / 30)
    for track in result.tracks:
        first['left' if track.box[0] < 320 else 'right'] = track.id
    for step in range(10, 100):
        result = tracker.process(EMPTY, step / 30)
        assert not result.tracks and len(result.detections) == 0
    assert not result.lost
    for step in range(100, 110):
        result = tracker.process(show((420, 260), (30, 10)), step / 30)
    for track in result.tracks:  # they have changed sides
        assert track.id == first['right' if track.box[0] < 320 else 'left']
    assert len(result.tracks) == 2


def test_embeddings_are_skipped_for_a_lone_face_and_never_with_policy_always(show):
    counts = {}
    for policy in ('auto', 'always'):
        tracker = FaceTracker.from_config({'embedding.policy': policy, 'detection.width': 480})
        counts[policy] = sum(tracker.process(show((20, 20)), step / 30).embedded
                             for step in range(40))
    assert counts['always'] == 40
    assert 3 <= counts['auto'] <= 10


def test_timings_name_every_stage_and_add_up(tracker, show):
    timings = tracker.process(show((20, 20)), 0.0).timings
    assert set(timings) == {'follow', 'detect', 'camera', 'embed', 'track', 'total'}
    parts = sum(seconds for stage, seconds in timings.items() if stage != 'total')
    assert timings['total'] == pytest.approx(parts, rel=1e-6)


def test_bad_frames_are_rejected_and_change_nothing(tracker, show):
    for step in range(5):
        before = tracker.process(show((20, 20)), step / 30)
    for bad, message in ((None, 'NoneType'), (np.zeros((4, 4, 3)), 'float64'),
                         (np.zeros((4, 4), np.uint8), r'\(4, 4\)'),
                         (np.zeros((0, 4, 3), np.uint8), r'\(0, 4, 3\)'),
                         (np.zeros((4, 4, 4), np.uint8), r'\(4, 4, 4\)')):
        with pytest.raises(FrameError, match=message):
            tracker.process(bad, 1.0)
    for stamp in (float('nan'), float('inf')):
        with pytest.raises(FrameError, match='stamp'):
            tracker.process(EMPTY, stamp)
    after = tracker.process(show((20, 20)), 5 / 30)
    assert [track.id for track in after.tracks] == [track.id for track in before.tracks] == [1]


def test_reset_forgets_and_does_not_recycle_ids(tracker, show):
    for step in range(5):
        tracker.process(show((20, 20)), step / 30)
    tracker.reset()
    for step in range(5, 10):
        result = tracker.process(show((20, 20)), step / 30)
    assert [track.id for track in result.tracks] == [2]


def test_live_parameters_change_while_tracks_live_on(tracker, show):
    for step in range(5):
        tracker.process(show((20, 20)), step / 30)
    tracker.reconfigure(tracker.config.updated({'embedding.policy': 'always'}))
    result = tracker.process(show((20, 20)), 5 / 30)
    assert result.embedded == 1 and [track.id for track in result.tracks] == [1]
    with pytest.raises(ConfigError, match="'detection.width': 320 cannot be taken while running"):
        tracker.reconfigure(tracker.config.updated({'detection.width': 320}))
    assert tracker.config.detection.width == 480


def test_other_models_are_taken_between_two_frames_and_bad_ones_are_not(tracker, show, shared,
                                                                        monkeypatch):
    for step in range(5):
        result = tracker.process(show((20, 20)), step / 30)
    with pytest.raises(ModelError, match='yunet'):
        tracker.reconfigure(tracker.config.updated({'detector': 'yunet'}))
    assert tracker.models.names['detector'] == 'face-detector'
    assert tracker.config.detector == 'auto'
    notice, = (line for line in tracker.models.notices if 'research use only' in line)
    assert 'mobilenetv3-large-face' in notice and 'face-detector' not in notice
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
    tracker.reconfigure(tracker.config.updated(
        {'detector': 'yunet', 'encoder': 'face-reidentification-retail-0095'}))
    assert tracker.models.names == {'detector': 'yunet',
                                    'encoder': 'face-reidentification-retail-0095'}
    assert tracker.models.notices == []
    result = tracker.process(show((20, 20)), 5 / 30)
    assert result.embedded == 1, 'the new encoder has not seen the face yet'
    assert [track.id for track in result.tracks] == [1]


def test_another_encoder_recognises_nobody_it_has_not_seen_itself(tracker, show, shared,
                                                                  monkeypatch):
    for step in range(10):
        tracker.process(show((20, 20)), step / 30)
    for step in range(10, 60):
        tracker.process(show(), step / 30)
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
    tracker.reconfigure(tracker.config.updated({'encoder': 'face-reidentification-retail-0095'}))
    for step in range(60, 65):
        result = tracker.process(show((20, 20)), step / 30)
    assert [track.id for track in result.tracks] == [2]


def test_small_faces_are_skipped_on_demand(show):
    tracker = FaceTracker.from_config({'detection.min_size': 150.0, 'detection.width': 480})
    assert len(tracker.process(show((20, 20)), 0.0).detections) == 0


def test_configuration_from_yaml_is_the_same_as_from_a_mapping(tmp_path):
    path = tmp_path / 'mine.yaml'
    path.write_text('/**:\n  ros__parameters:\n    autostart: false\n'
                    '    tracker:\n      n_init: 5\n    detection.width: 320\n')
    assert Config.load(path) == Config.load({'tracker.n_init': 5, 'detection.width': 320})


def test_a_late_frame_is_rejected_and_a_jump_back_starts_anew(tracker, show):
    for step in range(5):
        tracker.process(show((20, 20)), 100 + step / 30)
    with pytest.raises(FrameError, match='0.100 s before that of the last frame'):
        tracker.process(show((20, 20)), 100 + 1 / 30)
    result = tracker.process(show((20, 20)), 100 + 5 / 30)
    assert [track.id for track in result.tracks] == [1]
    for step in range(5):
        result = tracker.process(show((20, 20)), 50 + step / 30)
    assert [track.id for track in result.tracks] == [2]


def test_between_searched_frames_faces_are_followed(show):
    tracker = FaceTracker.from_config({'detection.interval': 3, 'detection.width': 480,
                                       'tracker.camera_motion': False, 'detection.max_pause': 0.0})
    for step in range(20):
        result = tracker.process(show((20 + 6 * step, 20)), step / 30)
        assert result.searched is (step <= 2 or step % 3 == 2)  # all while the face is new
        assert [track.id for track in result.tracks] == ([1] if step >= 2 else [])
        face, = result.detections.boxes
        if step == 8:
            first, landmarks = face - 6 * step * RIGHT, result.detections.landmarks[0]
        if step > 8:
            track, = result.tracks
            assert (track.state, track.detection, track.time_since_update) == ('confirmed', 0, 0)
            np.testing.assert_allclose(face - 6 * step * RIGHT, first, atol=5)
            np.testing.assert_allclose(result.detections.landmarks[0] - (6 * (step - 8), 0),
                                       landmarks, atol=5)
    assert result.tracks[0].velocity[0] == pytest.approx(180, rel=0.3)


def test_where_faces_cannot_be_followed_tracks_are_predicted(show):
    """In mode deepsort, which is the published algorithm."""
    tracker = FaceTracker.from_config({'detection.interval': 3, 'detection.width': 480,
                                       'tracker.mode': 'deepsort'})
    for step in range(20):
        result = tracker.process(show((20 + 6 * step, 20)), step / 30)
        carried = (step - 2) % 3 if step > 2 else 0
        assert len(result.detections) == (not carried) and result.searched is not bool(carried)
        if step > 8:
            track, = result.tracks
            assert track.state == ('lost' if carried else 'confirmed')
            assert track.box[[0, 2]].mean() == pytest.approx(20 + 6 * step + 100, abs=25)
            assert track.time_since_update == pytest.approx(carried / 30)


@pytest.mark.parametrize('rate, left_out', [(30, 2), (60, 5), (12, 1), (8, 0)])
def test_the_detector_rests_by_time_while_nothing_happens(show, rate, left_out):
    tracker = FaceTracker.from_config({'detection.width': 480})
    runs = [step for step in range(2 * rate) if tracker.process(
        show((20 + step // 4, 20)), step / rate).searched]
    assert {*np.diff(runs[len(runs) // 2:])} == {left_out + 1}


@pytest.mark.parametrize('config', [{'detection.max_pause': 0.0}, {'embedding.policy': 'always'},
                                    {'tracker.mode': 'deepsort'}])
def test_the_detector_never_rests_when_that_is_asked_for(show, config):
    tracker = FaceTracker.from_config({**config, 'detection.width': 480})
    assert all(tracker.process(show((20, 20)), step / 30).searched for step in range(20))


def test_an_empty_view_is_searched_as_seldom_and_a_newcomer_is_found_in_time(show):
    tracker = FaceTracker.from_config({'detection.width': 480})
    runs = [step for step in range(20) if tracker.process(EMPTY, step / 30).searched]
    assert runs == [0, 3, 6, 9, 12, 15, 18]
    assert tracker.process(EMPTY, 21 / 30).searched
    results = [tracker.process(show((20, 20)), step / 30) for step in range(22, 27)]
    assert [result.searched for result in results] == [False] * 2 + [True] * 3
    assert [len(result.tracks) for result in results] == [0] * 4 + [1]


def test_a_face_that_cannot_be_followed_is_searched_in_the_same_frame(show):
    tracker = FaceTracker.from_config({'detection.width': 480})
    step = 0
    while tracker.process(show((20, 20)), step / 30).searched or step < 10:
        step += 1
    gone = tracker.process(EMPTY, (step + 1) / 30)
    assert gone.searched and not len(gone.detections)
    assert all(tracker.process(EMPTY, (step + n) / 30).searched for n in range(2, 6)), (
        'a face missed just now may be back at any moment')


def test_a_stream_that_begins_anew_is_searched_at_once(show):
    tracker = FaceTracker.from_config({'detection.interval': 5, 'detection.width': 480})
    for step in range(5):
        result = tracker.process(show((20, 20)), 10 + step / 30)
    assert len(result.tracks) == 1 and not result.searched
    assert tracker.process(show((20, 20)), 1.0).searched
    tracker.process(EMPTY, 1.03)  # the new track ends
    assert not tracker.process(show((20, 20)), 1.06).searched
    tracker.reset()
    assert tracker.process(show((20, 20)), 1.1).searched


def test_the_interval_of_detection_can_change_while_running(show):
    tracker = FaceTracker.from_config({'detection.width': 480, 'detection.max_pause': 0.0})
    assert all(tracker.process(show((20, 20)), step / 30).searched for step in range(4))
    tracker.reconfigure(tracker.config.updated({'detection.interval': 2}))
    runs = [tracker.process(show((20, 20)), step / 30).searched for step in range(4, 8)]
    assert runs == [True, False, True, False]


def test_models_that_stay_are_shared_and_bad_ones_are_found_without_loading(tracker, shared,
                                                                            monkeypatch):
    models = tracker.models
    with pytest.raises(ModelError, match='yunet'):
        models.check(tracker.config.updated({'detector': 'yunet'}), tracker.config)
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
    wanted = tracker.config.updated({'detector': 'yunet'})
    models.check(wanted, tracker.config)
    other = models.updated(wanted)
    assert other.names == {**models.names, 'detector': 'yunet'}
    assert other.encoder is models.encoder and other.detector is not models.detector


def test_with_less_effort_the_faces_unseen_longest_are_embedded_and_detection_is_rarer(show):
    tracker = FaceTracker.from_config({'embedding.policy': 'always', 'detection.width': 480})
    two = show((20, 20), (400, 240))
    for step in range(5):
        assert tracker.process(two, step / 30).embedded == 2
    ages = []
    for step in range(5, 9):
        result = tracker.process(two, step / 30, Effort(embeddings=1))
        assert result.embedded == 1 and len(result.detections) == 2
        ages.append(sorted(track.embedding_age for track in result.tracks))
    assert ages[1:] == [pytest.approx([0, 1 / 30], abs=1e-6)] * 3, 'the faces take turns'
    for step in range(9, 13):
        result = tracker.process(two, step / 30, Effort(embeddings=0, interval=2))
        assert result.searched is (step % 2 == 0) and result.embedded == 0
        assert sorted(track.id for track in result.tracks) == [1, 2]
    assert tracker.process(two, 13 / 30).embedded == 2
