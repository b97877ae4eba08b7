// A real Chromium and the people who use it. `cargo xtask test` starts a demo and says in the environment where it
// is (COUNTERSIGN_SITE) and where the browser is (COUNTERSIGN_CHROMIUM).

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

/** Where the demo listens, without a path. */
export const site = required('COUNTERSIGN_SITE');

/** Two widths people have, and the two looks their system may ask for. */
export const widths = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
export const looks = ['light', 'dark'];

/** Starts Chromium; it ends with `close()`. */
export function launch() {
  const flags = ['--no-first-run', '--disable-quic', '--disable-sync', '--disable-component-update'];
  // Chromium's sandbox refuses to run as root; the pages are our own.
  if (process.getuid?.() === 0) flags.push('--no-sandbox');
  return chromium.launch({ executablePath: required('COUNTERSIGN_CHROMIUM'), args: flags });
}

/**
 * A browser profile of one person: own cookies, nothing shared. Whatever the page complains about on its console
 * (a refused script, a broken rule of the content policy) is gathered in `complaints`. `state` is what another profile of the same person kept.
 */
export async function profile(browser, { script = true, width = 'desktop', look = 'light', axe = false, zone = 'Europe/London', state } = {}) {
  const context = await browser.newContext({
    baseURL: site,
    storageState: state,
    javaScriptEnabled: script,
    viewport: widths[width],
    colorScheme: look,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: zone,
  });
  context.setDefaultTimeout(15_000);
  if (axe) await context.addInitScript({ path: createRequire(import.meta.url).resolve('axe-core/axe.min.js') });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (line) => {
    // That a page itself was answered with a refusal is what some tests are about.
    const ownAnswer = line.text().startsWith('Failed to load resource') && line.location().url === page.url();
    if (line.type() === 'error' && !ownAnswer) complaints.push(`${page.url()}: ${line.text()}`);
  });
  page.on('pageerror', (fault) => complaints.push(`${page.url()}: ${fault.message}`));
  return { context, page, complaints };
}

/** Fails unless axe-core finds nothing to say about the page by WCAG 2.2 AA. The profile must have been made with `axe`. */
export async function assertAccessible(page) {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const found = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), tags);
  assert.ok(found.passes.length > 0, `axe looked at nothing on ${page.url()}`);
  const said = found.violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}\n    ${node.html}`));
  assert.equal(said.join('\n'), '', `axe on ${page.url()}`);
}

/** Fails if one has to scroll sideways to read the page. */
export async function assertFits(page) {
  const [needs, has] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(needs <= has, `${page.url()} is ${needs} pixels wide on a screen of ${has}`);
}

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the browser tests with \`cargo xtask test\``);
  return value;
}
