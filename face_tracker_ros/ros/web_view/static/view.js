// Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
// Every text of the tracker goes through textContent or value: names are never taken for HTML.
'use strict';

const RETRY_MS = [500, 1000, 2000, 4000];
const QUIET_SECONDS = 2;
const MOST_STEPS = 200;  // of a slider
const WIDEST = 100;  // a range for which a slider is of use
const ANSWER_MS = 8000;  // for which the answer to a command is shown
const LEVELS = ['good', 'warn', 'error', 'warn'];  // of DiagnosticStatus
const STAGES = {convert: 'convert', detect: 'detect', camera: 'camera motion', embed: 'embed',
  track: 'track', publish: 'publish tracks', extras: 'other topics', annotate: 'draw'};

const at = (id) => document.getElementById(id);
let socket = null, attempts = 0, shown = [], lastFrame = 0;
let status = null, parameters = [], rows = new Map(), controls = new Map();

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// The connection: only while the page can be seen.

function connect() {
  if (document.hidden || socket) return;
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const mine = socket = new WebSocket(`${scheme}://${location.host}/live`);
  socket.binaryType = 'blob';
  socket.onopen = () => { attempts = 0; };
  socket.onmessage = (event) => (typeof event.data === 'string'
    ? take(JSON.parse(event.data)) : draw(mine, event.data));
  socket.onclose = (event) => {
    if (socket !== mine) return;
    socket = null;
    if (!document.hidden) {
      show('error', 'disconnected', event.reason || 'no connection to web_view; trying again');
      setTimeout(connect, RETRY_MS[Math.min(attempts++, RETRY_MS.length - 1)]);
    }
  };
}

function disconnect() {
  const old = socket;
  socket = null;
  if (old) old.close();
}

function take(message) {
  if (message.kind === 'status') showStatus(message.status);
  if (message.kind === 'tracks') showTracks(message.tracks);
  if (message.kind === 'parameters') showParameters(message.parameters);
}

async function draw(from, blob) {
  try {
    const bitmap = await createImageBitmap(blob);
    const canvas = at('canvas');
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
    }
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    bitmap.close();
    lastFrame = performance.now();
    shown.push(lastFrame);
    at('hint').hidden = true;
  } finally {
    if (from.readyState === WebSocket.OPEN) from.send('drawn');
  }
}

// The state of the tracker, latency and rates.

function show(level, state, message) {
  const pill = at('state'), line = at('message');
  pill.dataset.level = line.dataset.level = level;
  setText(pill, state);
  setText(line, message);
}

function showStatus(news) {
  status = news;
  setText(at('tracker'), news.tracker);
  document.title = news.tracker.slice(1);
  const old = news.report_age === null || news.report_age > 4;
  if (!news.present) {
    const others = news.others.length ? ` Running are: ${news.others.join(', ')}.` : '';
    show('error', 'not there', `No node ${news.tracker} is running: start it with "ros2 run `
      + `face_tracker_ros face_tracker_node", or name another with -p tracker:=NAME.${others}`);
  } else if (old) {
    show('warn', 'no report', news.report_age === null ? 'Waiting for its first report.'
      : `No report for ${news.report_age.toFixed(0)} s: it has ended, or is stuck.`);
  } else {
    show(LEVELS[news.level] || 'warn', news.values.state || '', news.message);
  }
  const quiet = !news.present || old || news.quiet === null || news.quiet > QUIET_SECONDS;
  document.body.classList.toggle('stale', quiet);
  showHint();
  showFigures(news.values);
  lockFixed();
}

function showHint() {
  const annotate = controls.get('annotate');
  const seconds = (performance.now() - lastFrame) / 1000;
  if (lastFrame && seconds < QUIET_SECONDS) return;
  let text = lastFrame ? `No image for ${seconds.toFixed(0)} s.` : 'No image yet.';
  if (annotate && annotate.entry.value === false) {
    text = 'The parameter annotate is false: no image is drawn.';
  }
  setText(at('hint'), text);
  at('hint').hidden = false;
}

