import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { databaseFile } from '../store/open.ts';
import { checkKeys, checkStore } from './checks/books.ts';
import { type Finding, findingsOf, messageOf } from './checks/check.ts';
import { checkConfig, checkRuntime } from './checks/host.ts';
import { checkModels } from './checks/models.ts';
import { checkServer } from './checks/server.ts';
import { print, table } from './output.ts';
import { withStore } from './session.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check configuration, machine, database, books and models; exit status 1 when any fails')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const findings = await examine(loadConfig());
      const failed = findings.filter(({ status }) => status === 'fail').length;
      if (failed > 0) process.exitCode = 1;
      print(options, { ok: failed === 0, findings }, () => {
        const rows = findings.map(({ group, name, status, detail }) => [status, group, name, detail]);
        const verdict = failed === 0 ? 'Nothing fails.' : `${failed} of ${findings.length} checks fail.`;
        return `${table(['', 'group', 'check', 'found'], rows)}\n\n${verdict}`;
      });
    });
}

/** To look must not make a database where there is none. */
function examineStore({ databaseUrl, dataDir }: Config): Finding[] | Promise<Finding[]> {
  if (databaseUrl === undefined && !existsSync(databaseFile(dataDir))) {
    return [findingsOf('store')('database', 'warn', `${databaseFile(dataDir)} is made at the first start`)];
  }
  return withStore(async ({ config, store }) => [
    await checkKeys(config, store),
    ...(await checkStore(store)),
  ]);
}

async function examine(config: Config): Promise<Finding[]> {
  const groups: [Finding['group'], () => Finding[] | Promise<Finding[]>][] = [
    ['config', () => checkConfig(config)],
    ['runtime', () => checkRuntime(config)],
    ['store', () => examineStore(config)],
    ['model', () => checkModels()],
    ['server', () => checkServer(config)],
  ];
  const findings: Finding[] = [];
  for (const [group, check] of groups) {
    try {
      findings.push(...(await check()));
    } catch (error) {
      findings.push(findingsOf(group)('can be examined', false, messageOf(error)));
    }
  }
  return findings;
}
