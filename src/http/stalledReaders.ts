import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const stalledCheckMs = 5_000;
/** A client that has read nothing over so many checks is not going to. */
const stalledChecks = 3;

/** Node counts a write as written once all of it is read, which may take a slow client minutes; the handle tells more. */
interface Writing {
  /** Bytes of the write under way that the system has not taken yet. */
  _handle?: { writeQueueSize: number } | null;
}

/** Closes sockets whose client does not read its answers; Node has no timeout for that side. */
export function closeStalledReaders(server: Server): void {
  const stalled = new Map<Socket, { written: number; left: number; checks: number }>();
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      stalled.delete(socket);
    });
  });
  const timer = setInterval(() => {
    for (const socket of sockets) {
      if (socket.writableLength === 0) {
        stalled.delete(socket);
        continue;
      }
      const written = socket.bytesWritten - socket.writableLength;
      const left = (socket as Writing)._handle?.writeQueueSize ?? 0;
      const before = stalled.get(socket);
      const checks = before?.written === written && before.left === left ? before.checks + 1 : 0;
      if (checks >= stalledChecks) socket.destroy();
      else stalled.set(socket, { written, left, checks });
    }
  }, stalledCheckMs);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}
