import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { installSdk } from '../clients/sdkPackage.ts';
import { httpServer } from '../outbound/loopback.ts';
import { openProofWorld } from '../proofWorld.ts';
import { picture, price, start } from '../world.ts';

const browserPath = '/usr/bin/chromium';
const hasBrowser = existsSync(browserPath);
if (!hasBrowser) console.warn('SKIPPED: the SDK in a browser (Debian’s chromium is not installed)');

const program = `
  import { Legible } from './index.js';
  window.solveAll = async (baseUrl, key, tasks) => {
    const client = new Legible({ baseUrl, key });
    const told = [];
    const solved = await client.solveAll(tasks, { onProgress: ({ index }) => told.push(index) });
    const outcomes = solved.map(({ solution, error }) => solution ?? error.code);
    const wrong = await new Legible({ baseUrl, key: 'wrong', fetch: window.fetch }).getBalance().catch(({ code, requestId }) => ({ code, requestId }));
    return { outcomes, told, wrong };
  };`;

// Once in dozens of full runs on a busy machine it stood still until the test's own limit, which names no step.
const stepMs = 12_000;

test.skipIf(!hasBrowser)('the SDK as it was packed works in a page of another origin', async () => {
  const installed = await installSdk();
  const site = await httpServer((request, response) => {
    const isPage = request.url === '/';
    response.setHeader('content-type', isPage ? 'text/html' : 'text/javascript');
    if (isPage)
      response.end(`<!doctype html><link rel="icon" href="data:,"><script type="module">${program}</script>`);
    else response.end(readFileSync(join(installed.folder, request.url!)));
  });
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: ['--no-sandbox'],
    timeout: stepMs,
  });
  try {
    await using world = await openProofWorld([80], { settings: { corsOrigins: [site.url] } });
    const page = await browser.newPage();
    page.setDefaultTimeout(stepMs);
    await page.goto(site.url);
    const tasks = [
      { type: 'ImageToTextTask', body: await picture() },
      { type: 'McaptchaTask', challenge: { string: 'a phrase', salt: 'a salt', difficulty_factor: 500 } },
      { type: 'ImageToTextTask', body: 'broken' },
    ];
    await page.waitForFunction('window.solveAll');
    const said = await page.evaluate(
      `solveAll(${JSON.stringify([world.url, world.key, tasks]).slice(1, -1)})`,
    );
    expect(said).toMatchObject({
      outcomes: [{ text: 'k7mp2' }, { string: 'a phrase' }, 'ERROR_PARSE_IMAGE_FAIL'],
      told: expect.arrayContaining([0, 1, 2]),
      wrong: { code: 'ERROR_KEY_DENIED_ACCESS', requestId: expect.any(String) },
    });
    expect(await world.money()).toEqual({ posted: start - 2 * price, pending: 0 });
  } finally {
    await browser.close();
    await site.close();
    installed.remove();
  }
});
