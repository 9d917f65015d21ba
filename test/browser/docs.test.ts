import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { standardPrices } from '../../src/prices.ts';
import { openWorld } from '../world.ts';

const browserPath = '/usr/bin/chromium';
const hasBrowser = existsSync(browserPath);
if (!hasBrowser)
  console.warn('SKIPPED: the documentation page in a browser (Debian’s chromium is not installed)');

test.skipIf(!hasBrowser)(
  'the documentation page shows every call, and asks nobody but the server',
  async () => {
    await using world = await openWorld();
    const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage({ viewport: { width: 1200, height: 1600 } });
      const asked: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));

      await page.goto(`${world.url}/docs`);
      for (const path of ['/createTask', '/getTaskResult', '/getBalance', '/feedbackTask', '/questions'])
        await page.locator(`[data-path="${path}"]`).waitFor();
      await page.locator('[data-path="/createTask"]').click();
      await page.getByText('ERROR_SERVICE_UNAVALIABLE').first().waitFor();
      const text = await page.locator('#api').innerText();
      for (const name of Object.keys(standardPrices)) expect(text).toContain(name.split('/')[0]);

      const others = asked.filter((url) => !url.startsWith(`${world.url}/`) && !url.startsWith('data:'));
      expect(others).toEqual([]);
      expect(asked).toContain(`${world.url}/openapi.json`);
      expect(complaints).toEqual([]);
      if (process.env.LEGIBLE_SCREENSHOT) await page.screenshot({ path: process.env.LEGIBLE_SCREENSHOT });
    } finally {
      await browser.close();
    }
  },
);
