# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The track and evaluate commands, as they are typed."""
import json

import cv2
from face_tracker_ros.__main__ import main
from face_tracker_ros.video import open_source
import numpy as np
import pytest

FAST = ['--set', 'detection.width=320']
DETECTIONS = ''.join(f'{frame},-1,{100 + 3 * frame},80,50,60,0.9,-1,-1,-1\n'
                     f'{frame},-1,400,{80 + 2 * frame},50,60,0.8,-1,-1,-1\n'
                     for frame in range(1, 31))


@pytest.fixture
def video(tmp_path, two_portraits):
    """Return a folder of 12 images of two people who move."""
    folder = tmp_path / 'images'
    folder.mkdir()
    small = cv2.resize(two_portraits, (640, 360), interpolation=cv2.INTER_AREA)
    for step in range(12):
        cv2.imwrite(str(folder / f'{step}.jpg'), np.roll(small, 2 * step, axis=1))
    return folder


@pytest.fixture
def det(tmp_path):
    path = tmp_path / 'det.txt'
    path.write_text(DETECTIONS)
    return path


def alone(det, *more):
    return ['track', '--detections', str(det), '--frame-rate', '30', *map(str, more)]


def test_images_to_annotated_video_and_tracks(video, tmp_path, capsys):
    tracks, output = tmp_path / 'tracks.txt', tmp_path / 'out.mp4'
    assert main(['track', str(video), '--output', str(output), '--tracks', str(tracks),
                 *FAST]) == 0
    lines = [line.split(',') for line in tracks.read_text().splitlines()]
    assert {line[1] for line in lines} == {'1', '2'}
    assert [int(line[0]) for line in lines] == sorted(2 * list(range(3, 13)))
    assert all(len(line) == 10 and line[7:] == ['-1'] * 3 for line in lines)
    with open_source(output) as source:
        assert source.size == (640, 360) and len(list(source)) == 12
    captured = capsys.readouterr()
    assert '12 frames' in captured.out and '2 ids' in captured.out
    assert captured.out.endswith(f"wrote '{output}' (annotated frames)\n"
                                 f"wrote '{tracks}' (tracks)\n")
    assert 'min_track_score' not in captured.err


def test_summary_as_json_names_the_outputs(det, tmp_path, capsys):
    tracks, summary = tmp_path / 'tracks.txt', tmp_path / 'summary.json'
    assert main(alone(det, '--tracks', tracks, '--json', summary, '--quiet')) == 0
    found = json.loads(summary.read_text())
    assert found['frames'] == 30 and found['outputs'] == {'tracks': str(tracks)}
    assert found['ids'] == [{'id': number, 'first': pytest.approx(2 / 30),
                             'last': pytest.approx(29 / 30), 'frames': 28} for number in (1, 2)]
    assert capsys.readouterr().out == ''
    assert main(alone(det, '--tracks', tracks, '--json', tracks)) == 2
    assert main(alone(det, '--json', tmp_path / 'no' / 'where.json')) == 2


def test_faces_that_never_are_clear_are_explained(video, capsys):
    assert main(['track', str(video), *FAST, '--set', 'tracker.min_track_score=0.9999']) == 0
    captured = capsys.readouterr()
    assert ' 0 ids' in captured.out
    (hint,) = [line for line in captured.err.splitlines() if 'min_track_score' in line]
    score = float(hint.split('set that to ')[1])
    assert main(['track', str(video), *FAST, '--set', f'tracker.min_track_score={score}']) == 0
    assert ' 0 ids' not in capsys.readouterr().out, 'the remedy helps'


def test_two_people_of_a_real_clip_keep_their_ids(shared, tmp_path):
    tracks = tmp_path / 'tracks.txt'
    clip = shared / 'data' / 'clips' / 'head-pose-face-detection-female-and-male.gif'
    assert main(['track', str(clip), '--tracks', str(tracks), '--quiet']) == 0
    table = np.loadtxt(tracks, delimiter=',')
    assert set(table[:, 1]) == {1, 2}
    centres = table[:, 2] + table[:, 4] / 2
    sides = [set(centres[table[:, 1] == person] > 240) for person in (1, 2)]
    assert sorted(map(sorted, sides)) == [[False], [True]]  # she left, he right, throughout
    assert len(table) > 100


