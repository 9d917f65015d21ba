// Leads a client whose addresses are fixed to Legible, without a change in it:
//   LEGIBLE_URL=http://127.0.0.1:7878 node --require ./redirect.cjs program.js
// Whatever it calls by: http, https, or fetch. The Host header stays what the client wrote, and tells Legible which contract it speaks.
const https = require('node:https');
const http = require('node:http');
const { syncBuiltinESMExports } = require('node:module');
const { isIP } = require('node:net');
const { Readable } = require('node:stream');
const { urlToHttpOptions } = require('node:url');

const hosts = new Set([
  'api.capsolver.com',
  'api-stable.capsolver.com',
  'api.anti-captcha.com',
  'api.capmonster.cloud',
  'api.2captcha.com',
  '2captcha.com',
  'api.rucaptcha.com',
  'rucaptcha.com',
]);
const legible = new URL(process.env.LEGIBLE_URL ?? 'http://127.0.0.1:7878');
if (!/^https?:$/.test(legible.protocol) || legible.pathname !== '/' || legible.search !== '')
  throw new Error('LEGIBLE_URL must be http://host:port or https://host:port, without a path');
const isSecure = legible.protocol === 'https:';
const { protocol, hostname } = urlToHttpOptions(legible);
const here = {
  protocol,
  host: undefined,
  hostname,
  port: legible.port || (isSecure ? 443 : 80),
  // Else Node would take the name in the certificate from the Host header; addresses have none.
  servername: isIP(hostname) ? '' : hostname,
};
const send = isSecure ? https.request : http.request;

function isLed(host) {
  return typeof host === 'string' && hosts.has(host.toLowerCase());
}

/** Sends a request for `host` here, with its agent left out: that was made for the other scheme. */
function lead(host, { agent, ...options }, ...rest) {
  return send({ ...options, ...here, headers: { ...options.headers, host: host.toLowerCase() } }, ...rest);
}

function withoutProxy(headers = {}) {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'proxy-authorization'),
  );
}

for (const module of [http, https]) {
  const original = module.request;
  module.request = function request(...given) {
    let [options, ...rest] = given;
    if (typeof options === 'string' || options instanceof URL) {
      const url = new URL(options);
      const more = typeof rest[0] === 'object' ? rest.shift() : {};
      options = { hostname: url.hostname, path: url.pathname + url.search, ...more };
    }
    // To a proxy of the environment's, some clients send the whole address as the path: it is left out, and so is its login.
    const behind =
      /^https?:\/\//i.test(options.path ?? '') && URL.canParse(options.path)
        ? new URL(options.path)
        : undefined;
    if (isLed(behind?.hostname)) {
      const headers = withoutProxy(options.headers);
      return lead(behind.hostname, { ...options, headers, path: behind.pathname + behind.search }, ...rest);
    }
    const host = options.hostname || options.host;
    return isLed(host) ? lead(host, options, ...rest) : original.apply(module, given);
  };
  module.get = function get(...given) {
    const request = module.request(...given);
    request.end();
    return request;
  };
}
syncBuiltinESMExports();

const original = globalThis.fetch;
globalThis.fetch = async function fetch(...given) {
  const text = given[0] instanceof Request ? given[0].url : String(given[0]);
  // URL.parse came with Node 22.
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !isLed(url.hostname)) return original(...given);
  const { hostname: host, pathname, search } = url;
  const asked = new Request(...given);
  // Its own is let go of with it, and then never heard.
  const { signal } = given[1]?.signal ? given[1] : given[0] instanceof Request ? given[0] : {};
  const body = Buffer.from(await asked.arrayBuffer());
  const options = {
    method: asked.method,
    path: pathname + search,
    headers: { ...Object.fromEntries(asked.headers), 'content-length': body.length },
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = lead(host, options, (answer) => {
      const { statusCode: status, headersDistinct } = answer;
      const headers = Object.entries(headersDistinct).flatMap(([name, values]) =>
        values.map((value) => [name, value]),
      );
      const hasNone = [204, 205, 304].includes(status);
      resolve(new Response(hasNone ? null : Readable.toWeb(answer), { status, headers }));
    });
    request.on('error', (cause) =>
      reject(signal?.aborted ? signal.reason : new TypeError('fetch failed', { cause })),
    );
    request.end(body);
  });
};
