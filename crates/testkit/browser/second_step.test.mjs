// The second step of signing in, in real browsers: the owner has the app and the paper, the thief has the password and has
// looked over the owner's shoulder.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { launch, profile } from './browser.mjs';
import { answer, becomeCustomer, heading, letters, linkMailedBy, newCustomer, signIn } from './people.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const button = (page, name) => page.getByRole('button', { name, exact: true });

/** An authenticator app that shows a code it has not shown before, by RFC 6238. One step ahead of the clock is still taken. */
function app(key) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...key.replace(/\s/g, '')].map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const seed = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  let last = 0;
  return () => {
    last = Math.max(Math.floor(Date.now() / 30_000), last + 1);
    const counter = Buffer.alloc(8);
    counter.writeBigInt64BE(BigInt(last));
    const tag = createHmac('sha1', seed).update(counter).digest();
    const code = (tag.readUInt32BE(tag[19] & 15) & 0x7fffffff) % 1_000_000;
    return String(code).padStart(6, '0');
  };
}

async function giveCode(page, code) {
  await page.getByLabel('Code from your authenticator app').fill(code);
  await button(page, 'Sign in').click();
}

async function giveRecoveryCode(page, code) {
  const input = page.getByLabel('Recovery code', { exact: true });
  if (!(await input.isVisible())) await page.getByText('Use a recovery code').click();
  await input.fill(code);
  await button(page, 'Sign in with it').click();
}

async function confirmByPassword(page, { password }) {
  await heading(page, 'Confirm that it is you');
  await page.getByLabel('Your password', { exact: true }).fill(password);
  await button(page, 'Confirm').click();
}

async function isOut(page) {
  await page.goto('/home');
  assert.match(page.url(), /\/sign-in/);
}

test('the second step, for its owner and for a thief with the password', async (story) => {
  const customer = newCustomer('second');
  const owner = await profile(browser);
  const thief = await profile(browser, { script: false, width: 'phone' });
  await becomeCustomer(browser, owner.page, customer);
  await signIn(owner.page, customer);
  await owner.page.waitForURL('**/home');

  let codes;
  let next;
  await story.test('recovery codes are written down and an app is added, each proved for', async () => {
    await owner.page.goto('/settings/factors');
    await button(owner.page, 'Make recovery codes').click();
    await confirmByPassword(owner.page, customer);
    await heading(owner.page, 'Your recovery codes');
    codes = (await owner.page.getByRole('listitem').allInnerTexts()).filter((text) => /^([0-9A-Z]{4}-){5}[0-9A-Z]{4}$/.test(text));
    assert.equal(codes.length, 10);
    await owner.page.goto('/settings/factors');
    await button(owner.page, 'Add an authenticator app').click();
    await confirmByPassword(owner.page, customer);
    next = app(await owner.page.locator('.typed-key').textContent());
    await owner.page.getByLabel('Code', { exact: true }).fill(next());
    await button(owner.page, 'Confirm').click();
    await owner.page.waitForURL('**/settings/factors?done=app-added');
  });

  let seen;
  await story.test('the owner mistypes, is told so, and is in with the right code', async () => {
    await owner.context.clearCookies({ name: '__Host-session' });
    await signIn(owner.page, customer);
    await heading(owner.page, 'One more step');
    seen = next();
    await giveCode(owner.page, seen === '000000' ? '000001' : '000000');
    await owner.page.getByText('This code is not right.').waitFor();
    await giveCode(owner.page, seen);
    await owner.page.waitForURL('**/home');
  });

  await story.test('the thief has the password and the code that was just used, and is not in', async () => {
    await signIn(thief.page, customer);
    await heading(thief.page, 'One more step');
    await isOut(thief.page);
    await thief.page.goto('/sign-in/code');
    await giveCode(thief.page, seen);
    await thief.page.getByText('This code is not right.').waitFor();
    await giveRecoveryCode(thief.page, '0000-0000-0000-0000-0000-0000');
    await thief.page.getByText('This is not one of your unused recovery codes.').waitFor();
    await isOut(thief.page);
  });

  await story.test('the phone is at home: a recovery code signs in, once', async () => {
    for (const again of [false, true]) {
      await owner.context.clearCookies({ name: '__Host-session' });
      await signIn(owner.page, customer);
      await heading(owner.page, 'One more step');
      await giveRecoveryCode(owner.page, again ? codes[0] : codes[0].toLowerCase().replaceAll('-', ' '));
      if (again) await owner.page.getByText('This is not one of your unused recovery codes.').waitFor();
      else await owner.page.waitForURL('**/home');
    }
    await isOut(owner.page);
  });

  await story.test('even with a recovery code a new browser waits for the mailbox', async () => {
    const mail = { to: customer.email, subject: letters.waiting };
    const link = await linkMailedBy(browser, mail, async () => {
      await thief.page.goto('/sign-in/code');
      await giveRecoveryCode(thief.page, codes[1]);
      await heading(thief.page, 'Now open the link we sent you');
    });
    await isOut(thief.page);
    await owner.page.goto(link);
    await heading(owner.page, 'Is this you signing in?');
    await answer(owner.page, /No, refuse this sign-in/);
    await isOut(thief.page);
  });

  await story.test('no page had anything to complain about', () => {
    assert.deepEqual([...owner.complaints, ...thief.complaints], []);
  });
});

test('the demo’s own app signs its customer in', async () => {
  const noor = { email: 'noor@example.com', password: 'seven paper kites over dunes' };
  const [desk, phone] = [await profile(browser), await profile(browser, { width: 'phone' })];
  await signIn(desk.page, noor);
  await heading(desk.page, 'One more step');
  await phone.page.goto('/demo/authenticator');
  const shown = await phone.page.getByRole('row').filter({ hasText: /noor/i }).locator('td').nth(1).innerText();
  const mail = { to: noor.email, subject: letters.waiting };
  const link = await linkMailedBy(browser, mail, () => giveCode(desk.page, shown));
  await desk.page.goto(link);
  await answer(desk.page, /Yes, sign me in/);
  await desk.page.waitForURL('**/home');
  assert.deepEqual([...desk.complaints, ...phone.complaints], []);
});
