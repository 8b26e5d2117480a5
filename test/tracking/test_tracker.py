# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the tracker promises about people who come, cross, hide, leave and return."""
from collections import Counter

from face_tracker_ros.config import Config
from face_tracker_ros.tracking import Tracker
from face_tracker_ros.types import Detections
import numpy as np
import pytest
from scenes import face, Follower, frame, NO_EMBEDDINGS, NOBODY

BOTH = pytest.mark.parametrize('mode', ['robust', 'deepsort'])


def follower(mode='robust', rate=30.0, **tracker):
    return Follower(Config.load({'tracker': {'mode': mode, **tracker}}), rate)


@BOTH
def test_new_face_is_published_after_n_init_frames(mode):
    world = follower(mode, n_init=3)
    assert world.see((0, 100, 100), frames=2) == {}
    assert list(world.see((0, 100, 100))) == [1]


@BOTH
def test_a_flicker_is_never_published(mode):
    world = follower(mode)
    for _ in range(5):
        assert world.see((0, 100, 100), frames=2) == {}
        assert world.see() == {}


@BOTH
def test_empty_frames_age_tracks_until_they_are_given_up(mode):
    world = follower(mode, max_age=0.5)
    world.see((0, 100, 100), frames=5)
    world.see(frames=15)
    assert [track.id for track in world.lost] == [1]
    assert world.lost[0].time_since_update == pytest.approx(0.5)
    assert world.lost[0].state == 'lost' and world.lost[0].detection == -1
    world.see()
    assert not world.lost


@BOTH
def test_hidden_face_keeps_its_id(mode):
    world = follower(mode)
    world.see((0, 100, 100), (1, 400, 100), frames=5)
    world.see((1, 400, 100), frames=20)
    assert set(world.see((0, 100, 100), (1, 400, 100))) == {1, 2}


@BOTH
def test_crossing_faces_keep_their_ids(mode):
    world = follower(mode)
    for step in range(61):
        x = 100 + 10 * step
        seen = world.see((0, x, 200), (1, 800 - x, 204))
    left, right = sorted(seen.values(), key=lambda track: track.box[0])
    # person 0 was first in the list of the first frame, so has id 1, and is now on the right
    assert (left.id, right.id) == (2, 1)


def test_returning_face_gets_its_id_back():
    world = follower()
    world.see((0, 100, 100), (1, 400, 100), frames=10)
    world.see((1, 400, 100), frames=90)
    assert not world.lost
    assert set(world.see((0, 700, 500), (1, 400, 100), frames=3)) == {1, 2}


def test_an_id_that_is_replaced_by_the_former_one_is_reported_once():
    world = follower()
    world.see((0, 100, 100), frames=10)
    world.see(frames=90)
    tracker, (detections, embeddings) = world.tracker, frame((0, 700, 500))
    for number in range(5):
        tracks, _ = tracker.update(detections, None, world.stamp + number / 30)
        assert tracker.id_changes == ()
    assert tracks.ids.tolist() == [2]
    tracks, _ = tracker.update(detections, embeddings, world.stamp + 5 / 30)
    assert tracks.ids.tolist() == [1] and tracker.id_changes == ((2, 1),)
    tracker.update(detections, embeddings, world.stamp + 6 / 30)
    assert tracker.id_changes == ()


def test_face_that_jumps_while_still_lost_gets_its_id_back():
    world = follower()
    world.see((0, 100, 100), frames=10)
    world.see(frames=10)
    assert set(world.see((0, 900, 600), frames=3)) == {1}
    assert not world.lost


def test_stranger_gets_a_new_id_and_not_that_of_somebody_who_left():
    world = follower()
    world.see((0, 100, 100), frames=10)
    world.see(frames=60)
    assert set(world.see((5, 100, 100), frames=10)) == {2}


