// Every page, as everyone who can see it, on a desktop and a phone, light and dark: accessible by WCAG 2.2 AA as far
// as axe can tell, readable without scrolling sideways, and with nothing refused by the content policy.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible, assertFits, launch, looks, profile, widths } from './browser.mjs';
import { cast, pages, routesOfPages, walk } from './pages.mjs';

let browser;
let everyone;
before(async () => {
  browser = await launch();
  everyone = await cast(browser);
});
after(() => browser.close());

for (const width of Object.keys(widths)) {
  for (const look of looks) {
    test(`every page can be used by everyone, ${width}, ${look}`, async (all) => {
      await walk(browser, everyone, { width, look, axe: true }, (name, page, complaints) =>
        all.test(name, async () => {
          await assertAccessible(page);
          await assertFits(page);
          assert.deepEqual(complaints, []);
        }),
      );
    });
  }
}

test('every page of the route table is looked at', () => {
  const seen = new Set(pages.map((entry) => entry.route ?? entry.path));
  assert.deepEqual(routesOfPages().filter((path) => !seen.has(path)), []);
});

test('beside each exact time stands the same on the reader’s own clock, and without script the exact one alone', async () => {
  const exact = /\d\d:\d\d:\d\d\sUTC/;
  for (const script of [true, false]) {
    const { page, complaints } = await profile(browser, { script, zone: 'Asia/Kolkata' });
    await page.goto(everyone.links.confirm);
    const facts = await page.locator('time').allInnerTexts();
    assert.ok(facts.length > 0, 'this page shows times');
    for (const text of facts) {
      assert.match(text, exact);
      assert.equal(/GMT\+5:30/.test(text), script, text);
    }
    // What a form says is words of the server, in which such a time stands too.
    await page.goto('/sign-in');
    for (let wrong = 0; wrong < 8; wrong++) {
      await page.getByLabel('E-mail address').fill(script ? 'clock@mail.example' : 'sundial@mail.example');
      await page.getByLabel('Password', { exact: true }).fill('not the password');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.waitForLoadState();
      if (await page.getByText('The next try counts from').count()) break;
    }
    const said = await page.getByText('The next try counts from').innerText();
    assert.match(said, exact);
    assert.equal(/UTC \(.*GMT\+5:30\)/.test(said), script, said);
    assert.deepEqual(complaints, []);
  }
});
