# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""On which frames the detector rests."""
from face_tracker_ros.detection.schedule import Rest, Schedule
import pytest


def plan(stamps, interval=1, max_pause=0.0):
    """Return what is planned for each frame, of which those with MAY are left out."""
    schedule, planned = Schedule(), []
    for stamp in stamps:
        planned.append(schedule.rest(stamp, interval, max_pause))
        if planned[-1] is Rest.NO:
            schedule.ran(stamp)
        else:
            schedule.rested()
    return planned


def test_without_a_pause_and_an_interval_it_never_rests():
    assert plan([0, 0.1, 0.2]) == [Rest.NO] * 3


def test_an_interval_counts_frames_whatever_their_stamps():
    assert plan([0, 5, 6, 7, 8], interval=3) == [Rest.NO, Rest.MUST, Rest.MUST, Rest.NO, Rest.MUST]


@pytest.mark.parametrize('rate, rests', [(10, 0), (12, 1), (30, 2), (60, 5), (120, 11)])
def test_a_pause_counts_seconds_from_the_last_run(rate, rests):
    planned = plan([step / rate for step in range(4 * rests + 4)], max_pause=0.09)
    assert planned == ([Rest.NO] + [Rest.MAY] * rests) * 4


def test_both_together_leave_out_what_either_does():
    planned = plan([step / 30 for step in range(8)], interval=2, max_pause=0.09)
    assert planned == [Rest.NO, Rest.MUST, Rest.MAY, Rest.NO, Rest.MUST, Rest.MAY, Rest.NO,
                       Rest.MUST]


def test_it_runs_at_once_after_a_reset_and_where_stamps_stand_still_or_go_back():
    schedule = Schedule()
    schedule.ran(10.0)
    assert schedule.rest(10.05, 1, 0.09) is Rest.MAY
    assert schedule.rest(10.0, 1, 0.09) is schedule.rest(9.95, 1, 0.09) is Rest.NO
    schedule.reset()
    assert schedule.rest(10.05, 5, 0.09) is Rest.NO
