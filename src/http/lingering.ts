import type { IncomingMessage } from 'node:http';

/** How long a client whose body is of no use may be silent before nothing more of it is waited for. */
export const silenceMs = 500;

/**
 * Puts off the end of a connection whose request has its last answer while its body still comes: to close on a client that
 * is sending resets the connection, and it, or the proxy before it, may never read the answer. What comes is thrown away,
 * and `mostBytes` of it are enough.
 */
export function closeOnceSilent(request: IncomingMessage, mostBytes: number): void {
  const { socket } = request;
  const closeAtOnce = socket.destroySoon.bind(socket);
  // Node calls it when the answer is written.
  socket.destroySoon = () => {
    if (request.complete) return closeAtOnce();
    socket.end();
    const most = socket.bytesRead + mostBytes;
    let heard = socket.bytesRead;
    const listening = setInterval(() => {
      if (socket.bytesRead === heard || socket.bytesRead > most) socket.destroy();
      heard = socket.bytesRead;
    }, silenceMs).unref();
    socket.once('close', () => clearInterval(listening));
  };
}
