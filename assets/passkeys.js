// Passkeys: asks the browser what our page was told to ask, and sends its answer with the form. The page says what works
// without this file.

const able = window.PublicKeyCredential?.parseRequestOptionsFromJSON && window.PublicKeyCredential?.parseCreationOptionsFromJSON;

const says = {
  NotAllowedError: 'Nothing was sent: the question was closed, or took too long. You can try again.',
  InvalidStateError: 'This device already keeps a passkey for your account. Use another device or a security key.',
  NotSupportedError: 'This device cannot keep a passkey of the kind we need. Use another one.',
};

// What we are to ask. The answer to it is good once, and for five minutes.
async function started(form) {
  const answer = await fetch(form.dataset.start, { method: 'POST', headers: { accept: 'application/json' } });
  if (!answer.ok || answer.redirected) throw new Error('not started');
  return (await answer.json()).options;
}

function send(form, credential) {
  const told = credential.toJSON();
  sessionStorage.setItem('passkey', told.id);
  form.querySelector('[data-passkey-answer]').value = JSON.stringify(told);
  form.submit();
}

let waiting;

async function ask(form) {
  const status = form.querySelector('[data-passkey-status]');
  status.hidden = true;
  waiting?.abort();
  try {
    const options = await started(form);
    const credential = form.dataset.passkey === 'create'
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    send(form, credential);
  } catch (fault) {
    status.textContent = says[fault.name] ?? 'This did not work. Reload the page and try again.';
    status.hidden = false;
  }
}

// Offers passkeys where the e-mail address is typed. A question that grows old is asked anew, while somebody looks.
async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  for (;;) {
    const mine = new AbortController();
    waiting = mine;
    let old = false;
    const renew = setTimeout(() => { old = true; mine.abort(); }, 240_000);
    try {
      const options = PublicKeyCredential.parseRequestOptionsFromJSON(await started(form));
      const credential = await navigator.credentials.get({ publicKey: options, mediation: 'conditional', signal: mine.signal });
      return send(form, credential);
    } catch {
      if (!old) return;
    } finally {
      clearTimeout(renew);
    }
    if (document.hidden) await new Promise((seen) => document.addEventListener('visibilitychange', seen, { once: true }));
  }
}

for (const form of able ? document.querySelectorAll('form[data-passkey]') : []) {
  form.hidden = false;
  form.querySelector('[data-passkey-cannot]').hidden = true;
  form.querySelector('[data-passkey-button]').hidden = false;
  form.addEventListener('submit', (event) => {
    // Other buttons of the form send it as it is.
    if (event.submitter && !('passkeyButton' in event.submitter.dataset)) return;
    event.preventDefault();
    ask(form);
  });
  if ('passkeyOffer' in form.dataset) offer(form);
}

// Tells the browser which passkeys still open something here, so that it does not go on offering others.
const party = document.querySelector('[data-relying-party]')?.dataset;
if (able && party?.user) {
  const allAcceptedCredentialIds = party.passkeysAccepted.split(' ').filter(Boolean);
  PublicKeyCredential.signalAllAcceptedCredentials?.({ rpId: party.relyingParty, userId: party.user, allAcceptedCredentialIds }).catch(() => {});
}
if (able && party && 'passkeyUnknown' in party) {
  const credentialId = sessionStorage.getItem('passkey');
  if (credentialId) PublicKeyCredential.signalUnknownCredential?.({ rpId: party.relyingParty, credentialId }).catch(() => {});
}