def test_nobody_is_recognised_after_the_window_or_without_one():
    for window, gap, expected in ((3.0, 120, 2), (3.0, 60, 1), (0.0, 60, 2)):
        world = follower(reid_window=window)
        world.see((0, 100, 100), frames=10)
        world.see(frames=gap)
        assert set(world.see((0, 500, 300), frames=5)) == {expected}


def test_somebody_in_view_is_never_recognised_as_having_come_back():
    world = follower()
    world.see((0, 100, 100), frames=10)
    # the same face a second time, elsewhere, while the first stays: a image, a twin
    assert set(world.see((0, 100, 100), (0, 600, 300), frames=10)) == {1, 2}


def test_doubtful_return_gets_a_new_id():
    """Halfway between two people who left: near enough to both, clearly neither."""
    world = follower()
    world.see((0, 100, 100), (1, 400, 100), frames=10)
    world.see(frames=60)
    between = face(0) + face(1)
    between /= np.linalg.norm(between)
    detections, _ = frame((0, 300, 300))
    for _ in range(10):
        tracks, _ = world.tracker.update(detections, between[None], world.stamp)
        world.stamp += world.step
    assert [track.id for track in tracks] == [3]


def test_published_mode_does_not_recognise_returns():
    world = follower('deepsort')
    world.see((0, 100, 100), frames=10)
    world.see(frames=60)
    assert set(world.see((0, 100, 100), frames=10)) == {2}


def test_published_mode_counts_frames_whatever_the_stamps():
    for rate in (30.0, 2.0):
        world = follower('deepsort', rate=rate, max_age=1.0)
        world.see((0, 100, 100), frames=5)
        world.see(frames=30)
        assert [track.id for track in world.lost] == [1]
        world.see()
        assert not world.lost


def test_robust_mode_counts_seconds_whatever_the_rate():
    for rate in (10.0, 60.0):
        world = follower(rate=rate, max_age=1.0)
        world.see((0, 100, 100), frames=5)
        world.see(frames=int(rate))
        assert [track.id for track in world.lost] == [1]
        world.see()
        assert not world.lost


def test_low_score_face_prolongs_a_track_but_starts_none():
    world = follower()
    world.see((0, 100, 100), frames=5)
    assert set(world.see((0, 100, 100), (1, 500, 300), frames=30, score=0.4)) == {1}
    alone = follower(low_score_pass=False)
    alone.see((0, 100, 100), frames=5)
    assert alone.see((0, 100, 100), score=0.4) == {}


@pytest.mark.parametrize('mode, weighted, differs', [
    ('robust', True, True), ('robust', False, False), ('deepsort', True, False)])
def test_scores_weigh_measurements_where_that_is_asked_for_only(mode, weighted, differs):
    boxes = []
    for score in (0.75, 0.99):
        world = follower(mode, score_weighted_noise=weighted)
        for step in range(12):
            shown = world.see((0, 100 + 5 * (-1) ** step, 100), score=score)
        boxes.append(shown[1].box)
    assert np.allclose(*boxes, atol=1e-4) is not differs


def test_low_score_face_is_not_recognised_by_its_appearance():
    world = follower()
    world.see((0, 100, 100), frames=10)
    world.see(frames=20)
    assert world.see((0, 100, 100), score=0.4) == {}
    assert set(world.see((0, 100, 100))) == {1}


@BOTH
def test_without_embeddings_position_alone_tracks(mode):
    tracker = Tracker(Config.load({'tracker': {'mode': mode}}))
    for step in range(30):
        detections, _ = frame((0, 100 + 3 * step, 100), (1, 500 - 3 * step, 300))
        tracks, _ = tracker.update(detections, None, step / 30)
    assert sorted(track.id for track in tracks) == [1, 2]


