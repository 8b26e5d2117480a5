# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""MOTChallenge text, written and read."""
import io

from face_tracker_ros.errors import SourceError
from face_tracker_ros.evaluation.mot_text import read_detections, read_labels, write_tracks
from face_tracker_ros.types import Track
import numpy as np
import pytest


@pytest.fixture
def text(tmp_path):
    """Return a function that puts lines into a file."""
    def write(*lines):
        path = tmp_path / 'boxes.txt'
        path.write_text('\n'.join(lines))
        return path
    return write


def test_detections_keep_the_order_of_their_lines(text):
    found = read_detections(text('7,-1,10,20,30,40,0.5,-1,-1,-1', '2,-1,1.5,2,3,4,0.75,-1,-1,-1',
                                 '', '# made by hand', '7,-1,0,0,5,5,1,-1,-1,-1'))
    assert found.frames.tolist() == [7, 2, 7]
    assert found.boxes.tolist() == [[10, 20, 40, 60], [1.5, 2, 4.5, 6], [0, 0, 5, 5]]
    assert found.scores.tolist() == [0.5, 0.75, 1]
    assert found.boxes.dtype == found.scores.dtype == np.float32


def test_lines_of_seven_and_ends_of_windows_are_read(text):
    assert len(read_detections(text('1,-1,10,20,30,40,0.5\r', '2,-1,1,2,3,4,0.7\r')).frames) == 2


def test_empty_file_is_no_detections(text):
    found = read_detections(text(''))
    assert found.boxes.shape == (0, 4) and len(found.frames) == len(found.scores) == 0


def test_written_tracks_are_read_again(text):
    tracks = [Track(number, np.array(box, np.float32), 0.875, 'confirmed', 1.0, 0.0,
                    np.zeros(2, np.float32), 0.0)
              for number, box in ((4, (-5.25, 10, 40, 60)), (9, (100, 50, 130.5, 90)))]
    file = io.StringIO()
    write_tracks(file, 3, tracks)
    write_tracks(file, 4, [])
    assert file.getvalue().splitlines()[0] == '3,4,-5.25,10.00,45.25,50.00,0.8750,-1,-1,-1'
    labels = read_labels(text(file.getvalue()))
    assert labels.frames.tolist() == [3, 3] and labels.ids.tolist() == [4, 9]
    assert labels.boxes.tolist() == [[-5.25, 10, 40, 60], [100, 50, 130.5, 90]]


@pytest.mark.parametrize('bad', ['2,-1,1,2,3', '2,-1,1,2,3,4,high', '0,-1,1,2,3,4,0.5',
                                 '2;-1;1;2;3;4;0.5', '2,-1,1,2,3,4,0.5,-1'])
def test_the_malformed_line_is_named(text, bad):
    path = text('1,-1,1,2,3,4,0.5', '', bad, '3,-1,1,2,3,4,0.5')
    with pytest.raises(SourceError) as rejected:
        read_detections(path)
    message = str(rejected.value)
    assert message.startswith(f"{path}:3: '{bad}'") and '\n' not in message
    assert 'frame,id,left,top,width,height,score' in message


def test_files_that_are_no_text_are_rejected(tmp_path):
    (tmp_path / 'video.mp4').write_bytes(bytes(range(256)))
    for name in ('video.mp4', 'missing.txt', '.'):
        with pytest.raises(SourceError, match='cannot be read'):
            read_detections(tmp_path / name)
