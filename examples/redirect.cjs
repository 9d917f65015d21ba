// Leads a client whose addresses are fixed to Legible, without a change in it:
//   LEGIBLE_URL=http://127.0.0.1:7878 node --require ./redirect.cjs program.js
// The Host header stays what the client wrote, and tells Legible which contract it speaks.
const https = require('node:https');
const http = require('node:http');
const { syncBuiltinESMExports } = require('node:module');
const { isIP } = require('node:net');
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
const original = https.request;
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
const send = isSecure ? original : http.request;

https.request = function request(...given) {
  let [options, ...rest] = given;
  if (typeof options === 'string' || options instanceof URL) {
    const url = new URL(options);
    const more = typeof rest[0] === 'object' ? rest.shift() : {};
    options = { hostname: url.hostname, path: url.pathname + url.search, ...more };
  }
  const host = options.hostname || options.host;
  if (!hosts.has(host)) return original.apply(https, given);
  const { agent, ...others } = options;
  const headers = { ...others.headers, host };
  return send({ ...others, ...here, headers }, ...rest);
};
syncBuiltinESMExports();