@BOTH
def test_unusable_boxes_never_put_embeddings_out_of_step(mode):
    world = follower(mode)
    world.see((0, 100, 100), (1, 400, 100), frames=10)
    bad = np.array([[np.nan] * 4, [5, 5, 5, 9], [9, 9, 5, 5], [0, 0, np.inf, 9],
                    [-1e30, -1e30, 1e30, 1e30]], np.float32)
    good, embeddings = frame((0, 104, 100), (1, 404, 100))
    mixed = Detections(np.vstack((bad[:3], good.boxes[:1], bad[3:], good.boxes[1:])),
                       np.full(7, 0.9))
    vectors = np.vstack([[face(1)] * 3, embeddings[:1], [face(0)] * 2, embeddings[1:]])
    tracks, _ = world.tracker.update(mixed, vectors.astype(np.float32), world.stamp)
    assert {track.id: track.detection for track in tracks} == {1: 3, 2: 6}


def test_embeddings_out_of_step_are_rejected():
    detections, embeddings = frame((0, 100, 100), (1, 400, 100))
    with pytest.raises(ValueError, match='1 embeddings for 2 detections'):
        Tracker(Config()).update(detections, embeddings[:1], 0.0)
    with pytest.raises(ValueError, match='finite seconds'):
        Tracker(Config()).update(NOBODY, NO_EMBEDDINGS, float('nan'))


@BOTH
def test_backward_stamp_starts_over_and_ids_go_on(mode):
    world = follower(mode)
    world.see((0, 100, 100), frames=5)
    world.stamp = 10.0
    assert world.see((0, 100, 100)) == {} and not world.lost
    assert set(world.see((0, 100, 100), frames=4)) == {2}


def test_reset_forgets_everybody_and_ids_go_on():
    world = follower()
    world.see((0, 100, 100), frames=5)
    world.tracker.reset()
    assert set(world.see((0, 100, 100), frames=5)) == {2}


def test_tracks_are_sorted_by_score_and_velocity_is_per_second():
    world = follower(rate=10.0)
    for step in range(20):
        detections, embeddings = frame((0, 100 + 6 * step, 100), (1, 500, 300))
        scored = Detections(detections.boxes, np.array([0.6, 0.8]))
        tracks, _ = world.tracker.update(scored, embeddings, world.stamp)
        world.stamp += world.step
    assert [track.id for track in tracks] == [2, 1]
    assert tracks[1].velocity[0] == pytest.approx(60, rel=0.1)
    assert tracks[1].age == pytest.approx(1.9)


def test_a_lone_face_is_embedded_when_its_embedding_is_old_only():
    config = Config.load({'embedding.refresh': 0.5})
    tracker, embedded = Tracker(config), []
    for step in range(90):
        detections, embeddings = frame((0, 100 + step, 100))
        match = tracker.begin(detections, step / 30)
        wanted = match.needs_embedding
        if wanted.any():
            embedded.append(step)
        tracker.finish(match, np.where(wanted[:, None], embeddings, np.nan))
    assert embedded[:3] == [0, 1, 2]
    late = [step for step in embedded if step > 10]
    assert 2 <= len(late) <= 8


def embedded_near(position, frames=60):
    """Return how often each of 3 faces was embedded in the last 30 frames, and why any was."""
    tracker, counts, reasons = Tracker(Config()), np.zeros(3, int), Counter()
    for step in range(frames):
        detections, embeddings = frame((0, 100, 100), (1, position, 100), (2, 500, 100))
        match = tracker.begin(detections, step / 30)
        wanted = match.needs_embedding
        assert sum(match.reasons.values()) == wanted.sum()
        if step >= frames - 30:
            counts += wanted
            reasons.update(match.reasons)
        tracker.finish(match, np.where(wanted[:, None], embeddings, np.nan))
    return counts.tolist(), reasons


def test_faces_that_overlap_are_embedded_in_every_other_frame_at_30_hz():
    (first, second, alone), reasons = embedded_near(126, frames=120)
    assert first == second and 14 <= first <= 16 and alone <= 3
    assert reasons == {'touching': 2 * first, 'old': alone}


def test_faces_near_each_other_are_embedded_six_times_a_second():
    (first, second, alone), reasons = embedded_near(170)
    assert 5 <= first <= 7 and 5 <= second <= 7 and alone <= 3
    assert reasons == {'near': first + second, 'old': alone}


