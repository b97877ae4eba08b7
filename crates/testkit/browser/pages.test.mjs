// Every page, as everyone who can see it, on a desktop and a phone, light and dark: accessible by WCAG 2.2 AA as far
// as axe can tell, readable without scrolling sideways, and with nothing refused by the content policy.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible, assertFits, launch, looks, widths } from './browser.mjs';
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
