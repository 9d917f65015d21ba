import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** All addresses of a name; the signal ends the search. Rejects when there are none. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<string[]>;

interface NameSources {
  hostsFile?: string;
  /** DNS servers as `address:port`; else those of the machine. */
  servers?: readonly string[];
}

/**
 * c-ares waits for up to twice as long: 2 s for both tries. A connection has 3 s in all, so that a name whose servers
 * are silent about one family is still called at the other.
 */
const patience = { timeout: 500, tries: 2 };

/**
 * Makes the look-up of names in the machine's hosts file, and else in DNS. `dns.lookup` would wait in the threads
 * that all the process shares, two at once: a few names whose servers are silent stopped every other call.
 */
export function namesOf({ hostsFile = '/etc/hosts', servers }: NameSources = {}): Resolve {
  return async function lookUp(host, signal) {
    const known = await inHosts(hostsFile, host);
    if (known.length > 0) return known;
    signal.throwIfAborted();
    // One for each name: `cancel` ends all that a resolver is asked.
    const resolver = new Resolver(patience);
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      if (four.status === 'rejected' && six.status === 'rejected') throw four.reason;
      return [four, six].flatMap((found) => (found.status === 'fulfilled' ? found.value : []));
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

async function inHosts(file: string, host: string): Promise<string[]> {
  // A machine without that file has no such names.
  const text = await readFile(file, 'utf8').catch(() => '');
  const wanted = host.toLowerCase().replace(/\.$/, '');
  // A list of a hundred thousand names to block costs 50 ms line by line, and hardly any call is to one of them.
  if (!text.toLowerCase().includes(wanted)) return [];
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/);
    return isIP(address) > 0 && names.includes(wanted) ? [address] : [];
  });
}