def test_faces_among_others_are_embedded_no_more_often_than_refresh_asks_for():
    tracker, counts = Tracker(Config.load({'embedding.refresh': 0.0})), Counter()
    for step in range(40):
        detections, embeddings = frame((0, 100, 100), (1, 126, 100), (2, 500, 100))
        match = tracker.begin(detections, step / 30)
        counts.update(match.reasons)
        tracker.finish(match, embeddings)
    assert sum(counts.values()) == 120, 'every face of every frame'


def test_each_embedding_has_its_reason():
    tracker, seen = Tracker(Config()), []

    def see(*faces, stamp):
        detections, embeddings = frame(*faces)
        match = tracker.begin(detections, stamp)
        tracker.finish(match, np.where(match.needs_embedding[:, None], embeddings, np.nan))
        seen.append(dict(match.reasons))
    see((0, 100, 100), stamp=0.0)
    see((0, 100, 100), stamp=0.04)
    assert seen == [{'new': 1}, {'unconfirmed': 1}]
    for step in range(2, 40):
        see((0, 100, 100), stamp=step / 25)
    see((0, 100, 100), stamp=40 / 25 + 0.3)
    assert seen[-1] == {'returned': 1}, 'after a pause of the stream'
    for step in range(1, 32):
        see((3, 100, 100), stamp=1.9 + step / 25)
    assert [reasons for reasons in seen[41:] if reasons][:2] == [{'old': 1}, {'doubtful': 1}], \
        'somebody else stands there'
    see(stamp=3.2)
    assert seen[-1] == {}


def test_a_face_that_may_be_somebody_who_left_is_embedded_ten_times_a_second():
    tracker, reasons = Tracker(Config()), Counter()
    for step in range(150):
        who = 0 if step < 30 else 1
        detections, embeddings = frame(*([] if 30 <= step < 75 else [(who, 100, 100)]))
        match = tracker.begin(detections, step / 30)
        reasons.update(match.reasons)
        tracker.finish(match, np.where(match.needs_embedding[:, None], embeddings, np.nan)
                       if len(embeddings) else embeddings)
    assert 6 <= reasons['undecided'] <= 12, 'for a second'


def flickering(world, frames):
    """Show a walking face, soon missed in every third frame; return where it stands."""
    for step in range(frames):
        world.see(*([] if step > 5 and step % 3 == 2 else [(0, 100 + 6 * step, 100)]))
    return 100 + 6 * (frames - 1)


def test_a_face_that_flickers_is_shown_where_it_is_expected_while_it_is_missed():
    world = follower()
    x = flickering(world, 29)  # the last two frames were found
    shown = world.see()
    assert shown[1].state == 'lost' and shown[1].detection == -1
    assert shown[1].box[[0, 2]].mean() == pytest.approx(x + 6, abs=3)
    assert world.see(frames=8) == {} and [track.id for track in world.lost] == [1]


def test_a_face_that_never_flickered_is_gone_when_it_is_missed():
    world = follower()
    world.see((0, 100, 100), frames=30)
    assert world.see() == {} and [track.id for track in world.lost] == [1]


def test_a_face_that_fades_before_it_is_missed_is_gone():
    world = follower()
    flickering(world, 27)
    world.see((0, 262, 100), score=0.6)
    assert world.see() == {}


def test_no_missed_face_is_shown_without_coasting():
    world = follower(coast=0.0)
    flickering(world, 29)
    assert world.see() == {}


def test_new_face_of_a_flickering_detector_needs_no_unbroken_row():
    world = follower()
    flickering(world, 30)
    for seen in (True, True, False, True):
        shown = world.see(*([(5, 500, 300)] if seen else []))
    assert 2 in shown


def test_no_missed_face_is_shown_in_the_place_of_another():
    world = follower(max_iou_distance=0.3)  # so that the other face is not joined to it
    x = flickering(world, 29)
    shown = world.see((3, x + 34, 102), frames=2)
    assert 1 not in shown