def test_ready_detections_with_embeddings(det, tmp_path, capsys):
    """Embeddings belong to lines, in whatever order the lines are."""
    vectors = np.tile(np.eye(2, 8, dtype=np.float32), (30, 1))
    found = {}
    for name, order in (('plain', np.arange(60)), ('mixed', np.random.default_rng(0)
                                                   .permutation(60))):
        lines = DETECTIONS.splitlines()
        det.write_text('\n'.join(lines[row] for row in order) + '\n')
        np.save(tmp_path / 'emb.npy', vectors[order])
        assert main(alone(det, '--embeddings', tmp_path / 'emb.npy', '--image-size', '640x480',
                          '--tracks', tmp_path / f'{name}.txt')) == 0
        found[name] = (tmp_path / f'{name}.txt').read_text()
    assert len(found['plain'].splitlines()) == 56
    right = {line.split(',')[1] for line in found['plain'].splitlines()
             if float(line.split(',')[2]) > 350}
    assert len(right) == 1
    boxes = [sorted(line.split(',')[2:6] for line in text.splitlines())
             for text in found.values()]
    assert boxes[0] == boxes[1]


def test_frames_without_detections_age_the_tracks(tmp_path, capsys):
    path = tmp_path / 'gap.txt'
    path.write_text(''.join(f'{frame},-1,100,80,50,60,0.9\n' for frame in range(1, 11))
                    + ''.join(f'{frame},-1,100,80,50,60,0.9\n' for frame in range(91, 101)))
    assert main(alone(path, '--tracks', tmp_path / 'tracks.txt')) == 0
    ids = [line.split(',')[1] for line in (tmp_path / 'tracks.txt').read_text().splitlines()]
    assert ids == ['1'] * 8 + ['2'] * 8
    assert capsys.readouterr().out.startswith('100 frames')


def test_degenerate_detections_are_passed_over(tmp_path):
    path = tmp_path / 'odd.txt'
    path.write_text(''.join(f'{frame},-1,100,80,50,60,0.9\n{frame},-1,nan,0,5,5,0.9\n'
                            f'{frame},-1,10,10,0,5,0.9\n{frame},-1,-1e30,0,1e39,5,0.9\n'
                            for frame in range(1, 6)))
    assert main(alone(path, '--tracks', tmp_path / 'tracks.txt', '--quiet')) == 0
    assert len((tmp_path / 'tracks.txt').read_text().splitlines()) == 3


def test_no_detections_at_all(tmp_path, capsys):
    (tmp_path / 'none.txt').write_text('')
    assert main(alone(tmp_path / 'none.txt')) == 0
    assert capsys.readouterr().out.startswith('0 frames')


def rejected(capsys, words, *parts):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.err.count('\n') == 1 and captured.out == ''
    for part in parts:
        assert part in captured.err


PLAIN = [f'{frame},-1,{100 + 3 * frame},80,50,60,0.9' for frame in range(1, 31)]


@pytest.mark.parametrize('content', [
    '\ufeff' + '\n'.join(PLAIN), '\r\n'.join(PLAIN) + '\r\n', '\r'.join(PLAIN),
    '\n'.join(line.replace(',', '\t') for line in PLAIN),
    '\n'.join(line.replace(',', '  ') for line in PLAIN),
    '\n'.join(line.replace(',', '; ') for line in PLAIN),
    '\n'.join(line.replace(',', ' , ') + ',' for line in PLAIN),
    '\ufeffframe,id,bb_left,bb_top,bb_width,bb_height,conf\r\n' + '\r\n'.join(PLAIN),
    'made by a tool\n\nframe\tid\tx\ty\tw\th\ts\n'
    + '\n'.join(line.replace(',', '\t') for line in PLAIN),
    '# comment\n' + '\n\n'.join(f'{line} # why' for line in PLAIN)])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-16'])
def test_detections_as_tools_write_them(tmp_path, content, encoding):
    det, plain = tmp_path / 'det.txt', tmp_path / 'plain.txt'
    det.write_bytes(content.encode(encoding))
    plain.write_text('\n'.join(PLAIN))
    for path in (det, plain):
        assert main(alone(path, '--tracks', f'{path}.tracks', '--quiet')) == 0
    tracks = (tmp_path / 'det.txt.tracks').read_text()
    assert tracks == (tmp_path / 'plain.txt.tracks').read_text()
    assert len(tracks.splitlines()) == 28


