import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Guard, type GuardOptions } from '../../outbound/guard.ts';
import type { Config } from '../../settings/config.ts';
import { type Finding, findingsOf } from './check.ts';

const finding = findingsOf('network');

/** Every way that is known to write an address inside, and what no call may go to: the guard must refuse them all. */
const traps = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f.0.0.1/',
  'http://0177.0.0.1/',
  'http://0.0.0.0/',
  'http://10.0.0.1/',
  'http://100.64.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://172.16.0.1/',
  'http://192.168.0.1/',
  'http://255.255.255.255/',
  'http://[::1]/',
  'http://[::]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[fe80::1]/',
  'http://[fd00::1]/',
  'http://user:password@example.org/',
  'http://example.org:22/',
  'file:///etc/passwd',
  'gopher://example.org/',
];

type Door = Pick<Guard, 'parse' | 'open'>;

/** Whether the door for calls to others keeps shut, and what it was told to let through. */
export async function checkNetwork(
  { outboundAllow }: Pick<Config, 'outboundAllow'>,
  doorOf: (options: GuardOptions) => Door = (options) => new Guard(options),
): Promise<Finding[]> {
  const door = doorOf({ allow: [], ports: [80, 443] });
  const passed = traps.filter((url) => door.parse(url) !== undefined);
  if (await reachesCanary(doorOf)) passed.push('a name that leads to this machine');
  const isShut = passed.length === 0;
  const shut = `refuses ${traps.length + 1} ways inside`;
  return [
    finding('guard', isShut, isShut ? shut : `lets through ${passed.join(', ')}: report it, see SECURITY.md`),
    outboundAllow.length === 0
      ? finding('outboundAllow', true, 'calls go to the public internet only')
      : finding('outboundAllow', 'warn', `clients can have these called too: ${outboundAllow.join(', ')}`),
  ];
}

/** Whether a name that leads to a port of this machine gets a connection there. */
async function reachesCanary(doorOf: (options: GuardOptions) => Door): Promise<boolean> {
  const canary = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(canary, 'listening');
  const { port } = canary.address() as AddressInfo;
  const door = doorOf({ allow: [], ports: [port], resolve: async () => ['127.0.0.1'] });
  try {
    (await door.open({ host: 'canary.example', port }, AbortSignal.timeout(2_000))).destroy();
    return true;
  } catch {
    return false;
  } finally {
    canary.close();
  }
}
