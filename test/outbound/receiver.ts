import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { httpServer } from './loopback.ts';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver of callbacks, and what it received; it answers as the test says. */
export async function openReceiver(
  answer: (response: ServerResponse, index: number) => unknown = (r) => r.end(),
) {
  const received: Received[] = [];
  const server = await httpServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    received.push({ path: request.url!, headers: request.headers, body });
    answer(response, received.length - 1);
  });
  return { ...server, received };
}
