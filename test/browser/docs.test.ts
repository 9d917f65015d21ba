import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { standardPrices } from '../../src/settings/prices.ts';
import { httpServer } from '../outbound/loopback.ts';
import { openWorld } from '../world.ts';

const browserPath = '/usr/bin/chromium';
const hasBrowser = existsSync(browserPath);
if (!hasBrowser)
  console.warn('SKIPPED: the documentation page in a browser (Debian’s chromium is not installed)');

/** A proxy that puts a server into a folder of its own. */
async function folderOf(port: number, folder: string) {
  const proxy = await httpServer((asked, answer) => {
    if (!asked.url!.startsWith(`${folder}/`)) return void answer.writeHead(404).end();
    const { method, headers } = asked;
    const path = asked.url!.slice(folder.length);
    const onward = request({ host: '127.0.0.1', port, method, path, headers }, (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(answer);
    });
    asked.pipe(onward);
  });
  return { url: proxy.url + folder, close: proxy.close };
}

test.skipIf(!hasBrowser).each([
  ['at the server’s own address', ''],
  ['in a folder of a proxy', '/tools/legible'],
])(
  'the documentation page, %s, shows every call, asks nobody but the server, and can call it',
  async (_where, folder) => {
    await using world = await openWorld();
    const proxied =
      folder === '' ? { url: world.url, close: async () => {} } : await folderOf(world.port, folder);
    const { url } = proxied;
    const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage({ viewport: { width: 1200, height: 1600 } });
      const asked: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));

      await page.goto(`${url}/docs`);
      for (const path of ['/createTask', '/getTaskResult', '/getBalance', '/feedbackTask', '/questions'])
        await page.locator(`[data-path="${path}"]`).waitFor();
      await page.locator('[data-path="/createTask"]').click();
      await page.getByText('ERROR_SERVICE_UNAVALIABLE').first().waitFor();
      const text = await page.locator('#api').innerText();
      for (const name of Object.keys(standardPrices)) expect(text).toContain(name.split('/')[0]);

      await page.locator('[data-path="/questions"]').click();
      await page.locator('#operations-Calls-questions .try-out__btn').click();
      const answered = page.waitForResponse(`${url}/questions`);
      await page.locator('#operations-Calls-questions .execute').click();
      expect((await answered).status()).toBe(200);

      const others = asked.filter((one) => !one.startsWith(`${url}/`) && !one.startsWith('data:'));
      expect(others).toEqual([]);
      expect(asked).toContain(`${url}/openapi.json`);
      expect(complaints).toEqual([]);
      if (process.env.LEGIBLE_SCREENSHOT) await page.screenshot({ path: process.env.LEGIBLE_SCREENSHOT });
    } finally {
      await browser.close();
      await proxied.close();
    }
  },
);
