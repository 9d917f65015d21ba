/** The file `thread` beside a module, for a Worker to start with: sources run as .ts, the build as .js. */
export function threadBeside(moduleUrl: string): URL {
  return new URL(`./thread${moduleUrl.slice(-3)}`, moduleUrl);
}
