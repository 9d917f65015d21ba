import { Command } from 'commander';
import { traceConfig } from '../settings/loadConfig.ts';
import { checkBooks } from './checks/books.ts';
import type { Finding } from './checks/check.ts';
import { checkFiles } from './checks/files.ts';
import { checkConfig, checkRuntime } from './checks/host.ts';
import { checkModels } from './checks/models.ts';
import { checkNetwork } from './checks/network.ts';
import { examine, type Fixed, fix, type Section } from './checks/sections.ts';
import { checkServer } from './checks/server.ts';
import { checkUpkeep } from './checks/upkeep.ts';
import { print, show, table } from './output.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check configuration, machine, database, books and models; exit status 1 when any fails')
    .option('--fix', 'repair what can be repaired without loss or guessing, and look again')
    .option('--whole', 'recount the ledger from its first entry, past its checkpoints: slow when it is long')
    .option('--json', 'print JSON')
    .action(async (options: { fix?: boolean; whole?: boolean; json?: boolean }) => {
      const found = await examine(sections(options.whole ?? false));
      const fixed = options.fix ? await fix(found) : [];
      const findings = [...found.values()].flat();
      const ok = findings.every(({ status }) => status !== 'fail');
      if (!ok) process.exitCode = 1;
      const told = findings.map(({ repair, ...finding }) => ({ ...finding, fixable: repair !== undefined }));
      const tell = fixed.length > 0 ? print : show;
      tell(options, { ok, fixed, findings: told }, () => report(findings, fixed));
    });
}

function sections(whole: boolean): Section[] {
  const { config, sources } = traceConfig();
  return [
    { group: 'config', check: () => checkConfig(config) },
    { group: 'files', check: () => checkFiles(config, sources, Date.now()) },
    { group: 'runtime', check: () => checkRuntime(config) },
    { group: 'store', check: () => checkBooks(config, whole) },
    { group: 'model', check: () => checkModels() },
    { group: 'network', check: () => checkNetwork(config) },
    { group: 'server', check: () => checkServer(config) },
    { group: 'upkeep', check: () => checkUpkeep(config, Date.now()) },
  ];
}

function report(findings: Finding[], fixed: Fixed[]): string {
  const done = fixed.map(({ group, name, detail }) => ['fixed', group, name, detail]);
  const rows = findings.map(({ group, name, status, detail }) => [status, group, name, detail]);
  const failed = findings.filter(({ status }) => status === 'fail').length;
  const fixable = findings.filter(({ repair }) => repair !== undefined).length;
  const verdict = failed === 0 ? 'Nothing fails.' : `${failed} of ${findings.length} checks fail.`;
  const advice = fixable === 0 ? '' : ` \`legible doctor --fix\` can see to ${fixable}.`;
  return `${table(['', 'group', 'check', 'found'], [...done, ...rows])}\n\n${verdict}${advice}`;
}
