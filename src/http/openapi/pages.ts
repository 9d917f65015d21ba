import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { LoadedOnce } from '../../loadedOnce.ts';

interface Page {
  headers: Record<string, string>;
  /** Bytes, since each connection that does not read would have a copy of a text. */
  body: Buffer;
}

/** The page asks nobody but this server, and nobody may put it into a frame to catch keys that are typed there. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Relative, so that it is found behind a proxy that puts it into a folder; `/docs` itself may end in a slash or not. */
const htmlAt = (folder: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Legible: API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${folder}swagger-ui.css">
<div id="api"></div>
<script src="${folder}swagger-ui.js"></script>
<script src="${folder}start.js"></script>
</html>
`;

const script = `SwaggerUIBundle({
  url: new URL('../openapi.json', document.currentScript.src).href,
  dom_id: '#api',
  deepLinking: true,
  validatorUrl: null,
});
`;

/**
 * The document and the page that shows it, by path; each is given the path as it was asked for. What is large is read
 * when first asked for, and then kept.
 */
export function pages(document: object): Record<string, (asked: string) => Promise<Page>> {
  const json = JSON.stringify(document);
  const page = async (folder: string) => ({
    headers: headersOf('text/html; charset=utf-8'),
    body: Buffer.from(htmlAt(folder)),
  });
  return {
    '/openapi.json': text('application/json; charset=utf-8', json),
    '/docs': (asked) => page(asked.endsWith('/') ? './' : 'docs/'),
    '/docs/start.js': text('text/javascript; charset=utf-8', script),
    '/docs/swagger-ui.js': asset('text/javascript; charset=utf-8', 'swagger-ui-bundle.js'),
    '/docs/swagger-ui.css': asset('text/css; charset=utf-8', 'swagger-ui.css'),
  };
}

const headersOf = (contentType: string) => ({
  'content-type': contentType,
  'content-security-policy': policy,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
});

function text(contentType: string, content: string): () => Promise<Page> {
  const page = { headers: headersOf(contentType), body: Buffer.from(content) };
  return async () => page;
}

/** Always compressed: no browser refuses it, and the script has 1.7 MB without. */
function asset(contentType: string, name: string): () => Promise<Page> {
  const headers = {
    ...headersOf(contentType),
    'cache-control': 'public, max-age=86400',
    'content-encoding': 'gzip',
  };
  const page = new LoadedOnce(async () => ({ headers, body: await read(name) }));
  return () => page.get();
}

async function read(name: string): Promise<Buffer> {
  const path = createRequire(import.meta.url).resolve(`@fastify/swagger-ui/static/${name}`);
  return promisify(gzip)(await readFile(path));
}