@pytest.mark.parametrize('suppress, expected', [(True, 1), (False, 2)])
def test_second_box_of_a_face_begins_no_track(suppress, expected):
    world = follower(suppress_duplicates=suppress)
    # the second box lies 40 pixels next to the first, IoU 0.33
    assert len(world.see((0, 200, 200), (1, 232, 200), frames=1)) == 0
    world = follower(suppress_duplicates=suppress)
    world.see((0, 200, 200), frames=5)
    assert len(world.see((0, 200, 200), (1, 232, 200), frames=5)) == expected


def test_a_moving_camera_moves_the_tracks():
    moved = np.array([[1.0, 0, 150], [0, 1, -80]])
    for camera, expected in ((moved, [1]), (None, [2])):
        tracker = Tracker(Config.load({'tracker.reid_window': 0.0}))
        for step in range(10):
            tracker.update(*frame((0, 300, 300)), step / 30)
        for step in range(10, 13):
            detections, _ = frame((0, 450, 220))
            match = tracker.begin(detections, step / 30, camera if step == 10 else None)
            tracks, _ = tracker.finish(match)
        assert [track.id for track in tracks] == expected


def test_poor_faces_are_kept_out_of_what_people_are_recognised_by():
    good, poor = np.float32([1.0]), np.float32([0.1])
    for quality, expected in ((good, 1), (poor, 2)):
        tracker = Tracker(Config.load(None))
        for step in range(10):
            tracker.update(*frame((0, 300, 300)), step / 30, quality)
        for step in range(10):
            tracks, _ = tracker.update(*frame((0, 900, 300)), 5 + step / 30, good)
        assert [track.id for track in tracks] == [expected]


def test_qualities_out_of_step_are_rejected():
    tracker = Tracker(Config.load(None))
    with pytest.raises(ValueError, match='2 qualities for 1 detections'):
        tracker.update(*frame((0, 300, 300)), 0.0, np.ones(2, np.float32))


def test_a_hidden_face_keeps_its_size_however_it_changed_before():
    world = follower()
    for step in range(15):
        world.see((0, 300, 300, 160 - 8 * step))
    world.see(frames=20)
    height = world.lost[0].box[3] - world.lost[0].box[1]
    assert height == pytest.approx(160 - 8 * 14, rel=0.25)


@pytest.mark.parametrize('window, gap, expected', [(60.0, 30.0, 1), (60.0, 3600.0, 2),
                                                   (0.0, 30.0, 2)])
def test_a_pause_of_the_images_counts_as_absence(window, gap, expected):
    """No frame comes in between, so nothing but the stamps reports the time that passed."""
    world = follower(reid_window=window)
    world.see((0, 100, 100), frames=10)
    world.stamp += gap
    assert world.see((0, 100, 100)) == {}  # a new track has to prove itself first
    assert set(world.see((0, 100, 100), frames=5)) == {expected}


def test_after_a_pause_position_alone_is_no_reason_for_an_id():
    tracker = Tracker(Config())
    detections, _ = frame((0, 100, 100))
    for step in range(10):
        tracker.update(detections, None, step / 30)
    for step in range(5):
        tracks, _ = tracker.update(detections, None, 3600 + step / 30)
    assert [track.id for track in tracks] == [2]


def test_people_who_were_never_embedded_leave_without_a_trace():
    tracker = Tracker(Config())
    people, embeddings = frame((0, 100, 100), (1, 400, 100), (2, 700, 100))
    for step in range(10):
        tracker.update(people, np.full((3, 16), np.nan, np.float32), step / 30)
    for step in range(10, 60):
        tracker.update(NOBODY, NO_EMBEDDINGS, step / 30)
    for step in range(60, 70):
        tracks, _ = tracker.update(people, embeddings, step / 30)
    assert sorted(track.id for track in tracks) == [4, 5, 6]


