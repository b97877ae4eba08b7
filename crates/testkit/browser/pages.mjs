// Every page there is, who sees it and how they get there: looked at by axe in pages.test.mjs and by people in the
// pictures of screenshots.mjs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { profile } from './browser.mjs';
import { authenticator } from './authenticator.mjs';
import {
  addPasskey, addPhone, becomeCustomer, confirm, forget, heading, letters, linkMailedBy, newCustomer, openAccount, signIn,
  signInWithNewBrowser,
} from './people.mjs';

/** An address of 62 letters, as money goes to in the demo: nowhere in it may a line break by itself. */
const long = /bc1p[a-z0-9]{58}/;

/**
 * `who` is one of the people of `cast`; `path` is an address or the name of one of their links, and then `route` its
 * row in the route table; `holds` is what the page says somewhere, such as a word too long for a phone; `status` is the answer's where it is not 200; `act` is what they do on the page before it is looked at.
 */
export const pages = [
  { name: 'landing', who: 'stranger', path: '/' },
  { name: 'sign-up', who: 'stranger', path: '/sign-up' },
  { name: 'sign-up-refused', who: 'stranger', path: '/sign-up', act: (page) => fill(page, 'ada@mail.example', 'password', 'Open my account') },
  { name: 'sign-in', who: 'stranger', path: '/sign-in' },
  { name: 'sign-in-refused', who: 'stranger', path: '/sign-in', act: (page) => fill(page, 'nobody@mail.example', 'not the password', 'Sign in') },
  { name: 'stop', who: 'stranger', path: '/stop' },
  { name: 'help', who: 'stranger', path: '/help' },
  { name: 'forgot', who: 'stranger', path: '/forgot' },
  { name: 'recover', who: 'stranger', path: '/recover' },
  { name: 'not-found', who: 'stranger', path: '/no-such-page', status: 404 },
  { name: 'demo-mailbox', who: 'stranger', path: '/demo/mailbox', holds: long },
  { name: 'link-confirm', who: 'applicant', path: 'confirm', route: '/l/{secret}' },
  { name: 'link-confirm-elsewhere', who: 'stranger', path: 'confirm', route: '/l/{secret}' },
  { name: 'link-device', who: 'waiting', path: 'device', route: '/l/{secret}' },
  { name: 'link-device-elsewhere', who: 'stranger', path: 'device', route: '/l/{secret}' },
  { name: 'link-not-me', who: 'stranger', path: 'notMe', route: '/l/{secret}' },
  { name: 'link-not-me-money', who: 'stranger', path: 'moneyLeft', route: '/l/{secret}', holds: long },
  { name: 'link-not-me-deposit', who: 'stranger', path: 'moneyCame', route: '/l/{secret}', holds: /Is this deposit all right/ },
  { name: 'home', who: 'customer', path: '/home' },
  { name: 'activity', who: 'customer', path: '/settings/security', holds: long },
  { name: 'step-up', who: 'customer', path: '/step-up?assurance=two_factors&within_minutes=15', route: '/step-up', holds: /no second proof yet/ },
  { name: 'step-up-frozen', who: 'frozen', path: '/step-up', holds: /Your account is frozen/ },
  { name: 'sessions', who: 'customer', path: '/settings/security/sessions' },
  { name: 'notices', who: 'customer', path: '/notices', holds: long },
  { name: 'copy-money', who: 'customer', path: '/notices', route: '/notices/copy', holds: long, act: (page) => copyOf(page, 'A withdrawal was made') },
  { name: 'copy', who: 'customer', path: '/notices/copy?sequence=1', route: '/notices/copy' },
  { name: 'copy-unknown', who: 'customer', path: '/notices/copy?reference=1-AAAAA', route: '/notices/copy', status: 404 },
  { name: 'preferences', who: 'customer', path: '/settings/notices' },
  { name: 'passkeys', who: 'customer', path: '/settings/passkeys' },
  { name: 'passkey-new', who: 'customer', path: '/settings/passkeys/new' },
  { name: 'password', who: 'customer', path: '/settings/password' },
  { name: 'freeze', who: 'customer', path: '/settings/freeze' },
  { name: 'freeze-words', who: 'customer', path: '/settings/freeze-words' },
  { name: 'factors', who: 'customer', path: '/settings/factors' },
  { name: 'approve', who: 'customer', path: '/settings/factors', route: '/approve/{approval}', act: (page) => press(page, 'Add an authenticator app') },
  { name: 'app', who: 'customer', path: '/settings/factors', route: '/settings/factors/app/{factor}', act: offerApp },
  { name: 'phone', who: 'customer', path: '/settings/phone' },
  { name: 'checkup', who: 'customer', path: '/settings/checkup' },
  { name: 'back-in', who: 'customer', path: '/settings/checkup/back-in?phone=true&mailbox=true', route: '/settings/checkup/back-in' },
  { name: 'devices', who: 'customer', path: '/settings/devices' },
  { name: 'email', who: 'customer', path: '/settings/email' },
  { name: 'timers', who: 'customer', path: '/settings/timers' },
  { name: 'second-step', who: 'half', path: '/sign-in/code' },
  { name: 'factors-sms', who: 'texted', path: '/settings/factors' },
  { name: 'phone-confirmed', who: 'texted', path: '/settings/phone' },
  { name: 'second-step-sms', who: 'texting', path: '/sign-in/code' },
  { name: 'second-step-sms-sent', who: 'textSent', path: '/sign-in/code' },
  { name: 'second-step-sms-wrong', who: 'textSent', path: '/sign-in/code', act: wrongSms },
  { name: 'link-reset', who: 'forgetful', path: 'reset', route: '/l/{secret}' },
  { name: 'link-reset-elsewhere', who: 'stranger', path: 'reset', route: '/l/{secret}' },
  { name: 'thaw', who: 'frozen', path: '/settings/thaw' },
  { name: 'home-frozen', who: 'frozen', path: '/home', holds: long },
  { name: 'activity-frozen', who: 'frozen', path: '/settings/security' },
  { name: 'freeze-frozen', who: 'frozen', path: '/settings/freeze' },
];

