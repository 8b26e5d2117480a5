# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Reading LTFT annotations, and what simulated embeddings are like."""
from benchmark import ltft
from face_tracker_ros.errors import SourceError
import numpy as np
import pytest

LINES = '3\n0 1 7 10 20 40 50 1 0.9\n1 0\n2 2 7 12 20 40 50 1 0.8 9 100 20 8 10 0 0.3\n'


def test_boxes_ids_and_what_counts(tmp_path):
    path = tmp_path / 'street.txt'
    path.write_text(LINES)
    sequence = ltft.read(path)
    assert (sequence.name, sequence.frame_rate) == ('street', 30.0)
    assert sequence.truth.frames.tolist() == [0, 2, 2]
    assert sequence.truth.ids.tolist() == [7, 7, 9]
    assert sequence.truth.boxes[0].tolist() == [10, 20, 50, 70]
    assert sequence.truth.counts.tolist() == [True, True, False]
    np.testing.assert_allclose(sequence.scores, [0.9, 0.8, 0.3])


def test_real_annotations(shared):
    sequence = ltft.read(shared / 'data' / 'ltft' / 'choke1.txt.gz')
    truth = sequence.truth
    assert len(np.unique(truth.ids[truth.counts])) == 24
    rows = np.random.default_rng(0).integers(0, len(truth.ids), 2000)
    cosine = (sequence.embeddings[rows[:1000]] * sequence.embeddings[rows[1000:]]).sum(axis=1)
    same = truth.ids[rows[:1000]] == truth.ids[rows[1000:]]
    assert 0.4 < cosine[same].mean() < 0.65
    assert abs(cosine[~same].mean()) < 0.05
    np.testing.assert_allclose(np.linalg.norm(sequence.embeddings, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize('text', ['', '3\n', '1\n0 2 1 2 3\n', '1\n0 x\n'])
def test_other_files_are_rejected(tmp_path, text):
    path = tmp_path / 'bad.txt'
    path.write_text(text)
    with pytest.raises(SourceError, match='bad.txt.*is no LTFT annotation'):
        ltft.read(path)
    with pytest.raises(SourceError, match='missing.txt'):
        ltft.read(tmp_path / 'missing.txt')
