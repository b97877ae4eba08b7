// What people do on the site, in their words: the labels and buttons they read, never the names behind them.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { profile } from './browser.mjs';

/** Opens an account as far as "Check your mail". */
export async function openAccount(page, { email, password }) {
  await page.goto('/');
  await page.getByRole('navigation').getByRole('link', { name: 'Open an account' }).click();
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Open my account' }).click();
  await heading(page, 'Check your mail');
}

/** Types address and password, in whatever browser this is. */
export async function signIn(page, { email, password }) {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Chooses one of the answers of a question, none of which is chosen beforehand, and sends it. */
export async function answer(page, choice) {
  assert.equal(await page.locator('input[type=radio]:checked').count(), 0, 'an answer was chosen beforehand');
  await page.getByRole('radio', { name: choice }).check();
  await page.getByRole('button', { name: 'Send my answer' }).click();
}

/** Waits for the page with this heading. */
export function heading(page, name) {
  return page.getByRole('heading', { level: 1, name }).waitFor();
}

/**
 * Does something that makes the site write to somebody, and returns the first link in that letter that leads to a page
 * of ours. The mailbox is open before, so that an older letter about the same is not taken for this one.
 */
export async function linkMailedBy(browser, { to, subject }, act) {
  const { context, page } = await profile(browser);
  try {
    await page.goto('/demo/mailbox');
    const letters = page
      .getByRole('article')
      .filter({ hasText: to })
      .filter({ has: page.getByRole('heading', { name: subject }) });
    const before = await letters.count();
    await act();
    // The mailbox shows a new letter by itself, above the older ones.
    await letters.nth(before).waitFor();
    return await letters.first().locator('.body a[href*="/l/"]').first().evaluate((link) => link.href);
  } finally {
    await context.close();
  }
}

export const letters = {
  confirm: 'Your account was opened',
  waiting: 'A new browser asked to sign in',
  newBrowser: 'Somebody signed in from a new browser',
  reset: 'Somebody asked for a new password',
};

/** Confirms a change with the password, or with a passkey where there is one. */
export async function confirm(page, customer) {
  await heading(page, 'Confirm that it is you');
  if (customer) {
    await page.getByLabel('Your password', { exact: true }).fill(customer.password);
    await page.getByRole('button', { name: 'Confirm', exact: true }).click();
  } else {
    await page.getByRole('button', { name: 'Confirm with a passkey' }).click();
  }
}

/** Adds a passkey that the page's authenticator makes. */
export async function addPasskey(page, name, customer) {
  await page.goto('/settings/passkeys');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await confirm(page, customer);
  await heading(page, 'Add a passkey');
  await page.getByLabel('A name for it').fill(name);
  await page.getByRole('button', { name: 'Make the passkey' }).click();
  await page.waitForURL('**/settings/passkeys?done=passkey-added');
}

/** Asks for a new password and returns the mailed link. */
export async function forget(browser, page, { email }) {
  await page.goto('/forgot');
  return linkMailedBy(browser, { to: email, subject: letters.reset }, async () => {
    await page.getByLabel('E-mail address').fill(email);
    await page.getByRole('button', { name: 'Write to me' }).click();
    await heading(page, 'Check your mail');
  });
}

/** Adds a phone, with the code that the demo's mailbox shows. */
export async function addPhone(browser, page, number) {
  await page.goto('/settings/phone');
  await page.getByLabel('Number of a mobile phone').fill(number);
  await page.getByRole('button', { name: 'Send me a code' }).click();
  const { context, page: handset } = await profile(browser);
  await handset.goto('/demo/mailbox');
  const sms = await handset.getByRole('article').filter({ hasText: number }).first().innerText();
  await context.close();
  await page.getByLabel('Code from the SMS').fill(sms.match(/\b\d{6}\b/)[0]);
  await page.getByRole('button', { name: 'Confirm this phone' }).click();
  await page.waitForURL('**/settings/phone?done=phone-confirmed');
}

/** Somebody the site has never heard of. */
export function newCustomer(name) {
  return { email: `${name}-${randomUUID()}@mail.example`, password: 'walnut harbour sixteen lanterns' };
}

/** Opens an account and confirms its address in the same browser, which is known from then on. */
export async function becomeCustomer(browser, page, customer) {
  const link = await linkMailedBy(browser, { to: customer.email, subject: letters.confirm }, () => openAccount(page, customer));
  await page.goto(link);
  await answer(page, /Yes, I opened this account/);
  await page.waitForURL('**/sign-in?done=*');
}

/** Signs in with a browser that the site does not know, and lets it in with the mailed link. */
export async function signInWithNewBrowser(browser, page, customer) {
  const link = await linkMailedBy(browser, { to: customer.email, subject: letters.waiting }, () => signIn(page, customer));
  await page.goto(link);
  await answer(page, /Yes, sign me in/);
  await page.waitForURL('**/home');
}
