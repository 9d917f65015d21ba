import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Call, Outcome } from '../call.ts';
import { version } from '../version.ts';
import { onAbort } from './abort.ts';
import { proxyAuthorization } from './tunnel.ts';

interface ExchangeLimits {
  /** Until the head of the answer has come. */
  headersMs: number;
  /** Of the answer's body. */
  bytes: number;
}

/** What a site does by itself, with a proxy or without: it is slow, or says too much. */
export class SiteFailed extends Error {}

/** Firewalls refuse calls of nobody; and no compressed answer is read. */
const usual = { 'user-agent': `Legible/${version}`, 'accept-encoding': 'identity' };

/** Interim answers (1xx) before the answer. */
const mostInterim = 8;

/**
 * One request and its answer over an open socket, which serves no other.
 * @throws Error for an answer that does not come, or not whole; SiteFailed where that is the site's own doing
 */
export async function exchange(
  socket: Socket,
  { method, url, headers, body, proxy, statusOnly = false }: Call,
  { isForwarded, limits, signal }: { isForwarded: boolean; limits: ExchangeLimits; signal: AbortSignal },
): Promise<Outcome> {
  const ignoreAbort = onAbort(signal, (error) => socket.destroy(error));
  const late = setTimeout(() => socket.destroy(new SiteFailed('its answer did not begin')), limits.headersMs);
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      let interim = 0;
      const asking = request({
        method,
        path: `${isForwarded ? url.origin : ''}${url.pathname}${url.search}`,
        headers: { ...usual, host: url.host, ...headers, ...(isForwarded ? proxyAuthorization(proxy!) : {}) },
        // Without an agent it says `Connection: close`: a second call is checked anew.
        createConnection: () => socket,
      });
      asking.on('response', resolve);
      asking.on('information', () => {
        if (++interim <= mostInterim) return;
        reject(new SiteFailed('it goes on with interim answers'));
        asking.destroy();
      });
      // Until the end of the call: a socket that breaks then must find somebody who listens.
      asking.on('error', reject);
      asking.on('close', () => reject(new Error('closed before an answer')));
      asking.end(body);
    });
    clearTimeout(late);
    return {
      kind: 'answered',
      status: answer.statusCode!,
      contentType: answer.headers['content-type'] ?? '',
      body: statusOnly ? '' : await textOf(answer, limits.bytes),
    };
  } finally {
    clearTimeout(late);
    ignoreAbort();
    socket.destroy();
  }
}

async function textOf(answer: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) throw new SiteFailed(`its answer is larger than ${most} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