function showFigures(values) {
  const number = (key, digits, unit = '') => (key in values
    ? `${Number(values[key]).toFixed(digits)}${unit}` : '–');
  const now = performance.now();
  shown = shown.filter((time) => now - time < 3000);
  const figures = [
    ['latency', number('latency_p50_ms', 0, ' ms')],
    ['latency, 95 %', number('latency_p95_ms', 0, ' ms')],
    ['images in', number('input_rate', 1, ' /s')], ['processed', number('fps', 1, ' /s')],
    ['shown here', `${(shown.length / 3).toFixed(1)} /s`],
    ['busy', 'utilization' in values ? `${Math.round(100 * values.utilization)} %` : '–'],
    ['replaced', number('replaced', 0)], ['lost on the way', number('lost_images', 0)],
    ['bad', number('bad_frames', 0)], ['ids so far', number('ids', 0)],
    ['memory', number('memory_mb', 0, ' MB')]];
  const list = at('figures');
  if (!list.children.length) {
    list.append(...figures.map(([name]) => make('div', {}, make('dt', {textContent: name}),
      make('dd'))));
  }
  figures.forEach(([, text], index) => setText(list.children[index].lastChild, text));
  showStages(values);
  const models = ['detector', 'encoder', 'landmarks'].filter((task) => values[task]);
  setText(at('models'), models.map((task) => `${task}: ${values[task]}`).join(' · '));
}

function showStages(values) {
  const stages = Object.entries(STAGES).filter(([key]) => `${key}_p50_ms` in values);
  const most = Math.max(0.1, ...stages.map(([key]) => Number(values[`${key}_p50_ms`])));
  const body = at('stages');
  body.parentElement.hidden = !stages.length;
  if (body.children.length !== stages.length) {
    body.replaceChildren(...stages.map(([, name]) => make('tr', {}, make('td', {textContent: name}),
      make('td', {}, make('div', {className: 'bar'})), make('td', {className: 'number'}),
      make('td', {className: 'number'}))));
  }
  stages.forEach(([key, name], index) => {
    const [title, bar, median, high] = body.children[index].children;
    const middle = Number(values[`${key}_p50_ms`]);
    setText(title, name);
    bar.firstChild.style.width = `${(100 * middle / most).toFixed(1)}%`;
    setText(median, middle.toFixed(1));
    setText(high, Number(values[`${key}_p95_ms`]).toFixed(1));
  });
}

// The table of tracks.

function showTracks(tracks) {
  const body = at('tracks');
  const present = new Set(tracks.map((track) => track.id));
  for (const [id, row] of rows) {
    if (!present.has(id) && !row.busy && !row.answer.textContent) {
      row.element.remove();
      rows.delete(id);
    }
  }
  for (const track of tracks) {
    if (!rows.has(track.id)) {
      const row = makeRow(track);
      rows.set(track.id, row);
      body.insertBefore(row.element, [...body.children].find(
        (other) => Number(other.dataset.track) > track.id) || null);
    }
    fillRow(rows.get(track.id), track);
  }
  const lost = tracks.filter((track) => track.lost).length;
  setText(at('count'), tracks.length ? `${tracks.length - lost} in view, ${lost} lost` : '');
  at('nobody').hidden = rows.size > 0;
  at('tracks').parentElement.hidden = rows.size === 0;
}

function makeRow(track) {
  const cell = (title, unit = '') => {
    const made = make('td', {className: 'number'});
    made.dataset.title = title;
    made.dataset.unit = unit;
    return made;
  };
  const row = {id: track.id, crop: make('img', {className: 'crop', alt: ''}), version: 0,
    dot: make('span', {className: 'dot'}), name: make('span', {className: 'name'}),
    note: make('span', {className: 'note'}), score: cell('score'), age: cell('age', ' s'),
    distance: cell('', ' m'), actions: make('td', {className: 'actions'}),
    answer: make('span', {className: 'note'}), busy: false};
  row.crop.hidden = true;
  row.crop.onerror = () => { row.crop.hidden = true; };
  row.crop.onload = () => { row.crop.hidden = false; };
  row.dot.style.background = track.color;
  row.element = make('tr', {}, make('td', {}, row.crop),
    make('td', {}, row.dot, `#${track.id}`), make('td', {}, row.name, row.note),
    row.score, row.age, row.distance, row.actions);
  row.element.dataset.track = track.id;
  return row;
}

function fillRow(row, track) {
  const text = (value, digits) => (value === null ? '–' : value.toFixed(digits));
  row.track = track;
  row.element.classList.toggle('lost', track.lost);
  if (track.crop !== row.version) {
    row.version = track.crop;
    row.crop.src = `crops/${track.id}?${track.crop}`;
  }
  const notes = [track.lost ? `lost for ${text(track.missed, 1)} s` : '', track.enrolment,
    track.facing && !track.lost ? 'faces the camera' : ''];
  setText(row.name, track.name);
  setText(row.note, notes.filter(Boolean).join(' · '));
  setText(row.score, text(track.score, 2));
  setText(row.age, text(track.age, 1));
  setText(row.distance, text(track.distance, 2));
  row.distance.dataset.unit = track.distance === null ? '' : ' m';
  if (row.busy) return;
  const wanted = hasStore() ? (track.name ? 'forget' : 'enroll') : 'none';
  if (row.shows !== wanted || row.named !== track.name) {
    row.shows = wanted;
    row.named = track.name;
    showButton(row);
  }
}

