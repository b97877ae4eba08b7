// Passkeys in a real browser: registered, used to sign in without a name, offered while typing, and asked to confirm a
// change; by their owner, and by a thief who has a copy.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { authenticator } from './authenticator.mjs';
import { launch, profile, site } from './browser.mjs';
import { addPasskey, becomeCustomer, confirm, forget, heading, newCustomer, signIn } from './people.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const button = (page, name) => page.getByRole('button', { name });

async function leave(page) {
  await page.context().clearCookies({ name: '__Host-session' });
  await page.goto('/sign-in');
}

test('a passkey, from its first day to its copy', async (story) => {
  const customer = newCustomer('passkey');
  const owner = await profile(browser);
  const thief = await profile(browser, { width: 'phone' });
  await becomeCustomer(browser, owner.page, customer);
  await signIn(owner.page, customer);
  await owner.page.waitForURL('**/home');
  const key = await authenticator(owner.page);

  await story.test('it is registered after the password confirms it, with a name', async () => {
    await addPasskey(owner.page, 'The grey key', customer);
    await owner.page.getByText('The grey key').waitFor();
    await owner.page.getByText('Security key', { exact: true }).waitFor();
    assert.equal((await key.credentials()).length, 1);
  });

  await story.test('it signs in without a name', async () => {
    await leave(owner.page);
    await key.touched(false);
    await owner.page.reload();
    await button(owner.page, 'Sign in with a passkey').waitFor();
    await key.touched(true);
    await button(owner.page, 'Sign in with a passkey').click();
    await owner.page.waitForURL('**/home');
  });

  await story.test('it confirms a change, and does not make a second passkey in the same place', async () => {
    await owner.page.goto('/settings/passkeys');
    await button(owner.page, 'Add a passkey').click();
    await confirm(owner.page);
    await button(owner.page, 'Make the passkey').click();
    await owner.page.getByText('already keeps a passkey').waitFor();
  });

  let device;
  await story.test('a second one, in the device, is told apart', async () => {
    device = await authenticator(owner.page, { synced: true });
    // Nobody touches the key, which would only say again that it has one.
    await key.touched(false);
    await button(owner.page, 'Make the passkey').click();
    await owner.page.waitForURL('**/settings/passkeys?done=passkey-added');
    await owner.page.getByText('Synced passkey', { exact: true }).waitFor();
    assert.equal((await device.credentials()).length, 1);
  });

  await story.test('what the device keeps is offered where the address is typed', async () => {
    // The virtual authenticator takes the offer by itself, as a customer who picks it from the list would.
    await leave(owner.page);
    await owner.page.waitForURL('**/home');
    await device.remove();
    await key.touched(true);
  });

  await story.test('without finger, face or PIN nobody gets in', async () => {
    await key.verifies(false);
    await leave(owner.page);
    await button(owner.page, 'Sign in with a passkey').click();
    await owner.page.getByText('Nothing was sent').waitFor();
    await key.verifies(true);
  });

  await story.test('a thief with a copy that is behind is refused', async () => {
    const [copy] = await key.credentials();
    const theirs = await authenticator(thief.page);
    await theirs.touched(false);
    await theirs.add({ ...copy, signCount: 0 });
    await thief.page.goto('/sign-in');
    await theirs.touched(true);
    await button(thief.page, 'Sign in with a passkey').click();
    await thief.page.getByText('may have been copied').waitFor();
    await thief.page.goto('/home');
    assert.match(thief.page.url(), /\/sign-in/);
  });

  await story.test('the password is forgotten: the mailbox and the passkey choose another', async () => {
    const link = await forget(browser, owner.page, customer);
    // In the thief's browser the link asks for nothing and gives nothing.
    await thief.page.goto(link);
    await thief.page.getByText('This is another browser than the one that asked.').waitFor();
    await owner.page.goto(link);
    customer.password = 'forty quiet lanterns by the mill';
    await owner.page.getByLabel('New password', { exact: true }).fill(customer.password);
    await button(owner.page, 'Set it with a passkey').click();
    await owner.page.waitForURL('**/sign-in?done=password-reset');
  });

  await story.test('passkeys alone: the password opens nothing, and says so', async () => {
    await leave(owner.page);
    await button(owner.page, 'Sign in with a passkey').click();
    await owner.page.waitForURL('**/home');
    await owner.page.goto('/settings/passkeys');
    await button(owner.page, 'Use passkeys alone').click();
    await confirm(owner.page);
    await heading(owner.page, 'Done');
    await signIn(thief.page, customer);
    await thief.page.getByText('Only passkeys open your account').waitFor();
  });

  await story.test('no page had anything to complain about', () => {
    assert.deepEqual([...owner.complaints, ...thief.complaints], []);
  });
});

test('without script the pages say what they cannot do, and the rest works', async () => {
  const customer = newCustomer('plain');
  const owner = await profile(browser, { script: false });
  await becomeCustomer(browser, owner.page, customer);
  await owner.page.goto('/sign-in');
  await owner.page.getByText('a browser that knows passkeys').waitFor();
  await signIn(owner.page, customer);
  await owner.page.waitForURL('**/home');
  await owner.page.goto('/settings/passkeys');
  await button(owner.page, 'Add a passkey').click();
  await confirm(owner.page, customer);
  await owner.page.getByText('a browser that knows passkeys').waitFor();
});

test('password managers find our pages by themselves', async () => {
  const { page } = await profile(browser);
  const endpoints = await page.request.get('/.well-known/passkey-endpoints');
  assert.deepEqual(await endpoints.json(), { enroll: `${site}/settings/passkeys`, manage: `${site}/settings/passkeys` });
  const change = await page.request.get('/.well-known/change-password', { maxRedirects: 0 });
  assert.equal(change.headers().location, '/settings/password');
});
