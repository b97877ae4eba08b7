// Everything on this site works without this file. It adds: local times, showing a typed password,
// the strength of a new password while typing, new activity without reloading.

const soon = (wait, act) => {
  let timer;
  return (...args) => { clearTimeout(timer); timer = setTimeout(() => act(...args), wait); };
};

// Beside each exact time, the same moment on the customer's own clock, with its zone.
const own = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' });
function onOwnClock(moment) {
  const line = document.createElement('span');
  if (Number.isNaN(moment.valueOf()) || moment.getTimezoneOffset() === 0) return line;
  line.className = 'local';
  line.textContent = ` (${own.format(moment)})`;
  return line;
}
const localise = (time) => time.append(onOwnClock(new Date(time.dateTime)));
document.querySelectorAll('time[data-local]').forEach(localise);

// The same for times inside a sentence, such as what a form says that came too early.
const exact = /(\d{1,2})\u00a0(\w{3})\u00a0(\d{4}), (\d\d:\d\d:\d\d)\u00a0UTC/;
const inWords = document.createTreeWalker(document.getElementById('content'), NodeFilter.SHOW_TEXT);
const sentences = [];
while (inWords.nextNode()) if (!inWords.currentNode.parentElement.closest('time, pre, textarea')) sentences.push(inWords.currentNode);
for (let words of sentences) {
  for (let found = exact.exec(words.data); found; found = exact.exec(words.data)) {
    words = words.splitText(found.index + found[0].length);
    words.before(onOwnClock(new Date(`${found[2]} ${found[1]}, ${found[3]} ${found[4]} UTC`)));
  }
}

for (const input of document.querySelectorAll('input[data-secret]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'quiet-button reveal';
  const show = (shown) => {
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? 'Hide' : 'Show';
    button.setAttribute('aria-label', `${button.textContent} what is typed under ${input.labels[0].textContent}`);
  };
  button.addEventListener('click', () => show(input.type === 'password'));
  input.form.addEventListener('submit', () => show(false));
  show(false);
  input.after(button);
}

// The strength of a new password: the same question the "check" button asks, asked after each pause.
const check = document.querySelector('button[data-check]');
if (check) {
  const form = check.form;
  const input = form.elements[check.dataset.check];
  const box = document.getElementById('strength');
  check.hidden = true;
  const ask = soon(350, async () => {
    const asked = input.value;
    if (asked === '') { box.hidden = true; return; }
    const answer = await fetch(check.formAction, { method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { accept: 'application/json' } }).catch(() => null);
    if (!answer?.ok || answer.redirected || asked !== input.value) return;
    const found = await answer.json();
    box.querySelector('[data-verdict]').textContent = found.verdict;
    box.querySelector('meter').value = found.level;
    box.querySelector('[data-reasons]').replaceChildren(...found.reasons.map((reason) => {
      const line = document.createElement('li');
      line.textContent = reason;
      return line;
    }));
    box.hidden = false;
  });
  input.addEventListener('input', ask);
}

// New entries of the activity log, as they happen.
const live = document.querySelector('[data-live]');
if (live) {
  const status = document.getElementById('live');
  const rows = document.getElementById('events');
  const blank = document.getElementById('event-row');
  const source = new EventSource(live.dataset.live);
  // No seat is free for this page: it is told what is new until now, and the browser asks again by itself.
  let full = false;
  source.addEventListener('full', () => {
    full = true;
    status.textContent = 'Many pages are open right now. This one looks for new activity every half minute.';
  });
  const sayLive = () => { if (!full) status.textContent = 'Live: new activity appears here by itself.'; };
  source.addEventListener('open', () => {
    if (!full) { sayLive(); return; }
    full = false;
    setTimeout(sayLive, 2000);
  });
  source.addEventListener('error', () => { if (!full) status.textContent = 'Not live right now. Reload to see the newest.'; });
  source.addEventListener('ended', () => location.reload());
  source.addEventListener('activity', (message) => {
    const event = JSON.parse(message.data);
    if (!rows || document.getElementById(`event-${event.sequence}`)) return;
    const row = blank.content.firstElementChild.cloneNode(true);
    row.id = `event-${event.sequence}`;
    row.classList.add(event.tone);
    const words = { title: event.title, detail: event.detail ?? '', when: event.seen.when.text, place: event.seen.place, ip: event.seen.ip, browser: event.seen.browser };
    for (const place of row.querySelectorAll('[data-fill]')) {
      place.textContent = words[place.dataset.fill];
      if (place.dataset.fill === 'when') { place.dateTime = event.seen.when.iso; localise(place); }
    }
    if (event.seen.reported) {
      const reported = row.querySelector('[data-reported]');
      const time = reported.querySelector('time');
      time.textContent = event.seen.reported.text;
      time.dateTime = event.seen.reported.iso;
      localise(time);
      reported.hidden = false;
    }
    const copy = row.querySelector('[data-copy]');
    if (copy && event.told) { copy.href = `/notices/copy?sequence=${event.sequence}`; copy.hidden = false; }
    rows.prepend(row);
    status.textContent = `New: ${event.title}`;
  });
}

// The demo's mailbox shows new mail by itself.
const mailbox = document.querySelector('[data-reload]');
if (mailbox) new EventSource(mailbox.dataset.reload).addEventListener('message', () => location.reload());
