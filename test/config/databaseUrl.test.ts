import { describe, expect, it } from 'vitest';
import { databaseUrlProblem, driverUrl, protectionOf } from '../../src/settings/databaseUrl.ts';

const at = (query: string, host = 'db.example:5432') => `postgres://leg:p%40ss@${host}/legible${query}`;

describe('the address of a database', () => {
  it.each([
    '',
    '?sslmode=verify-full&sslrootcert=/ca.pem',
    '?ssl=true',
    '?channel_binding=require',
    '?host=/run/pg',
  ])('is taken with %j', (query) => expect(databaseUrlProblem(at(query))).toBeUndefined());

  it('of a local socket has no host', () => {
    expect(databaseUrlProblem('postgres://leg@/legible?host=/run/postgresql')).toBeUndefined();
    expect(protectionOf('postgres://leg@/legible?host=/run/postgresql')).toBeUndefined();
  });

  it.each([
    ['?sslmod=verify-full', /^has a parameter sslmod, which nothing knows.*did you mean sslmode\?$/],
    ['?SSLMODE=verify-full', /^has a parameter SSLMODE/],
    ['?tls=true', /^has a parameter tls/],
    ['?sslmode=verify-full&sslmode=disable', /^has sslmode twice$/],
    ['?sslmode=verify_full', /^has an unknown sslmode; did you mean verify-full\?/],
  ])('is refused with %s, which would leave everything in the clear', (query, problem) => {
    expect(databaseUrlProblem(at(query))).toMatch(problem);
  });

  it.each([
    ['?sslmode=require', '?sslmode=verify-full'],
    ['?a=b&sslmode=prefer&sslrootcert=/ca.pem', '?a=b&sslmode=verify-full&sslrootcert=/ca.pem'],
    ['?sslmode=require&uselibpqcompat=true', '?sslmode=require&uselibpqcompat=true'],
    ['?sslmode=disable', '?sslmode=disable'],
    ['', ''],
  ])('with %j is given to the driver with %j', (given, expected) => {
    expect(driverUrl(at(given))).toBe(at(expected));
  });

  it.each([
    ['', 'in the clear'],
    ['?sslmode=disable', 'in the clear'],
    ['?sslmode=no-verify', 'not verified'],
    ['?sslmode=require', 'encrypted'],
    ['?ssl=true', 'encrypted'],
    ['?sslcert=/a.pem&sslkey=/b.pem', 'encrypted'],
    ['?ssl=no-verify', 'not verified'],
    ['?sslmode=require&uselibpqcompat=true', 'not verified'],
  ])('over a network with %j is %s', (query, protection) => {
    expect(protectionOf(at(query))).toBe(protection);
    for (const host of ['localhost', '127.0.0.1:5432', '[::1]'])
      expect(protectionOf(at(query, host))).toBeUndefined();
  });
});
