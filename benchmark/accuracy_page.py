# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Figures become a page and its plots."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
import statistics
from typing import Any

from accuracy_tables import label, OURS, table
from accuracy_wild_page import plot_wild, wild_section, write_card

Figures = Mapping[str, Any]
_LEAST_SHOWN = 80  # percent of recall, at the foot of the plot


def write_page(figures: Figures, folder: Path) -> None:
    """Write accuracy.md and its plots into a folder."""
    plot_wild(figures, folder / 'accuracy-wild.png')
    _plot_detectors(figures, folder / 'accuracy-detectors.png')
    _plot_encoders(figures, folder / 'accuracy-encoders.png')
    _plot_tracking(figures, folder / 'accuracy-tracking.png')
    parts = [*_opening(figures), *wild_section(figures), *_detectors(figures),
             *_encoders(figures), *_tracking(figures)]
    (folder / 'accuracy.md').write_text('\n'.join(parts) + '\n', encoding='utf-8')


def write_cards(figures: Figures, models: Path) -> None:
    """Write the results into the model cards of our detectors."""
    for name in (OURS[0], f'{OURS[0]}-int8'):
        write_card(figures, models / name / 'MODEL_CARD.md')


def _opening(figures: Figures) -> list[str]:
    parts = [
        '# Accuracy of the models', '',
        "Written by one command, from the repository's folder after `source scripts/env.sh`; "
        'everything but the times comes out the same again:', '',
        '```bash',
        'python3 benchmark/accuracy.py --clips CLIPS --people PHOTOS --models MODELS --wild WILD'
        + figures['arguments'],
        'python3 benchmark/accuracy.py --from docs/results/accuracy.json   # the page only',
        '```', '',
        'CLIPS: the five clips of github intel-iot-devkit/sample-videos (CC-BY-4.0, Intel) that '
        'show faces, four of them as 480x270 previews. PHOTOS: people of Labeled Faces in the '
        'Wild who were held out by name from the training of our encoder. MODELS: the files '
        'that are not in the package. WILD: images of WIDER FACE with their boxes. Times are '
        'medians of the CPU time of one image on one thread, all models interleaved: compare '
        'within a table. Each row is the very model that it names; on processors that compute in '
        'INT8 the tracker may use the INT8 forms, which have rows of their own, instead of ours '
        '(`inference.int8`). All figures are in [results/accuracy.json](results/accuracy.json).']
    if earlier := figures.get('earlier'):
        parts += ['', *earlier.values()]
    if figures['missing']:
        names = ', '.join(f'`{name}`' for name in figures['missing'])
        parts += ['', f'Not installed and so not measured: {names}.']
    return [*parts, '']


def _detectors(figures: Figures) -> list[str]:
    clips, scenes, times = figures['clips'], figures['scenes'], figures['times']
    exact = {(row['name'], row['width']): row for row in scenes['rows']}
    rows = sorted(clips['rows'], key=lambda row: -exact[row['name'], row['width']]['recall'])
    cells = []
    for row in rows:
        own = exact[row['name'], row['width']]
        reference = row['name'] == 'face-detection-adas-0001'
        cells.append((label(row['name']), row['width'], f"{row['score']:g}",
                      'reference' if reference else 100 * row['recall'],
                      '' if reference else row['extra'], 100 * own['recall'],
                      100 * own['precision'], 100 * own['average_precision'],
                      times[f"{row['name']} {row['width']}"]))
    return [
        '## Detectors', '', '![Recall and time of the detectors](accuracy-detectors.png)', '',
        *table(('detector', 'width', 'score', 'clips: recall', 'extra', 'scenes: recall',
                'precision', 'AP', 'ms'), cells),
        'A face is found when a box overlaps its own by more than 0.4 (IoU). *Clips*: '
        f"{clips['frames']} frames, evenly taken from {clips['clips']} clips, {clips['faces']} "
        'faces; right is what `face-detection-adas-0001` (FP16, score 0.5) finds, so *extra* '
        'boxes may be faces that it misses, and two errors alike do not show. *Scenes*: '
        f"{scenes['frames']} generated images of 1280x720 ({_scenes(figures)}), "
        f"{scenes['faces']} faces of about 30 to 200 pixels of which at least 40 % show; a box on "
        'a more hidden face is neither right nor wrong. Their boxes are exact in position; their '
        f"extent follows from five landmarks that `{scenes['truth']}` found on the photo, in "
        'proportions that are means of boxes by YuNet and CenterFace '
        '(`face_tracker_ros/evaluation/face_geometry.py`): no detector of ours has a part in the '
        'truth. *Score* is the '
        "threshold that the model's description recommends; average precision (AP) takes all "
        f'thresholds from 0.05. The plot begins at {_LEAST_SHOWN} %.', '',
        *_better_detectors(rows, exact, times), '']