function hasStore() {
  const store = controls.get('identities.store');
  return Boolean(store && store.entry.value);
}

function showButton(row) {
  row.busy = false;
  const buttons = [];
  if (row.shows === 'enroll') {
    buttons.push(make('button', {textContent: 'Enrol', onclick: () => askName(row)}));
  } else if (row.shows === 'forget') {
    const name = row.track.name;
    buttons.push(make('button', {textContent: 'Forget', onclick: () => askForget(row, name)}));
  }
  fill(row, row.answer.textContent !== '', ...buttons, row.answer);
}

function fill(row, wide, ...children) {
  row.element.classList.toggle('asking', wide);
  row.actions.replaceChildren(...children);
}

function askName(row) {
  row.busy = true;
  const input = make('input', {placeholder: 'name', maxLength: 100, required: true,
    autocomplete: 'off', ariaLabel: `name of track ${row.id}`});
  const form = make('form', {onsubmit: (event) => {
    event.preventDefault();
    form.remove();
    act(row, 'enroll', {track: row.id, name: input.value},
      `Enrolling ${input.value}: look at the camera, and turn the head a little …`);
  }}, input, make('button', {textContent: 'Enrol', className: 'main'}),
  make('button', {textContent: 'Cancel', type: 'button', onclick: () => showButton(row)}));
  setText(row.answer, '');
  fill(row, true, form);
  input.focus();
}

function askForget(row, name) {
  row.busy = true;
  const form = make('form', {onsubmit: (event) => {
    event.preventDefault();
    form.remove();
    act(row, 'forget', {name}, `Forgetting ${name} …`);
  }}, make('button', {textContent: `Forget ${name} for good`, className: 'main'}),
  make('button', {textContent: 'Cancel', type: 'button', onclick: () => showButton(row)}));
  setText(row.answer, '');
  fill(row, true, form);
}

async function act(row, path, content, meanwhile) {
  row.answer.className = 'note';
  setText(row.answer, meanwhile);
  fill(row, true, row.answer);
  const answer = await post(path, content);
  row.answer.className = answer.ok ? 'note' : 'note error';
  setText(row.answer, answer.reason);
  row.shows = row.track.name ? 'forget' : 'enroll';
  showButton(row);
  setTimeout(() => {
    if (row.busy || row.answer.textContent !== answer.reason) return;
    setText(row.answer, '');
    showButton(row);
  }, ANSWER_MS);
}

async function post(path, content) {
  try {
    const response = await fetch(path, {method: 'POST', body: JSON.stringify(content),
      headers: {'Content-Type': 'application/json'}});
    const text = await response.text();
    return response.ok ? JSON.parse(text) : {ok: false, reason: text};
  } catch (error) {
    return {ok: false, reason: 'no connection to web_view; try again'};
  }
}

// Parameters.

function showParameters(news) {
  const same = news.length === parameters.length && news.every((entry, index) => {
    const {value: a, ...left} = entry, {value: b, ...right} = parameters[index];
    return JSON.stringify(left) === JSON.stringify(right);
  });
  parameters = news;
  if (!same) buildParameters(news);
  for (const entry of news) {
    const control = controls.get(entry.name);
    control.entry = entry;
    if (!control.busy) control.set(entry.value);
  }
  at('no-parameters').hidden = true;
  at('no-store').hidden = !controls.has('identities.store') || hasStore();
  lockFixed();
}

function buildParameters(entries) {
  const groups = new Map();
  controls = new Map();
  for (const entry of entries) {
    const dot = entry.name.lastIndexOf('.');
    const group = dot < 0 ? 'node and models' : entry.name.slice(0, dot);
    if (!groups.has(group)) groups.set(group, []);
    const control = makeControl(entry, entry.name.slice(dot + 1));
    controls.set(entry.name, control);
    groups.get(group).push(control.element);
  }
  const open = new Set([...at('parameters').children].filter((item) => item.open)
    .map((item) => item.dataset.group));
  at('parameters').replaceChildren(...[...groups].map(([group, elements]) => {
    const details = make('details', {open: open.has(group)}, make('summary', {textContent: group}),
      ...elements);
    details.dataset.group = group;
    return details;
  }));
  filter();
}

