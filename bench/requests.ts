import sharp from 'sharp';
import type { Result } from './measure.ts';
import { ratioOf, run, withServer } from './measure.ts';

const connections = 64;
const seconds = 4;

interface Api {
  url: string;
  key: string;
}

/** What the contract, the checks and the ledger cost: requests a second against bare Fastify with the same body. */
export function requestBenchmarks(): Promise<Result[]> {
  return withServer('api.ts', {}, (api: Api) =>
    withServer('echo.ts', {}, async (echo: { url: string }) => {
      const create = JSON.stringify({
        clientKey: api.key,
        task: { type: 'ImageToTextTask', body: await sixKilobytes() },
      });
      const createRatio = await compare(`${api.url}/createTask`, echo.url, [create]);

      const ids = await Promise.all(Array.from({ length: connections }, () => taskId(api, create)));
      const polls = ids.map((id) => JSON.stringify({ clientKey: api.key, taskId: id }));
      const pollRatio = await compare(`${api.url}/getTaskResult`, echo.url, polls);
      return [
        {
          name: `createTask / bare Fastify, ${create.length} B, ${connections} connections`,
          ratio: createRatio,
          aim: 0.5,
        },
        { name: `getTaskResult / bare Fastify, ${connections} connections`, ratio: pollRatio, aim: 0.7 },
      ];
    }),
  );
}

function compare(subject: string, baseline: string, bodies: string[]): Promise<number> {
  const rate = (url: string) => async () => {
    const { perSecond } = await run({ url, bodies, connections, seconds });
    console.error(`  ${Math.round(perSecond)} requests/s on ${url}`);
    return perSecond;
  };
  return ratioOf(rate(subject), rate(baseline), 3);
}

async function taskId({ url }: Api, body: string): Promise<string> {
  const response = await fetch(`${url}/createTask`, { method: 'POST', body });
  const { taskId } = (await response.json()) as { taskId?: string };
  if (taskId === undefined) throw new Error('createTask failed');
  return taskId;
}

/** An image in base64. Noise does not compress: this PNG has 4.4 kB, and a request with it 6 KB. */
export async function sixKilobytes(): Promise<string> {
  const [width, height] = [60, 24];
  const noise = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2_654_435_761) >>> 24);
  const png = await sharp(noise, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  return png.toString('base64');
}
