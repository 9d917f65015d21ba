import { type Load, type Result, ratioOf, run, withServer } from './measure.ts';
import { sixKilobytes } from './requests.ts';

const load = { connections: 64, seconds: 2 };
/** Many short turns: what is measured is a few per cent. */
const turns = 9;

/** What another dialect costs: createTask a second against createTask in the default dialect, on one server. */
export function dialectBenchmarks(): Promise<Result[]> {
  return withServer('api.ts', {}, async ({ url, key }: { url: string; key: string }) => {
    const body = await sixKilobytes();
    const json = JSON.stringify({ clientKey: key, task: { type: 'ImageToTextTask', body } });
    const standard = rate({ ...load, url: `${url}/createTask`, bodies: [json] });
    const form = new URLSearchParams({ key, method: 'base64', body }).toString();
    const loads: Record<string, Load> = {
      "Anti-Captcha's": {
        ...load,
        url: `${url}/createTask`,
        bodies: [json],
        headers: { host: 'api.anti-captcha.com' },
      },
      "2captcha's first, as JSON": {
        ...load,
        url: `${url}/in.php`,
        bodies: [JSON.stringify({ key, method: 'base64', body })],
      },
      "2captcha's first, as a form": {
        ...load,
        url: `${url}/in.php`,
        bodies: [form],
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    };
    const results: Result[] = [];
    for (const [name, subject] of Object.entries(loads)) {
      const ratio = await ratioOf(rate(subject), standard, turns);
      results.push({ name: `createTask in a dialect (${name}) / createTask`, ratio, aim: 0.95 });
    }
    return results;
  });
}

function rate(subject: Load): () => Promise<number> {
  return async () => {
    const { perSecond } = await run(subject);
    console.error(
      `  ${Math.round(perSecond)} requests/s as ${subject.headers?.host ?? new URL(subject.url).pathname}`,
    );
    return perSecond;
  };
}
