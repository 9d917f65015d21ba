import { readFileSync } from 'node:fs';
import { RecognizerPool } from '../../src/recognize/pool.ts';
import { freePort } from '../freePort.ts';
import { FakeClock, openWorld } from '../world.ts';

export const clock = new FakeClock();
export const image = readFileSync('examples/common.png').toString('base64');

export type RealServers = Awaited<ReturnType<typeof realServers>>;

/** Servers with the real recogniser and a port for each other dialect: what published clients are tried on. */
export async function realServers() {
  const recognizer = await RecognizerPool.start({ threads: 1, queueLimit: 64, clock });
  const dialectPorts = { anticaptcha: await freePort(), capmonster: await freePort() };
  const open = (more: { money?: number; dataDir?: string; port?: number } = {}) =>
    openWorld({ clock, engines: { text: recognizer }, settings: { dialectPorts }, ...more });
  await using world = await open();
  const { body } = await world.call('createTask', { task: { type: 'ImageToTextTask', body: image } });
  if (body.solution.text !== 'hR4nTe') throw new Error(`The server reads ${body.solution.text}`);
  return {
    open,
    dialectPorts,
    /** What the server itself says of the image: a client must not lose a letter of it. */
    text: body.solution.text as string,
    stop: () => recognizer.stop(),
  };
}