def _better_detectors(rows: Sequence[Figures], exact: Mapping[Any, Figures],
                      times: Mapping[str, float]) -> list[str]:
    """Say which detectors beat ours at the default width, and by what."""
    own = next(row for row in rows if row['name'] == OURS[0] and row['width'] == 640)
    own_exact, own_time = exact[OURS[0], 640], times[f'{OURS[0]} 640']

    def names(better: Iterable[tuple[str, int]]) -> str:
        return ', '.join(f'`{name}` ({width})' for name, width in better) or 'none'
    others = [row for row in rows if row['name'] not in (OURS[0], 'face-detection-adas-0001')]
    clips = [(row['name'], row['width']) for row in others if row['recall'] > own['recall']]
    scenes = [(row['name'], row['width']) for row in others
              if exact[row['name'], row['width']]['recall'] > own_exact['recall']]
    quick = [entry for entry in clips if times[f'{entry[0]} {entry[1]}'] <= own_time]
    return [f'Better than `{OURS[0]}` at `detection.width` 640: recall on clips '
            f'({100 * own["recall"]:.1f} %): {names(clips)}; of these no slower in this run: '
            f'{names(quick)}. Recall on scenes ({100 * own_exact["recall"]:.1f} %): '
            f'{names(scenes)}.']


def _encoders(figures: Figures) -> list[str]:
    found, times = figures['encoders'], figures['times']
    cells = [(label(row['name']), 'yes' if row['aligned'] else 'no', row['size'],
              row['accuracy'], row['eer'], row['tar'], f"{row['threshold']:.2f}",
              f"{row['same_mean']:.2f} / {row['different_mean']:.2f}",
              times[f"{row['name']} 1"], times[f"{row['name']} 4"])
             for row in found['rows']]
    at_far = found['different'] / 1000
    return [
        '## Encoders', '', '![Same persons accepted over others accepted]'
        '(accuracy-encoders.png)', '',
        *table(('encoder', 'aligned', 'face, pixels', 'accuracy %', 'EER %',
                'TAR at FAR 0.1 %', 'threshold', 'cosine same / different', 'ms, 1 face',
                '4 faces'), cells),
        f"{found['photos']} photos of {found['people']} people"
        + (f" ({found['without']} left out: no face found in the middle)"
           if found['without'] else '')
        + f", boxes and landmarks by `{found['boxes']}`. The people, by name, are dealt into ten "
        f"folds; the pairs are all pairs of photos within a fold: {found['same']} of one person "
        f"and {found['different']} of two. Accuracy is that of Labeled Faces in the Wild (each "
        'fold at the best threshold of the other nine, mean), both kinds of pairs weighing the '
        'same; it is no score on the official pairs. TAR at FAR 0.1 % rests on '
        f'{at_far:.0f} pairs of different people: a rough figure. Where the face (median '
        f"{found['own_size']:.0f} pixels) is larger than given, the photo was downscaled and "
        'upscaled again. *Aligned*: rotated by five landmarks, for '
        "`face-reidentification-retail-0095` as in its description, for others to the points' "
        "mean position in the encoder's own crops; the landmarks are those of the photo in full "
        'size, a robot has worse ones. The tracker aligns for '
        '`face-reidentification-retail-0095`, where it has landmarks, and takes box crops for '
        'ours.', '',
        'Held out by name means that a few of these people may be among the training images '
        f'of `{OURS[1]}` under another name, and some have look-alikes there (its '
        '[MODEL_CARD](../models/mobilenetv3-large-face/MODEL_CARD.md) estimates what that is '
        'worth: 0.3 to 0.8 points). What other encoders were trained on is not known to us and '
        'may include these people.', '']


def _scenes(figures: Figures) -> str:
    first, last = figures['seeds']
    seeds = f'seed {first}' if first == last else f'seeds {first}-{last}'
    return f"{figures['scenes']['people']} people, {seeds}, still and moving camera"


def means(figures: Figures) -> list[dict[str, Any]]:
    """Return the mean scores of each pair of models, by camera, best first."""
    groups: dict[tuple[str, str], dict[str, list[Figures]]] = {}
    for row in figures['scenes']['tracking']:
        own = groups.setdefault((row['detector'], row['encoder']), {})
        own.setdefault(row['camera'], []).append(row)
    found = [{'detector': pair[0], 'encoder': pair[1],
              **{f'{camera} {name}': statistics.fmean(row[name] for row in rows)
                 for camera, rows in cameras.items() for name in ('idf1', 'hota', 'switches')}}
             for pair, cameras in groups.items()]
    return sorted(found, key=lambda row: -row['still idf1'] - row['moving idf1'])


