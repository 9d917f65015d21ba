import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runClient } from '../clients/client.ts';
import { openWorld, picture, price, start } from '../world.ts';

/**
 * The plugin that gives a page a solver, with Debian's chromium. It brings some 130 packages with an old
 * puppeteer, so that it is installed beside the repository: with capsolver-npm 2.0.2, the one that it works with.
 */
const modules = process.env.LEGIBLE_CLIENTS_PUPPETEER ?? '';
const browserPath = '/usr/bin/chromium';
const missing = !existsSync(join(modules, 'puppeteer-extra-plugin-capsolver'))
  ? 'LEGIBLE_CLIENTS_PUPPETEER names no folder that has it'
  : existsSync(browserPath)
    ? undefined
    : 'Debian’s chromium is not installed';
if (missing !== undefined) console.warn(`SKIPPED: puppeteer-extra-plugin-capsolver (${missing})`);

test.skipIf(missing !== undefined)('a page of puppeteer-extra reads an image', async () => {
  await using world = await openWorld();
  const load = `
    const puppeteer = require('puppeteer-extra');
    puppeteer.use(require('puppeteer-extra-plugin-capsolver')('${world.key}'));`;
  const { value } = await runClient(
    world,
    load,
    `const browser = await puppeteer.launch({ executablePath: '${browserPath}', args: ['--no-sandbox'], headless: 'new' });
     try {
       const page = await browser.newPage();
       await page.goto('data:text/html,<img src="data:image/png;base64,${await picture()}">');
       const image = await page.evaluate(() => document.querySelector('img').src.split(',')[1]);
       const solution = await page.solver().image2text({ body: image });
       const wrong = await page.solver().image2text({ body: 'broken' }).catch(({ code }) => code);
       return [solution, wrong];
     } finally {
       await browser.close();
     }`,
    { modules },
  );
  expect(value).toEqual([{ text: 'k7mp2', confidence: 0.97 }, 'ERROR_PARSE_IMAGE_FAIL']);
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});
