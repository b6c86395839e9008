// What the console's pages do beyond what they do without this file: times in the
// browser's zone, keys, and parts that change by themselves.
'use strict';

// --- times ---

const units = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

function showTime(element) {
  const at = new Date(element.dateTime);
  if (isNaN(at)) return;
  const seconds = Math.round((at - Date.now()) / 1000);
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) || units[3];
  element.textContent = relative.format(Math.round(seconds / size), unit);
  element.title = absolute.format(at);
}

function showTimes(within) {
  within.querySelectorAll('time[datetime]').forEach(showTime);
}

showTimes(document);
setInterval(() => showTimes(document), 20000);

// --- keys: / goes to the search, j and k from row to row, Enter follows its link ---

function typing(target) {
  return target.closest('input, textarea, select, [contenteditable]');
}

function move(step) {
  const rows = [...document.querySelectorAll('tr[data-row], details.record > summary')];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains('here') || row.contains(document.activeElement));
  const to = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  rows.forEach((row) => row.classList.toggle('here', row === to));
  const link = to.matches('summary') ? to : to.querySelector('a, button');
  if (link) link.focus();
  to.scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === '/') {
    const search = document.querySelector('[data-search]') || document.querySelector('main input:not([type=hidden])');
    if (search) {
      event.preventDefault();
      const folded = search.closest('details');
      if (folded) folded.open = true;
      search.focus();
    }
  } else if (event.key === 'j') move(1);
  else if (event.key === 'k') move(-1);
});

// --- what is loaded after the page, in the place of the link to it ---

document.querySelectorAll('[data-load]').forEach(async (place) => {
  const link = place.innerHTML;
  place.setAttribute('aria-busy', 'true');
  place.querySelector('a').textContent += ' …';
  try {
    const answer = await fetch(place.dataset.load);
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(place.id);
    if (!answer.ok || !fresh) throw new Error(answer.statusText);
    place.replaceChildren(...fresh.childNodes);
    showTimes(place);
  } catch {
    place.innerHTML = link;
  }
  place.removeAttribute('aria-busy');
});

// --- what changes by itself ---

const said = document.getElementById('said');
const lost = document.getElementById('lost');
const still = matchMedia('(prefers-reduced-motion: reduce)');

// rowsOf returns the rows of a part by their keys.
function rowsOf(within) {
  return new Map([...within.querySelectorAll('tr[data-row]')].map((row) => [row.dataset.row, row]));
}

// replace puts a part's new content in, after rows that are gone have faded. What
// had the focus keeps it, if it is still there; while somebody types in the part
// it stays as it is.
function replace(element, part) {
  if (element.dataset.live === part.version) return;
  if (element.contains(document.activeElement) && typing(document.activeElement)) return;
  const fresh = new DOMParser().parseFromString(part.html, 'text/html').body;
  const kept = rowsOf(fresh);
  const gone = [...rowsOf(element)].filter(([key]) => !kept.has(key)).map(([, row]) => row);
  element.dataset.live = part.version;
  gone.forEach((row) => row.classList.add('gone'));
  setTimeout(() => {
    if (element.dataset.live !== part.version) return;
    const row = document.activeElement.closest('tr[data-row]');
    const here = row && element.contains(row) ? row.dataset.row : null;
    const active = element.contains(document.activeElement) ? document.activeElement : null;
    const id = active?.id || active?.parentElement.id;
    const button = active?.matches('button') && active.form?.id ? [active.form.id, active.value] : null;
    const unfolded = [...element.querySelectorAll('details[id][open]')].map((details) => details.id);
    element.replaceChildren(...fresh.childNodes);
    unfolded.forEach((id) => { const details = document.getElementById(id); if (details) details.open = true; });
    showTimes(element);
    const focused = (button && [...(document.getElementById(button[0])?.elements || [])].find((each) => each.value === button[1])) ||
      (id && (document.querySelector(`#${CSS.escape(id)} > summary`) || document.getElementById(id))) || (here && rowsOf(element).get(here)?.querySelector('a, button'));
    if (focused) focused.focus();
  }, gone.length && !still.matches ? 600 : 0);
}

function follow() {
  const stream = new EventSource(location.href);
  stream.addEventListener('part', (event) => {
    const part = JSON.parse(event.data);
    const element = document.getElementById(part.id);
    if (element) replace(element, part);
  });
  stream.addEventListener('title', (event) => {
    const title = JSON.parse(event.data);
    lost.hidden = true;
    if (document.title !== title.title + ' · Latch') {
      document.title = title.title + ' · Latch';
      said.textContent = title.said;
    }
  });
  stream.addEventListener('lost', (event) => {
    lost.textContent = JSON.parse(event.data).said + '. What is shown here may be out of date.';
    lost.hidden = false;
  });
  stream.addEventListener('error', () => {
    if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again
    lost.textContent = 'This page does not change by itself any more. Reload it to see what is new.';
    lost.hidden = false;
  });
}

if (document.body.hasAttribute('data-stream')) follow();
