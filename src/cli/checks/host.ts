import { existsSync, readFileSync, statSync } from 'node:fs';
import { freemem } from 'node:os';
import type { Config } from '../../config.ts';
import { diskSpace } from '../../disk.ts';
import { pepperFile, readPepperFile } from '../../pepper.ts';
import { type Finding, findingsOf, messageOf } from './check.ts';

const loopback = ['127.0.0.1', '::1', 'localhost'];
const mebibyte = 2 ** 20;
/** Two recognition threads with their models, and an image of 4 M pixels in each. */
const memoryNeeded = 512 * mebibyte;
const filesNeeded = 8192;

/** The configuration as it meets this machine: files and their modes, addresses. */
export function checkConfig(config: Config): Finding[] {
  const finding = findingsOf('config');
  const { host, opsHost, trustedProxies, dataDir } = config;
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
  if (!loopback.includes(opsHost)) {
    found.push(finding('ops port', 'warn', `${opsHost}: it has no login; keep it private`));
  }
  if (!existsSync(dataDir))
    return [...found, finding('data directory', 'warn', `${dataDir} is made at the start`)];
  found.push(modeOf(dataDir, 0o077, 'data directory'));
  if (config.pepper === undefined) found.push(checkPepper(config));
  return found;
}

function checkPepper(config: Config): Finding {
  const file = pepperFile(config.dataDir);
  if (existsSync(file)) {
    try {
      readPepperFile(file);
    } catch (error) {
      return findingsOf('config')('pepper', false, messageOf(error));
    }
    return modeOf(file, 0o077, 'pepper');
  }
  // Whether there are keys that need it, the store's checks tell.
  return findingsOf('config')('pepper', true, `${file} does not exist yet`);
}

function modeOf(path: string, forbidden: number, name: string): Finding {
  const mode = statSync(path).mode & 0o777;
  const open = (mode & forbidden) !== 0;
  return findingsOf('config')(
    name,
    !open,
    open
      ? `${path} is open to others (mode ${mode.toString(8)}): chmod go= ${path}`
      : `${path}, mode ${mode.toString(8)}`,
  );
}

/** Node, user, file handles, memory, disk. */
export async function checkRuntime(config: Config): Promise<Finding[]> {
  const finding = findingsOf('runtime');
  const root = process.getuid?.() === 0;
  const files = openFiles();
  const found = [
    finding('node', true, process.versions.node),
    finding('user', root ? 'warn' : 'ok', root ? 'root: give the server a user of its own' : 'not root'),
    finding('file handles', files >= filesNeeded ? 'ok' : 'warn', `${files}; ${filesNeeded} are advised`),
    finding(
      'memory',
      freeMemory() >= memoryNeeded ? 'ok' : 'warn',
      `${Math.round(freeMemory() / mebibyte)} MiB free; ${memoryNeeded / mebibyte} are advised`,
    ),
  ];
  if (existsSync(config.dataDir)) {
    const { free, low } = await diskSpace(config.dataDir);
    found.push(finding('disk', !low, `${Math.round(free / mebibyte)} MiB free for ${config.dataDir}`));
  }
  return found;
}

/** Memory that can be had without swapping: `freemem` alone leaves out what the page cache would yield. */
function freeMemory(): number {
  const kib = readProc('/proc/meminfo', /^MemAvailable:\s+(\d+)/m);
  return kib === undefined ? freemem() : kib * 1024;
}

function openFiles(): number {
  return readProc('/proc/self/limits', /^Max open files\s+(\d+)/m) ?? Number.POSITIVE_INFINITY;
}

function readProc(file: string, pattern: RegExp): number | undefined {
  if (!existsSync(file)) return undefined;
  const match = pattern.exec(readFileSync(file, 'utf8'));
  return match ? Number(match[1]) : undefined;
}