def test_text_that_is_all_header_is_rejected(det, capsys):
    det.write_text('frame,id,left,top,width,height,score\nno numbers at all\n')
    rejected(capsys, alone(det), f'{det}:1: ', 'is no line of MOTChallenge text')


@pytest.mark.parametrize('score, more, parts', [
    (-1.25, [], ['0 of 30 scores, of -1.25 to -1.25, reach 0.', '1 / (1 + exp(-score))']),
    (87.5, [], ['scores of 87.5 to 87.5 are no shares of 1; divide percentages by 100']),
    (0.02, ['--set', 'detection.score=0.5'],
     ['no score, of 0.02 to 0.02, reaches 0.5', '--set detection.score=0.01 ']),
    (0.0, [], ['0 of 30 scores'])])
def test_scores_of_another_scale_are_reported_with_the_remedy(det, capsys, score, more, parts):
    det.write_text('\n'.join(line.replace('0.9', str(score)) for line in PLAIN))
    assert main(alone(det, *more)) == 0
    errors = capsys.readouterr().err
    assert errors.count('\n') == 1
    for part in parts:
        assert part in errors


@pytest.mark.parametrize('score, more, parameter', [
    ('0.02', ['--set', 'detection.score=0.5'], 'detection.score'),
    ('0.55', [], 'tracker.min_track_score')])
def test_the_remedy_for_low_scores_works(det, capsys, score, more, parameter):
    det.write_text('\n'.join(line.replace('0.9', score) for line in PLAIN))
    main(alone(det, *more))
    text = capsys.readouterr().err
    assert f'({parameter})' in text
    remedy = text.split('give ')[1].split(', or')[0].split()
    assert main(alone(det, *remedy)) == 0
    captured = capsys.readouterr()
    assert captured.err == '' and '1 ids' in captured.out


def test_ordinary_scores_are_not_reported(det, capsys):
    assert main(alone(det)) == 0
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize('line, shown', [
    ('1,-1,5', "'1,-1,5'"), ('1,-1,a,2,3,4,0.5', "'1,-1,a,2,3,4,0.5'"),
    ('0,-1,1,2,3,4,0.5', 'frames from 1'), ('1.5,-1,1,2,3,4,0.5', "'1.5,-1"),
    ('nan,-1,1,2,3,4,0.5', "'nan,-1"), ('99999999999,-1,1,2,3,4,0.5', "'99999999999"),
    ('what is this', "'what is this'")])
def test_malformed_lines_are_named(det, capsys, line, shown):
    det.write_text(DETECTIONS + line + '\n' + DETECTIONS)
    rejected(capsys, alone(det), f'{det}:61: ', shown, 'frame,id,left,top,width,height,score')


def test_bad_embeddings_are_rejected(det, tmp_path, capsys):
    path = tmp_path / 'emb.npy'
    words = alone(det, '--embeddings', path)
    rejected(capsys, words, 'emb.npy', 'No such file')
    path.write_text('no array')
    rejected(capsys, words, 'emb.npy', 'cannot be read', 'numpy.save')
    np.save(path, np.zeros((59, 8)))
    rejected(capsys, words, '(59, 8) for 60 lines', 'one row a line')
    np.save(path, np.zeros((60, 0)))
    rejected(capsys, words, '(60, 0)')
    np.save(path, np.zeros((60, 8), complex))
    rejected(capsys, words, 'cannot be read', 'complex')
    np.save(path, np.array([{}], object), allow_pickle=True)
    rejected(capsys, words, 'cannot be read')


