import { freemem } from 'node:os';
import { filesNeeded, mostOpenFiles, readProc } from '../../running/openFiles.ts';
import type { Config } from '../../settings/config.ts';
import { protectionOf } from '../../settings/databaseUrl.ts';
import { oldestNode } from '../../version.ts';
import { type Finding, findingsOf } from './check.ts';
import { checkDisk } from './disks.ts';

const loopback = ['127.0.0.1', '::1', 'localhost'];
const mebibyte = 2 ** 20;
/** The server, and for each recognition thread 70 MiB of sessions, and as much for an image of 4 M pixels. */
const memoryNeeded = ({ recognizers }: Config) => (230 + 140 * recognizers) * mebibyte;

/** The configuration as it meets this machine: who can reach it. */
export function checkConfig(config: Config): Finding[] {
  const finding = findingsOf('config');
  const { host, opsHost, trustedProxies } = config;
  const found = [finding('settings', true, 'read without a mistake')];
  if (!loopback.includes(host)) {
    const named = trustedProxies.length > 0;
    found.push(
      finding(
        'listens beyond this machine',
        named ? 'ok' : 'warn',
        named ? `${host}, behind ${trustedProxies.join(', ')}` : `${host}: put a proxy with TLS in front`,
      ),
    );
  }
  const database = config.databaseUrl === undefined ? undefined : protectionOf(config.databaseUrl);
  if (database !== undefined) {
    const advice = database === 'encrypted' ? '' : ': add sslmode=verify-full to databaseUrl';
    found.push(
      finding('way to the database', database === 'encrypted' ? 'ok' : 'warn', `${database}${advice}`),
    );
  }
  if (!loopback.includes(opsHost)) {
    found.push(finding('ops port', 'warn', `${opsHost}: it has no login; keep it private`));
  }
  return found;
}

/** Node, user, file handles, memory, disk. */
export async function checkRuntime(config: Config): Promise<Finding[]> {
  const finding = findingsOf('runtime');
  const root = process.getuid?.() === 0;
  const files = mostOpenFiles();
  const needed = filesNeeded(config);
  const found = [
    judgeNode(process.versions.node),
    finding('user', root ? 'warn' : 'ok', root ? 'root: give the server a user of its own' : 'not root'),
    finding('file handles', files >= needed ? 'ok' : 'warn', `${files}; ${needed} are advised`),
    finding(
      'memory',
      freeMemory() >= memoryNeeded(config) ? 'ok' : 'warn',
      `${Math.round(freeMemory() / mebibyte)} MiB free; ${memoryNeeded(config) / mebibyte} are advised`,
    ),
  ];
  return [...found, ...(await checkDisk(config))];
}

/** Whether a version of Node, as `24.3.0`, is new enough. */
export function judgeNode(node: string): Finding {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = oldestNode.split('.').map(Number);
  const isOld = major < leastMajor || (major === leastMajor && minor < leastMinor);
  return findingsOf('runtime')('node', !isOld, isOld ? `${node}: install ${oldestNode} or newer` : node);
}

/**
 * Memory that can be had without swapping, and no more than a container may have in all: what is taken of that includes
 * the page cache, which would be given up. `freemem` alone leaves that out too.
 */
function freeMemory(): number {
  const kib = readProc('/proc/meminfo', /^MemAvailable:\s+(\d+)/m);
  const bound = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(kib === undefined ? freemem() : kib * 1024, bound);
}
