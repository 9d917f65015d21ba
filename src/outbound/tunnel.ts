import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { Place, ProxyPlace } from '../call.ts';
import { onAbort } from './abort.ts';
import { throughSocks } from './socks.ts';

/**
 * Lets a proxy, over a socket that leads to it, open a way to a place.
 * @throws Error when it does not; what it says is not to be trusted, and kept from everybody
 */
export function openTunnel(
  socket: Socket,
  proxy: ProxyPlace,
  to: Place,
  signal: AbortSignal,
): Promise<Socket> {
  // Both ways end with the socket, whatever the proxy does or does not do.
  const ignoreAbort = onAbort(signal, (error) => socket.destroy(error));
  const isSocks = proxy.scheme === 'socks4' || proxy.scheme === 'socks5';
  return (isSocks ? throughSocks : throughConnect)(socket, proxy, to).finally(ignoreAbort);
}

/** The header by which an HTTP proxy knows its client; none without a login. */
export function proxyAuthorization({ login, password }: ProxyPlace): Record<string, string> {
  if (login === '') return {};
  const credentials = Buffer.from(`${login}:${password}`).toString('base64');
  return { 'proxy-authorization': `Basic ${credentials}` };
}

function throughConnect(socket: Socket, proxy: ProxyPlace, { host, port }: Place): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const asking = request({
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyAuthorization(proxy) },
      createConnection: () => socket,
    });
    asking.once('connect', (answer, _socket, head) => {
      if (Math.floor(answer.statusCode! / 100) !== 2)
        return fail(new Error(`answered ${answer.statusCode} to CONNECT`));
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asking.once('response', () => fail(new Error('answered CONNECT as if it were another method')));
    asking.once('error', fail);
    asking.end();

    function fail(error: Error): void {
      socket.destroy();
      reject(error);
    }
  });
}
