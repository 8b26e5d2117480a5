# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the demo reports: a line a second, a summary, a table."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from face_tracker_ros.demo.recorder import Recorder
from face_tracker_ros.errors import SourceError
import numpy as np


def status(recorder: Recorder) -> str:
    """Return one line about the last second."""
    recent = np.array(recorder.stamps[-90:])
    recent = recent[recent > recent[-1] - 1]
    rate = (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 else 0.0
    delay = np.median(recorder.delays[-len(recent):]) * 1e3
    ids = ' '.join(f'#{track}' for track in sorted(recorder.tracks)) or 'none'
    return (f'{recorder.seconds():5.1f} s  {len(recorder.stamps):4d} frames  {rate:4.1f} fps  '
            f'{delay:5.1f} ms from stamp to here  {recorder.present} faces now  ids so far: {ids}')


def summarise(recorder: Recorder, source: str) -> dict[str, Any]:
    """Return everything worth keeping, ready for JSON."""
    def tracker(name: str) -> float:
        return recorder.number('tracking', name)

    models = recorder.counters['tracking']
    return {
        'source': source,
        'seconds': round(recorder.seconds(), 3),
        'frames_published': int(recorder.number('source', 'published')),
        'frames_received': int(tracker('received')),
        'frames_processed': int(tracker('processed')),
        'frames_replaced_by_newer': int(tracker('replaced')),
        'frames_bad': int(tracker('bad_frames')),
        'frames_recorded': recorder.video.written,
        'fps': round(recorder.fps(), 2),
        'latency_p50_ms': round(tracker('latency_p50_ms'), 2),
        'latency_p95_ms': round(tracker('latency_p95_ms'), 2),
        'latency_is': 'from the stamp of the image to the publication of its tracks, measured by '
                      'the tracker',
        'latency_at_recorder_p50_ms': round(recorder.delay_ms(50), 2),
        'latency_at_recorder_p95_ms': round(recorder.delay_ms(95), 2),
        'embeddings': int(tracker('embeddings')),
        'models': {task: models.get(task, '') for task in ('detector', 'encoder')},
        'tracks': [{'id': track, 'first_s': round(record.first, 3),
                    'last_s': round(record.last, 3), 'frames': record.frames,
                    'mean_score': round(record.score_sum / record.frames, 3)}
                   for track, record in sorted(recorder.tracks.items())],
    }


def write(summary: dict[str, Any], path: Path) -> None:
    """Write the summary as JSON; SourceError when that cannot be done."""
    try:
        path.write_text(json.dumps(summary, indent=2) + '\n', encoding='utf-8')
    except OSError as error:
        raise SourceError(f"output '{path}': cannot be written ({error.strerror}); give a folder "
                          'that is yours') from error


def failure(summary: dict[str, Any]) -> str:
    """Return why the run does not count as a success, in one line; empty when it does."""
    if summary['frames_bad']:
        return (f"{summary['frames_bad']} of {summary['frames_received']} frames were skipped as "
                'bad; tracker.log has the reason')
    return '' if summary['tracks'] else 'no face was tracked'


def table(summary: dict[str, Any]) -> str:
    """Return the tracks as a table, and a line of figures below it."""
    lines = ['', '   id   first s    last s   frames   mean score']
    lines += [f"{'#' + str(track['id']):>5} {track['first_s']:9.1f} {track['last_s']:9.1f} "
              f"{track['frames']:8d} {track['mean_score']:12.2f}" for track in summary['tracks']]
    lines += ['', '{frames_processed} of {frames_published} frames processed, {fps:.1f} a second; '
              'stamp to tracks {latency_p50_ms:.1f} ms (p50), {latency_p95_ms:.1f} ms (p95); '
              '{embeddings} embeddings'.format(**summary)]
    return '\n'.join(lines)