function makeControl(entry, title) {
  const id = `parameter ${entry.name}`;
  const error = make('p', {className: 'error', hidden: true});
  error.setAttribute('role', 'alert');
  const control = {entry, busy: false, inputs: []};
  const change = async (value) => {
    control.busy = true;
    const answer = await post('parameters', {name: entry.name, value});
    control.busy = false;
    error.hidden = answer.ok;
    setText(error, answer.reason);
    if (answer.ok) control.entry = {...control.entry, value};
    control.set(control.entry.value);
  };
  if (entry.kind === 'bool') makeCheckbox(control, change);
  else if (entry.choices.length) makeChoice(control, change);
  else if (entry.kind === 'integer' || entry.kind === 'double') makeNumber(control, change);
  else makeText(control, change);
  control.inputs[0].id = id;
  const label = make('label', {textContent: title});
  label.htmlFor = id;
  if (entry.fixed || entry.locked) {
    label.append(' ', make('span', {className: 'badge', textContent: 'fixed'}));
  }
  const range = entry.range ? ` [${entry.range.join(' to ')}]` : '';
  control.element = make('div', {className: 'parameter'},
    make('div', {className: 'row'}, label, ...control.inputs.slice().reverse()),
    make('p', {textContent: entry.text + range}), error);
  control.element.dataset.name = entry.name;
  return control;
}

function makeCheckbox(control, change) {
  const box = make('input', {type: 'checkbox', onchange: () => change(box.checked)});
  control.inputs = [box];
  control.set = (value) => { box.checked = value; };
}

function makeChoice(control, change) {
  const numeric = control.entry.kind !== 'string';
  const select = make('select', {onchange: () => change(
    numeric ? Number(select.value) : select.value)},
  ...control.entry.choices.map((choice) => make('option', {value: choice, textContent: choice})));
  control.inputs = [select];
  control.set = (value) => { select.value = String(value); };
}

function makeNumber(control, change) {
  const {kind, range} = control.entry;
  // What is no number goes to the node as text, which rejects it with its reason.
  const read = (input) => (input.value === '' ? '' : Number(input.value));
  const number = make('input', {type: 'number', step: kind === 'integer' ? '1' : 'any',
    onchange: () => change(read(number))});
  control.inputs = [number];
  if (range && range[1] - range[0] <= WIDEST) {
    const width = range[1] - range[0];
    const step = kind === 'integer' ? 1 : 10 ** Math.ceil(Math.log10(width / MOST_STEPS));
    const slider = make('input', {type: 'range', step: 'any', ariaLabel: control.entry.name});
    slider.min = range[0];
    slider.max = range[1];
    const rounded = () => Number(Math.min(range[1], Math.max(range[0],
      Math.round(slider.value / step) * step)).toFixed(6));
    slider.oninput = () => { control.busy = true; number.value = rounded(); };
    slider.onchange = () => change(rounded());
    control.inputs.push(slider);
  }
  control.set = (value) => control.inputs.forEach((input) => {
    if (document.activeElement !== number || input !== number || Number(number.value) !== value) {
      input.value = value;
    }
  });
}

function makeText(control, change) {
  const text = make('input', {type: 'text', autocomplete: 'off', spellcheck: false,
    onchange: () => change(text.value)});
  text.addEventListener('input', () => { control.busy = true; });
  text.addEventListener('blur', () => {
    if (text.value === control.entry.value) control.busy = false;
  });
  control.inputs = [text];
  control.set = (value) => { text.value = value; };
}

function lockFixed() {
  const free = status && status.values.state === 'unconfigured';
  for (const {entry, inputs} of controls.values()) {
    const locked = entry.locked || (entry.fixed && !free);
    for (const input of inputs) {
      input.disabled = locked;
      input.title = locked ? 'changes only while the node is unconfigured, or at its start' : '';
    }
  }
}

function filter() {
  const word = at('filter').value.trim().toLowerCase();
  for (const group of at('parameters').children) {
    let any = false;
    for (const element of group.querySelectorAll('.parameter')) {
      element.hidden = !element.textContent.toLowerCase().includes(word)
        && !element.dataset.name.includes(word);
      any = any || !element.hidden;
    }
    group.hidden = !any;
    if (word) group.open = any;
  }
}

at('filter').oninput = filter;
document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
addEventListener('pagehide', disconnect);
addEventListener('pageshow', connect);
connect();