def test_who_left_is_forgotten_as_soon_as_the_window_is_closed():
    config = Config()
    tracker = Tracker(config)
    people, embeddings = frame((0, 100, 100))
    for step in range(10):
        tracker.update(people, embeddings, step / 30)
    tracker.update(NOBODY, NO_EMBEDDINGS, 5.0)
    tracker.configure(config.updated({'tracker.reid_window': 0.0}))
    tracker.update(NOBODY, NO_EMBEDDINGS, 5.1)
    tracker.configure(config)
    for step in range(10):
        tracks, _ = tracker.update(people, embeddings, 6 + step / 30)
    assert [track.id for track in tracks] == [2]


def test_two_sights_are_enough_when_frames_are_rare():
    for rate, expected in ((30.0, False), (10.0, True)):
        world = follower(rate=rate)
        assert world.see((0, 100, 100)) == {}
        assert (1 in world.see((0, 100, 100))) == expected


def test_a_face_that_turns_away_between_two_frames_is_still_the_same():
    world = follower()
    world.see((0, 300, 300), frames=30)
    detections, vectors = frame((0, 303, 300))
    for step in range(5):
        tracks, _ = world.tracker.update(detections, -vectors, world.stamp + step / 30)
        assert [track.id for track in tracks] == [1]


def test_somebody_else_in_the_same_place_after_a_pause_is_somebody_else():
    world = follower(rate=2.0)
    world.see((0, 300, 300), frames=10)
    detections, vectors = frame((0, 300, 300))
    for step in range(6):
        tracks, _ = world.tracker.update(detections, -vectors, world.stamp + step / 2)
    assert [track.id for track in tracks] == [2]


def between(share):
    """Return a vector on the way from person 0 to person 1, both 0.66 alike."""
    second = np.float32([0.66, np.sqrt(1 - 0.66 ** 2), *[0] * 14])
    vector = (1 - share) * face(0) + share * second
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def test_of_two_who_are_alike_and_were_seen_together_nobody_is_taken_for_the_other():
    tracker = Tracker(Config.load(None))
    both, _ = frame((0, 300, 300), (1, 900, 300))
    for step in range(10):
        tracker.update(both, np.array([between(0.0), between(1.0)]), step / 30)
    one, _ = frame((0, 600, 300))
    for step in range(40):
        tracks, _ = tracker.update(one, between(0.5)[None], 5 + step / 30)
    assert [track.id for track in tracks] == [3]


def test_quality_that_is_no_number_counts_as_none():
    tracker = Tracker(Config.load(None))
    for step in range(10):
        tracker.update(*frame((0, 300, 300)), step / 30,
                       np.float32([np.nan if step == 4 else 1.0]))
    for step in range(10):
        tracks, _ = tracker.update(*frame((0, 900, 300)), 5 + step / 30)
    assert [track.id for track in tracks] == [1]


def test_embeddings_that_are_no_table_are_rejected():
    tracker = Tracker(Config.load(None))
    with pytest.raises(ValueError, match='give \\(N, D\\)'):
        tracker.update(NOBODY, np.zeros(0, np.float32), 0.0)


def test_every_face_needs_an_embedding_with_policy_always_and_in_mode_deepsort():
    for parameters in ({'embedding.policy': 'always'}, {'tracker.mode': 'deepsort'}):
        tracker = Tracker(Config.load(parameters))
        for step in range(10):
            detections, embeddings = frame((0, 100, 100), (1, 500, 300))
            match = tracker.begin(detections, step / 30)
            assert match.needs_embedding.tolist() == [True, True]
            assert match.reasons == {'always': 2}
            tracker.finish(match, embeddings)


def test_a_frame_is_finished_with_what_the_last_begin_returned():
    tracker = Tracker(Config())
    detections, embeddings = frame((0, 100, 100))
    early = tracker.begin(detections, 0.0)
    tracker.begin(detections, 0.1)
    with pytest.raises(ValueError, match='finish what the last begin returned'):
        tracker.finish(early, embeddings)
    twice = tracker.begin(detections, 0.2)
    tracker.finish(twice, embeddings)
    with pytest.raises(ValueError, match='finish what the last begin returned'):
        tracker.finish(twice, embeddings)


