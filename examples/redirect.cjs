// Leads a client whose addresses are fixed to Legible, without a change in it:
//   LEGIBLE_URL=http://127.0.0.1:7878 node --require ./redirect.cjs program.js
// The Host header stays what the client wrote, and tells Legible which contract it speaks.
const https = require('node:https');
const http = require('node:http');
const { syncBuiltinESMExports } = require('node:module');

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
const original = https.request;

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
  const { hostname, port } = legible;
  const here = { protocol: 'http:', host: undefined, hostname, port, headers };
  return http.request({ ...others, ...here }, ...rest);
};
syncBuiltinESMExports();
