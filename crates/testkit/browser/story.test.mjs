// The whole path in real browsers, with script and without: an account is opened, a stranger knows its password,
// the owner is told and stops everything.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, profile } from './browser.mjs';
import { answer, becomeCustomer, heading, letters, linkMailedBy, newCustomer, signIn, signInWithNewBrowser } from './people.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

for (const script of [true, false]) {
  test(`from sign-up to frozen, ${script ? 'with' : 'without'} script`, async (story) => {
    const customer = newCustomer(script ? 'script' : 'plain');
    const owner = await profile(browser, { script });
    const thief = await profile(browser, { script, width: 'phone' });
    const mailedBy = (subject, act) => linkMailedBy(browser, { to: customer.email, subject }, act);

    await story.test('an account is opened, and its address confirmed from the mailbox', () =>
      becomeCustomer(browser, owner.page, customer),
    );

    await story.test('the owner signs in, and needs the mailbox no second time', async () => {
      await signIn(owner.page, customer);
      await owner.page.waitForURL('**/home');
      await owner.context.clearCookies({ name: '__Host-session' });
      await signIn(owner.page, customer);
      await owner.page.waitForURL('**/home');
    });

    let waiting;
    await story.test('an unknown browser with the right password is not in', async () => {
      waiting = await mailedBy(letters.waiting, () => signIn(thief.page, customer));
      await heading(thief.page, 'Now open the link we sent you');
      await thief.page.goto('/home');
      assert.match(thief.page.url(), /\/sign-in/);
    });

    await story.test('the link shows any other browser who waits, and lets nobody in', async () => {
      await owner.page.goto(waiting);
      await heading(owner.page, 'Is this you signing in?');
      assert.equal(await owner.page.getByRole('radio', { name: /Yes, sign me in/ }).count(), 0);
    });

    let notice;
    await story.test('the browser that waits gets in with the link, and the owner is told', async () => {
      notice = await mailedBy(letters.newBrowser, async () => {
        await thief.page.goto(waiting);
        await answer(thief.page, /Yes, sign me in/);
        await thief.page.waitForURL('**/home');
      });
    });

    await story.test('the link in the notice freezes without signing in, and only when asked to', async () => {
      const stranger = await profile(browser, { script });
      await stranger.page.goto(notice);
      await heading(stranger.page, 'Was this you?');
      await thief.page.goto('/home');
      assert.match(thief.page.url(), /\/home$/, 'opening the page has changed something');
      await answer(stranger.page, /Freeze my account/);
      await heading(stranger.page, 'Your account is frozen');
      await stranger.context.close();
    });

    await story.test('the thief is out at once', async () => {
      await thief.page.goto('/home');
      assert.match(thief.page.url(), /\/sign-in/);
    });

    await story.test('the owner still gets in, like from any browser after a freeze, and reads what happened', async () => {
      await signInWithNewBrowser(browser, owner.page, customer);
      await owner.page.goto('/settings/security');
      await owner.page.getByRole('region', { name: 'Your account is frozen' }).waitFor();
      await owner.page.getByText(letters.newBrowser).locator('visible=true').first().waitFor();
    });

    await story.test('no page had anything to complain about', () => {
      assert.deepEqual([...owner.complaints, ...thief.complaints], []);
    });
  });
}

test('what happens appears by itself in an open activity page', async () => {
  const customer = newCustomer('live');
  const [owner, other] = [await profile(browser), await profile(browser)];
  await becomeCustomer(browser, owner.page, customer);
  await signIn(owner.page, customer);
  await owner.page.waitForURL('**/home');
  await owner.page.goto('/settings/security');
  await signInWithNewBrowser(browser, other.page, customer);
  await owner.page.locator('#events').getByText(letters.newBrowser).waitFor();
});