def test_without_the_detector_tracks_are_predicted_and_no_miss_counts():
    tracker, nobody = Tracker(Config()), np.zeros(0, int)
    for step in range(10):
        tracks, _ = tracker.update(*frame((0, 100 + 6 * step, 100)), step / 30)
    for step in range(10, 16):
        tracks, lost = tracker.follow(Detections.empty(), nobody, step / 30)
        assert [track.state for track in tracks] == ['lost'] and not lost
    assert tracks.boxes[0, [0, 2]].mean() == pytest.approx(190, abs=6)
    assert tracks.times_since_update[0] == pytest.approx(0.2)
    tracks, _ = tracker.update(*frame((0, 196, 100)), 16 / 30)
    assert tracks.ids.tolist() == [1] and tracks[0].state == 'confirmed'


def test_faces_that_were_followed_are_seen_where_they_went():
    tracker = Tracker(Config())
    for step in range(10):
        tracks, _ = tracker.update(*frame((0, 100, 100), (1, 400, 100)), step / 30)
    rows = tracker.seen
    assert sorted(rows) == [0, 1]
    for step in range(10, 16):  # the second turns; the first is not followed
        faces, _ = frame((1, 400 + 8 * (step - 9), 100))
        tracks, lost = tracker.follow(faces, rows[rows == rows.max()], step / 30)
        by_id = {track.id: track for track in tracks}
        assert [by_id[number].state for number in (1, 2)] == ['lost', 'confirmed'] and not lost
        assert (by_id[2].detection, by_id[2].time_since_update) == (0, 0)
        rows = tracker.seen
    assert by_id[2].box[[0, 2]].mean() == pytest.approx(448, abs=10)
    assert by_id[1].box[[0, 2]].mean() == pytest.approx(100, abs=1)


def test_tracks_are_steady_unless_somebody_is_new_or_missed_or_doubted_or_crosses():
    world = follower()
    assert world.tracker.steady, 'nobody is there'
    world.see((0, 100, 100))
    assert not world.tracker.steady, 'one is new'
    world.see((0, 100, 100), (1, 400, 100), frames=10)
    assert world.tracker.steady
    world.see((0, 100, 100), (1, 140, 100), frames=3)
    assert not world.tracker.steady, 'two overlap'
    world.see((0, 100, 100), (1, 400, 100), frames=40)
    assert world.tracker.steady
    world.see((0, 100, 100), frames=4)
    assert not world.tracker.steady, 'one was missed just now'
    world.see((0, 100, 100), frames=6)
    assert world.tracker.steady, 'one is away'


def test_a_track_that_went_over_to_a_passer_by_is_given_back():
    """Who was hidden is there again while the track is still with the passer-by."""
    tracker, stamp = Tracker(Config()), 0.0
    looks = np.stack((face(0), 0.2 * face(0) + np.sqrt(0.96) * face(1)))

    def see(*people):
        nonlocal stamp
        stamp += 1 / 30
        detections, _ = frame(*people)
        return tracker.update(detections, looks[[who for who, *_ in people]], stamp)[0]

    for _ in range(40):
        see((0, 300, 300))
    for x in (318, 340, 366, 396):  # the passer-by covers the face, and is seen instead
        taken, = see((1, x, 300))
        assert taken.id == 1
    for step in range(40):
        seen = see((0, 300, 300), (1, 430 + 12 * step, 300))
    assert {track.box[0] > 500: track.id for track in seen} == {False: 1, True: 2}


def test_somebody_in_the_position_of_another_gets_an_id_of_their_own():
    """As after a cut in a video; the first face's gallery is not to learn the second's."""
    for distance in (0.75, 0.99):
        world = follower()
        world.see((0, 300, 300), frames=30)
        detections, _ = frame((0, 303, 300))
        other = (1 - distance) * face(0) + np.sqrt(1 - (1 - distance) ** 2) * face(1)
        for _ in range(45):  # the embedding may be renewed after a second only
            match = world.tracker.begin(detections, world.stamp)
            tracks, _ = world.tracker.finish(
                match, np.where(match.needs_embedding[:, None], other[None], np.nan))
            world.stamp += world.step
        assert [track.id for track in tracks] == [2]
        assert 1 in world.see((0, 900, 300), frames=10)