def _tracking(figures: Figures) -> list[str]:
    scenes = figures['scenes']
    cells = [(label(row['detector']), label(row['encoder']),
              *(row[f'{camera} {name}'] for camera in ('still', 'moving')
                for name in ('idf1', 'hota', 'switches'))) for row in means(figures)]
    return [
        '## Tracking', '', '![IDF1 by model](accuracy-tracking.png)', '',
        *table(('detector', 'encoder', 'still: IDF1', 'HOTA', 'switches', 'moving: IDF1', 'HOTA',
                'switches'), cells),
        f"Generated scenes of {figures['seconds']:g} s at {scenes['rate']:g} frames a second "
        f'({_scenes(figures)}; people cross, leave and come back, half of them as another '
        'photo), the whole tracker with default parameters and the detector on every frame: '
        'scores and distances are those that '
        "the models' descriptions recommend. Means over the seeds. With so few scenes one person "
        'who gets a new id moves a mean by several points: models that differ by less are alike. '
        'Scored is the detection that a track took. The other parameters were chosen with '
        f'`{OURS[0]}` and `{OURS[1]}`, on other scenes of other people.', '',
        '## Terms', '', *table(('model', 'licence'), [
            (label(name), licence) for name, licence in figures['terms'].items()]),
        'Which of our weights may be used for any purpose: [terms](about/terms.md).']


def _plot_detectors(figures: Figures, path: Path) -> None:
    from matplotlib import colormaps
    from matplotlib.figure import Figure
    figure = Figure(figsize=(10, 4.2), layout='constrained')
    times = figures['times']
    for axes, title, rows in zip(figure.subplots(1, 2), ('clips', 'scenes'), (
            figures['clips']['rows'], figures['scenes']['rows'])):
        for number, name in enumerate(dict.fromkeys(row['name'] for row in rows)):
            if title == 'clips' and name == 'face-detection-adas-0001':
                continue
            own = [row for row in rows if row['name'] == name]
            axes.plot([times[f"{name} {row['width']}"] for row in own],
                      [100 * row['recall'] for row in own], marker='osD^vP*X'[number % 8],
                      color=colormaps['tab20'](number % 20), label=name,
                      linewidth=2.5 if name in OURS else 1)
        axes.set(xscale='log', xlabel='ms of CPU time an image, one thread', ylabel='recall, %',
                 ylim=(_LEAST_SHOWN, 100.5),
                 title=f'Recall on {title}')
        axes.set_xticks([2, 5, 10, 20, 50], ['2', '5', '10', '20', '50'])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    handles = {}
    for axes in figure.axes:
        handles.update(dict(zip(*reversed(axes.get_legend_handles_labels()))))
    figure.legend(handles.values(), handles, loc='outside right center', fontsize=8)
    figure.savefig(path, dpi=80, metadata={'Software': None})


def _plot_encoders(figures: Figures, path: Path) -> None:
    from matplotlib.figure import Figure
    figure = Figure(figsize=(10, 3.8), layout='constrained')
    rows = figures['encoders']['rows']
    sizes = list(dict.fromkeys(row['size'] for row in rows))
    names = list(dict.fromkeys(row['name'] for row in rows))
    for axes, size in zip(figure.subplots(1, len(sizes), sharey=True), sizes):
        for row in (row for row in rows if row['size'] == size):
            false, true = row['curve']
            how = 'aligned' if row['aligned'] else 'box crop'
            axes.plot([100 * value for value in false], [100 * value for value in true],
                      '--' if row['aligned'] else '-', label=f"{row['name']}, {how}",
                      color=f"C{names.index(row['name'])}")
        axes.set(xscale='log', xlim=(0.05, 100), title=f'faces of {size} pixels',
                 xlabel='different persons accepted, %')
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel('same persons accepted, %')
    figure.axes[0].legend(fontsize=7, loc='lower right')
    figure.savefig(path, dpi=80, metadata={'Software': None})


def _plot_tracking(figures: Figures, path: Path) -> None:
    from matplotlib.figure import Figure
    rows = means(figures)[::-1]
    figure = Figure(figsize=(9, 1 + 0.42 * len(rows)), layout='constrained')
    axes = figure.subplots()
    for offset, camera in ((0.2, 'still'), (-0.2, 'moving')):
        axes.barh([number + offset for number in range(len(rows))],
                  [row[f'{camera} idf1'] for row in rows], 0.38, label=f'{camera} camera')
    axes.set_yticks(range(len(rows)), [
        row['detector'] if row['encoder'] == OURS[1]
        else f"{row['detector']} + {row['encoder']}" for row in rows], fontsize=8)
    axes.set(xlim=(0, 100), xlabel='IDF1, %', title=f'Tracking; encoder {OURS[1]} unless named')
    axes.grid(axis='x', alpha=0.3)
    figure.legend(loc='outside lower right', fontsize=8, ncols=2)
    figure.savefig(path, dpi=80, metadata={'Software': None})
