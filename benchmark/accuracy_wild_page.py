# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The accuracy page's section about images as people take them, its plot, and model cards."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from accuracy_tables import label, OURS, table

Figures = Mapping[str, Any]
BEGIN, END = '<!-- results: begin (benchmark/accuracy.py) -->', '<!-- results: end -->'
_WIDTH = 640  # of the rows that are compared with the default, and of near and rotated faces
_PEER = 'yunet'
_TRAINED_ON_WIDER = ('yunet', 'centerface', 'ultra-light-rfb-320', 'ultra-light-rfb-640',
                     'ultra-light-slim-320', 'ultra-light-slim-320-ir')


def wild_rows(figures: Figures) -> list[Figures]:
    """Return the rows, those that find most faces from 20 pixels first."""
    return sorted(figures['wild']['rows'], key=lambda row: -row['sizes']['20']['ap'])


def wild_section(figures: Figures) -> list[str]:
    """Return the section, [] where these images were not measured."""
    if 'wild' not in figures:
        return []
    wild = figures['wild']
    wide = [row for row in wild_rows(figures) if row['width'] == _WIDTH]
    trained = ', '.join(f'`{name}`' for name in _TRAINED_ON_WIDER
                        if any(row['name'] == name for row in wide))
    return [
        '## Images as people take them', '',
        '![Faces found over false alarms, near and rotated faces](accuracy-wild.png)', '',
        *_sizes_table(wild_rows(figures)),
        f"{wild['images']} images of the validation set of WIDER FACE (Yang et al., CVPR 2016), "
        f"scaled to a longer side of 640 pixels; {wild['faces']['12']}, {wild['faces']['20']} and "
        f"{wild['faces']['40']} faces from 12, 20 and 40 pixels (root of the box's area). Smaller "
        'faces are neither right nor wrong. *Found* and *false alarms* (boxes that overlap every '
        "face by less than 0.2, for each image) are those at the recommended score. Ours' score "
        'was chosen on these images, as the lowest with at most 0.25 false alarms an image from '
        f'20 pixels. Trained on the training set of WIDER FACE: {trained}; ours are not; of the '
        'others it is not known to us.', '',
        '### Near and rotated faces', '', *_views_table(wide),
        f"Share of faces found, in percent, at `detection.width` {_WIDTH}: {wild['photos']} "
        'photos of Labeled Faces in the Wild (ours was not trained on them), each placed in an '
        'image of 640x360 pixels; near: height of the face as a share of the height of the '
        f'image; rotated: in the plane, 60 pixels high. The true box is the one that `{_PEER}` '
        'gives to the whole photo.', '',
        *_comparison(wide)]


def _sizes_table(rows: Sequence[Figures]) -> list[str]:
    cells = []
    for row in rows:
        sizes = row['sizes']
        cells.append((label(row['name']), row['width'], f"{row['score']:g}",
                      *(sizes[size]['ap'] for size in ('12', '20', '40')),
                      *(sizes[size]['found'] for size in ('20', '40')),
                      *(f"{sizes[size]['alarms']:.2f}" for size in ('20', '40')), row['ms']))
    return table(('detector', 'width', 'score', 'AP from 12 px', '20 px', '40 px',
                  'found from 20 px', '40 px', 'false alarms from 20 px', '40 px', 'ms'), cells)


def _views_table(rows: Sequence[Figures]) -> list[str]:
    ordered = sorted(rows, key=lambda row: -sum((*row['near'].values(), *row['rotated'].values())))
    header = ('detector', *(f'near: {key}' if number == 0 else key for number, key in
                            enumerate(rows[0]['near'])),
              *(f'rotated: {key}°' if number == 0 else f'{key}°' for number, key in
                enumerate(rows[0]['rotated'])))
    return table(header, [
        (label(row['name']), *(f'{value:.0f}' for kind in ('near', 'rotated')
                               for value in row[kind].values())) for row in ordered])