@pytest.mark.parametrize('more, parts', [
    (['--set', 'tracker.max_agee=2'], ["'tracker.max_agee' is unknown", "'tracker.max_age'"]),
    (['--set', 'tracker.max_age=-2'], ["'tracker.max_age': -2.0 is out of range"]),
    (['--set', 'tracker.max_age'], ["--set 'tracker.max_age': not NAME=VALUE"]),
    (['--set', 'detection.low_score=0.9'], ["'detection.low_score': 0.9 is above"]),
    (['--config', '/nowhere.yaml'], ["'/nowhere.yaml' cannot be read"]),
    (['--tracks', '/nowhere/t.txt'], ["'/nowhere/t.txt': cannot be written"]),
    (['--image-size', '640'], ["--image-size '640'", '1280x720']),
    (['--frame-rate', '0'], ['--frame-rate 0', 'above 0']),
    (['--output', 'a.mp4'], ['--output: needs images']),
])
def test_bad_options_are_rejected(det, capsys, more, parts):
    rejected(capsys, alone(det, *more), *parts)


def test_inputs_are_never_overwritten(det, capsys):
    rejected(capsys, alone(det, '--tracks', det), 'is the input as well')
    assert det.read_text() == DETECTIONS


def test_bad_sources_and_models_are_rejected(video, tmp_path, capsys):
    rejected(capsys, ['track', str(tmp_path / 'no.mp4')], "no.mp4': no such file")
    (tmp_path / 'text.mp4').write_text('text')
    rejected(capsys, ['track', str(tmp_path / 'text.mp4')], 'not a readable video')
    rejected(capsys, ['track', str(video), '--set', 'detector=nobody'], "'nobody'",
             'face-detector')
    rejected(capsys, ['track', str(video), '--set', 'detector=yunet'], "'yunet'",
             'models fetch yunet')


def test_a_missing_model_leaves_former_tracks_alone(video, tmp_path, capsys):
    former = tmp_path / 'former.txt'
    former.write_text('1,1,1,1,1,1,1,-1,-1,-1\n')
    rejected(capsys, ['track', str(video), '--tracks', str(former), '--set', 'detector=nobody'],
             "'nobody'")
    assert former.read_text() == '1,1,1,1,1,1,1,-1,-1,-1\n'


def test_a_failure_on_the_way_reports_how_far_the_outputs_go(tmp_path, capsys):
    """MPEG-4 has no frames of such a width."""
    cv2.imwrite(str(tmp_path / 'wide.png'), np.zeros((64, 9000, 3), np.uint8))
    rejected(capsys, ['track', str(tmp_path / 'wide.png'), '--output', str(tmp_path / 'a.mp4'),
                      '--quiet', *FAST],
             'cannot write a video of 9000x64', 'stopped after 0 frames, which is')
    assert not (tmp_path / 'a.mp4').exists()


def test_a_full_disk_is_reported(det, capsys):
    rejected(capsys, alone(det, '--tracks', '/dev/full', '--quiet'), "'/dev/full'",
             'No space left', 'not complete')


def test_boxes_outside_of_the_images_are_reported(det, capsys):
    assert main(alone(det, '--image-size', '300x200')) == 0
    assert '30 of 60 boxes lie outside of 300x200 pixels' in capsys.readouterr().err


def test_help_and_version(capsys):
    for words, part in ((['--help'], 'track'), (['--version'], '0.'),
                        (['track', '--help'], '--detections'), (['evaluate', '--help'], '--gt')):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 0 and part in capsys.readouterr().out
    for words in ([], ['nonsense'], ['track']):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2


def test_evaluate_scores_what_track_wrote(det, tmp_path, capsys):
    tracks, truth = tmp_path / 'tracks.txt', tmp_path / 'gt.txt'
    truth.write_text(''.join(line.replace(',-1,', f',{1 + row % 2},', 1) + '\n' for row, line in
                             enumerate(DETECTIONS.splitlines())))
    assert main(alone(det, '--tracks', tracks, '--quiet')) == 0
    found = tmp_path / 'scores.json'
    assert main(['evaluate', '--gt', str(truth), '--tracks', str(tracks), '--json',
                 str(found)]) == 0
    scores = json.loads(found.read_text())
    assert scores['ids'] == scores['people'] == 2 and scores['switches'] == 0
    assert scores['mota'] == pytest.approx(100 * 56 / 60)
    assert main(['evaluate', '--gt', str(truth), '--tracks', str(truth)]) == 0
    assert '100.0' in capsys.readouterr().out
    rejected(capsys, ['evaluate', '--gt', str(tmp_path / 'no.txt'), '--tracks', str(tracks)],
             'no.txt', 'cannot be read')
