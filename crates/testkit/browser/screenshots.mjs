// Takes a picture of every page: `node screenshots.mjs DIRECTORY`, which `cargo xtask screenshots` does.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { launch, looks, widths } from './browser.mjs';
import { cast, walk } from './pages.mjs';

const directory = process.argv[2];
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
const browser = await launch();
try {
  const everyone = await cast(browser);
  for (const width of Object.keys(widths)) {
    for (const look of looks) {
      await walk(browser, everyone, { width, look }, (name, page) =>
        page.screenshot({ path: join(directory, `${name}-${width}-${look}.png`), fullPage: true }),
      );
    }
  }
} finally {
  await browser.close();
}
