import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { DEFAULT_CIPHERS, connect as tlsConnect } from 'node:tls';
import type { Place } from '../call.ts';
import { onAbort } from './abort.ts';
import { SiteFailed } from './exchange.ts';

/**
 * Key exchanges that are cheap for the client. With DHE, a server chooses the group: one of 10,000 bits held the event
 * loop for 0.9 s.
 */
const cheap = { ciphers: `${DEFAULT_CIPHERS}:!kDHE`, ecdhCurve: 'X25519:P-256:P-384:P-521' };

/**
 * Bytes that a server may say under TLS: 64 KiB of body, 16 KiB of head, 48 of certificates and records. What it says
 * beside an answer, such as tickets to come again with, costs the event loop 0.24 us a byte, and nothing else ends it.
 */
const mostBytes = 128 * 1024;

/** Speaks TLS over an open socket. */
export function secure(socket: Socket, { host }: Place, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const asked = { servername: servername(host), ALPNProtocols: ['http/1.1'] };
    const tooMuch = () => secured.destroy(new SiteFailed(`it says more than ${mostBytes} bytes`));
    const secured = tlsConnect({ socket: bounded(socket, tooMuch), host, ...asked, ...cheap });
    const ignoreAbort = onAbort(signal, (error) => secured.destroy(error));
    secured.on('error', reject);
    secured.once('close', () => reject(new Error('closed')));
    secured.once('secureConnect', () => {
      ignoreAbort();
      resolve(secured);
    });
  });
}

/** TLS names no addresses. */
function servername(host: string): string {
  return /^[\d.]+$|:/.test(host) ? '' : host;
}

/** The socket as a stream that passes on so many bytes of the other side's, and then calls `tooMuch` and nothing more. */
function bounded(socket: Socket, tooMuch: () => void): Duplex {
  let left = mostBytes;
  const stream = new Duplex({
    read: () => socket.resume(),
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) tooMuch();
    else if (!stream.push(chunk)) socket.pause();
  });
  socket.on('end', () => stream.push(null));
  socket.on('error', (error) => stream.destroy(error));
  socket.on('close', () => stream.destroy());
  return stream;
}