def _comparison(rows: Sequence[Figures]) -> list[str]:
    """Return what each detector finds and costs compared with the default one."""
    own = next(row for row in rows if row['name'] == OURS[0])

    def points(row: Figures, *keys: str) -> str:
        values = []
        for part in (row, own):
            value: Any = part
            for key in keys:
                value = value[key]
            values.append(value)
        return f'{values[0] - values[1]:+.1f}'
    cells = []
    for row in sorted(rows, key=lambda row: row['ms']):
        if row is not own:
            cells.append((label(row['name']), f"{row['ms'] / own['ms']:.1f}",
                          points(row, 'sizes', '20', 'ap'), points(row, 'sizes', '40', 'ap'),
                          points(row, 'sizes', '20', 'found'), points(row, 'sizes', '40', 'found'),
                          f"{row['sizes']['20']['alarms'] - own['sizes']['20']['alarms']:+.2f}",
                          points(row, 'near', '0.9'), points(row, 'rotated', '60')))
    better = [row for row in rows if row['sizes']['20']['ap'] > own['sizes']['20']['ap']]
    names = ', '.join(f"`{row['name']}` ({row['ms'] / own['ms']:.1f} times the time)"
                      for row in sorted(better, key=lambda row: -row['sizes']['20']['ap'])
                      if not row['name'].startswith(OURS[0]))
    return [
        f'### Compared with the default, `{OURS[0]}`', '',
        *table(('detector', 'time, times', 'AP from 20 px', '40 px', 'found from 20 px', '40 px',
                'false alarms from 20 px', 'near: 0.9', 'rotated: 60°'), cells),
        'Points more (+) or fewer (-) than the default at the recommended scores, and its time '
        f"as a multiple of the default's ({own['ms']:.1f} ms), all at width {_WIDTH}. Higher AP "
        f'from 20 pixels than the default: {names or "none"}.', '']


def plot_wild(figures: Figures, path: Path) -> None:
    """Write the section's plot, where there is one."""
    if 'wild' not in figures:
        return
    from matplotlib import colormaps
    from matplotlib.figure import Figure
    figure = Figure(figsize=(12, 4.4), layout='constrained')
    axes = figure.subplots(1, 3, width_ratios=(1.7, 1, 1))
    rows = [row for row in wild_rows(figures) if row['width'] == _WIDTH]
    for number, row in enumerate(rows):
        style = {'color': colormaps['tab20'](number % 20),
                 'linewidth': 2.5 if row['name'] in OURS else 1,
                 'zorder': 3 if row['name'] in OURS else 2}
        _, found, alarms = zip(*row['curve'])
        axes[0].plot(alarms, found, label=row['name'], **style)
        axes[0].plot(row['sizes']['20']['alarms'], row['sizes']['20']['found'],
                     marker='osD^vP*X'[number % 8], **style)
        for own, kind in zip(axes[1:], ('near', 'rotated')):
            own.plot([float(key) for key in row[kind]], list(row[kind].values()),
                     marker='osD^vP*X'[number % 8], markersize=4, **style)
    axes[0].set(xlim=(0, 1), ylim=(0, 100), ylabel='faces found, %',
                xlabel='false alarms an image (mark: at the recommended score)',
                title='Faces from 20 pixels')
    axes[1].set(ylim=(-3, 103), title='Near faces', xlabel="height of the face / image's height")
    axes[2].set(ylim=(-3, 103), title='Rotated faces', xlabel='degrees')
    for own in axes:
        own.grid(alpha=0.3)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc='outside right center', fontsize=8)
    figure.savefig(path, dpi=80, metadata={'Software': None})


def write_card(figures: Figures, card: Path) -> None:
    """Replace the results of a detector's model card; nothing without marks or figures."""
    text = card.read_text(encoding='utf-8')
    if 'wild' not in figures or BEGIN not in text or END not in text:
        return
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    names = (OURS[0], f'{OURS[0]}-int8', _PEER)
    rows = [row for name in names for row in figures['wild']['rows']
            if (row['name'], row['width']) == (name, _WIDTH)]
    lines = [BEGIN, '', *_sizes_table(rows), *_views_table(rows),
             'Images of WIDER FACE, near and rotated faces; how they were measured, and other '
             'detectors, is in docs/accuracy.md of the repository.', '', END]
    card.write_text(before + '\n'.join(lines) + after, encoding='utf-8')