async function fill(page, email, password, button) {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: button, exact: true }).click();
}

async function copyOf(page, title) {
  const notice = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: title }) }).first();
  await notice.getByRole('link', { name: 'Exactly what we sent' }).click();
  await heading(page, 'Exactly what we sent');
}

async function press(page, button) {
  await page.getByRole('button', { name: button }).click();
}

async function offerApp(page) {
  await press(page, 'Add an authenticator app');
  await page.getByLabel('Your password', { exact: true }).fill(demo.customer.password);
  await press(page, 'Confirm');
}

async function wrongSms(page) {
  await page.getByLabel('Code from the SMS').fill('12345');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Demo customers: one with weeks of ordinary life, one with an authenticator app, one whose account is frozen. */
const demo = {
  customer: { email: 'mira@example.com', password: 'quiet harbour lantern 42 mossy' },
  half: { email: 'noor@example.com', password: 'seven paper kites over dunes' },
  frozen: { email: 'jonas@example.com', password: 'copper violin under snowfall' },
};

/** The people who look at pages (what their browsers keep, for as many profiles as are wanted) and the links they have. */
export async function cast(browser) {
  const people = { stranger: undefined };
  const links = {};
  const as = async (who, live) => {
    const { context, page } = await profile(browser);
    await live(page);
    people[who] = await context.storageState();
    await context.close();
  };
  const newest = async (subject) => {
    const { context, page } = await profile(browser);
    await page.goto('/demo/mailbox');
    const letter = page.getByRole('article').filter({ has: page.getByRole('heading', { name: subject }) }).first();
    const link = await letter.locator('.body a[href*="/l/"]').first().evaluate((found) => found.href);
    await context.close();
    return link;
  };
  links.moneyLeft = await newest('A withdrawal was made');
  links.moneyCame = await newest('A deposit arrived');
  const ada = newCustomer('ada');
  await as('applicant', async (page) => {
    links.confirm = await linkMailedBy(browser, { to: ada.email, subject: letters.confirm }, () => openAccount(page, ada));
  });
  await as('waiting', async (page) => {
    const mail = { to: demo.customer.email, subject: letters.waiting };
    links.device = await linkMailedBy(browser, mail, () => signIn(page, demo.customer));
  });
  await as('customer', async (page) => {
    const mail = { to: demo.customer.email, subject: letters.newBrowser };
    links.notMe = await linkMailedBy(browser, mail, () => signInWithNewBrowser(browser, page, demo.customer));
  });
  await as('half', async (page) => {
    await signIn(page, demo.half);
    await heading(page, 'One more step');
  });
  const texted = newCustomer('texted');
  await as('texted', async (page) => {
    await becomeCustomer(browser, page, texted);
    await signIn(page, texted);
    await page.waitForURL('**/home');
    await addPhone(browser, page, `+44740012${String(Math.floor(Math.random() * 10_000)).padStart(4, '0')}`);
    await page.goto('/settings/factors');
    await press(page, 'Ask for a code by SMS');
    await confirm(page, texted);
    await heading(page, 'Done');
  });
  await as('texting', async (page) => {
    await signIn(page, texted);
    await heading(page, 'One more step');
  });
  await as('textSent', async (page) => {
    await signIn(page, texted);
    await press(page, 'Send me a code');
    await page.getByLabel('Code from the SMS').waitFor();
  });
  const forgetful = newCustomer('forgetful');
  await as('forgetful', async (page) => {
    await becomeCustomer(browser, page, forgetful);
    await signIn(page, forgetful);
    await page.waitForURL('**/home');
    await authenticator(page);
    await addPasskey(page, 'The grey key', forgetful);
    links.reset = await forget(browser, page, forgetful);
  });
  await as('frozen', (page) => signInWithNewBrowser(browser, page, demo.frozen));
  return { people, links };
}

/** Opens every page at one width and in one look, and hands each to `visit`. */
export async function walk(browser, { people, links }, options, visit) {
  for (const [who, state] of Object.entries(people)) {
    const { context, page, complaints } = await profile(browser, { ...options, state });
    for (const entry of pages.filter((entry) => entry.who === who)) {
      const answered = await page.goto(links[entry.path] ?? entry.path);
      assert.equal(answered.status(), entry.status ?? 200, `the status of ${entry.path}`);
      await entry.act?.(page);
      if (entry.holds) assert.match(await page.locator('main').innerText(), entry.holds, entry.name);
      await visit(entry.name, page, complaints.splice(0));
    }
    await context.close();
  }
}

/** The addresses of the route table that a person can open, without those of files and streams. */
export function routesOfPages() {
  const table = readFileSync(new URL('../../../docs/routes.md', import.meta.url), 'utf8');
  const rows = [...table.matchAll(/^\| `(\/[^`]*)` \| GET \|/gm)].map(([, path]) => path);
  return rows.filter((path) => !/^\/(api|assets|healthz|hooks|readyz|\.well-known)\b|\.(csv|json)$|\/live$/.test(path));
}
