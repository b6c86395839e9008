// Keeps the preview of a webhook as its form is: a while after something was typed,
// the form is posted by its button Preview, and of the page that comes back the
// preview and what is wrong with each field are taken over. What is typed is never
// touched.
'use strict';

(() => {
  const pause = 400; // milliseconds
  const form = document.getElementById('webhook');
  const shown = document.getElementById('preview-shown');
  const said = document.getElementById('preview-said');
  const touched = new Set();
  let timer, asked;

  // idsIn returns the ids of the details that are open.
  const idsIn = (within) => [...within.querySelectorAll('details[id][open]')].map((details) => details.id);

  // take puts the preview of a page in place of what is shown. What is open stays open, and what
  // has the focus keeps it.
  function take(fresh) {
    const open = idsIn(shown);
    const focused = shown.contains(document.activeElement) ? document.activeElement : null;
    const at = focused ? [...shown.querySelectorAll('a, summary, pre')].indexOf(focused) : -1;
    shown.replaceChildren(...fresh.getElementById('preview-shown').childNodes);
    open.forEach((id) => { const details = document.getElementById(id); if (details) details.open = true; });
    if (at >= 0) shown.querySelectorAll('a, summary, pre')[at]?.focus();
    showTimes(shown);
    tell(fresh.getElementById('preview-said').textContent);
  }

  function tell(text) {
    if (said.textContent !== text) said.textContent = text;
  }

  // mark shows beside each field that somebody has typed into what is wrong with it.
  function mark(fresh) {
    for (const input of form.elements) {
      const field = input.closest('.field');
      const other = input.id && fresh.getElementById(input.id)?.closest('.field');
      if (!field || !other || !(touched.has(input.name) || field.classList.contains('wrong'))) continue;
      const error = field.querySelector('.error');
      const text = other.querySelector('.error');
      if (error?.textContent === text?.textContent) continue;
      error?.remove();
      if (text) input.after(text);
      field.classList.toggle('wrong', !!text);
      const fromServer = fresh.getElementById(input.id);
      for (const name of ['aria-describedby', 'aria-invalid']) {
        if (fromServer.hasAttribute(name)) input.setAttribute(name, fromServer.getAttribute(name));
        else input.removeAttribute(name);
      }
    }
  }

  async function ask() {
    asked?.abort();
    const own = asked = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    body.set('action', 'preview');
    try {
      const response = await fetch(location.href, { method: 'POST', body, signal: own.signal, headers: { Accept: 'text/html' } });
      const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
      if (own !== asked) return;
      if (!fresh.getElementById('preview-shown')) throw new Error(response.statusText);
      take(fresh);
      mark(fresh);
    } catch (error) {
      if (error.name !== 'AbortError') tell('The preview cannot be made just now. What you typed is still here; the button Preview says why.');
    }
  }

  function changed(event) {
    touched.add(event.target.name);
    clearTimeout(timer);
    asked?.abort();
    timer = setTimeout(ask, pause);
  }

  form.addEventListener('input', changed);
  form.addEventListener('submit', () => { clearTimeout(timer); asked?.abort(); });
})();