@pytest.mark.parametrize('gap, expected', [(0.1, 1), (0.9, 2)])
def test_after_a_gap_of_the_images_appearance_decides(gap, expected):
    """A stream that stalls, with somebody else in the same position when it goes on."""
    world = follower()
    world.see((0, 300, 300), frames=10)
    world.stamp += gap - world.step
    detections, _ = frame((0, 300, 300))
    other = (0.2 * face(0) + np.sqrt(0.96) * face(1))[None].astype(np.float32)
    for _ in range(4):
        tracks, _ = world.tracker.update(detections, other, world.stamp)
        world.stamp += world.step
    assert [track.id for track in tracks] == [expected]


def test_the_same_face_keeps_its_id_over_a_gap_of_the_images():
    world = follower()
    world.see((0, 300, 300), frames=10)
    world.stamp += 0.9
    assert set(world.see((0, 300, 300))) == {1}


def test_every_face_is_embedded_after_a_gap_of_the_images():
    tracker = Tracker(Config())
    detections, embeddings = frame((0, 100, 100))
    for step in range(5):
        tracker.update(detections, embeddings, step / 30)
    assert not tracker.begin(detections, 5 / 30).needs_embedding.any()
    assert tracker.begin(detections, 0.5).needs_embedding.all()


@BOTH
def test_frames_of_one_stamp_are_one_moment(mode):
    tracker = Tracker(Config.load({'tracker.mode': mode}))
    for _ in range(20):
        tracks, _ = tracker.update(*frame((0, 300, 300)), 5.0)
    track, = tracks
    assert track.id == 1 and np.isfinite(track.box).all() and track.time_since_update == 0


def test_what_never_looks_clearly_like_a_face_gets_no_id():
    tracker = Tracker(Config.load({'tracker': {'min_track_score': 0.7}}))
    boxes = np.array([[100, 100, 180, 200], [400, 100, 480, 200]], np.float32)
    embeddings = np.eye(2, 8, dtype=np.float32)
    for number in range(60):
        second = 0.71 if number == 30 else 0.6
        found = Detections(boxes, np.array([0.69, second], np.float32), None)
        tracks, lost = tracker.update(found, embeddings, number / 30)
        assert tracks.ids.tolist() == ([] if number < 30 else [1]) and not lost
    assert tracks.boxes[0, 0] == pytest.approx(400, abs=1) and not tracker.tentative
    assert len(tracker) == 2, 'it is followed, for it may become clear'


def test_a_faint_face_takes_no_time_of_the_encoder_while_it_stays_faint():
    tracker = Tracker(Config.load({'tracker': {'min_track_score': 0.7}}))
    box = np.array([[100, 100, 180, 200]], np.float32)
    wanted = []
    for number, score in enumerate([0.6] * 20 + [0.8] * 2):
        match = tracker.begin(Detections(box, np.array([score], np.float32), None), number / 30)
        wanted.append(bool(match.needs_embedding[0]))
        tracks, _ = tracker.finish(match, np.eye(1, 8, dtype=np.float32))
    assert not any(wanted[1:20]) and wanted[20] and len(tracks) == 1


def test_the_published_algorithm_confirms_faint_faces():
    tracker = Tracker(Config.load({'tracker': {'mode': 'deepsort', 'min_track_score': 0.9}}))
    found = Detections(np.array([[100, 100, 180, 200]], np.float32),
                       np.array([0.6], np.float32), None)
    for number in range(4):
        tracks, _ = tracker.update(found, np.eye(1, 8, dtype=np.float32), number / 30)
    assert tracks.ids.tolist() == [1]
