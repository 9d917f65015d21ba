import { type Finding, findingsOf, messageOf } from './check.ts';

/** Checks that are made together, and again after something of theirs was repaired. */
export interface Section {
  group: Finding['group'];
  check: () => Finding[] | Promise<Finding[]>;
}

export interface Fixed {
  group: Finding['group'];
  name: string;
  detail: string;
}

/** Makes all checks; one that breaks is a finding too. */
export async function examine(sections: readonly Section[]): Promise<Map<Section, Finding[]>> {
  const found = new Map<Section, Finding[]>();
  for (const section of sections) found.set(section, await look(section));
  return found;
}

async function look({ group, check }: Section): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [findingsOf(group)('can be examined', false, messageOf(error))];
  }
}

/**
 * Repairs what can be repaired, each thing once, and looks at its section anew, where more may show then. A
 * repair that fails is told in the finding that stays.
 */
export async function fix(found: Map<Section, Finding[]>): Promise<Fixed[]> {
  const fixed: Fixed[] = [];
  const problems = new Map<string, string>();
  const tried = new Set<string>();
  for (;;) {
    const due = [...found].flatMap(([section, findings]) =>
      findings.flatMap((finding) =>
        finding.repair && !tried.has(nameOf(finding)) ? { section, finding } : [],
      ),
    );
    if (due.length === 0) break;
    for (const { finding } of due) {
      const { group, name, repair } = finding;
      // One repair may be for several findings of a name.
      if (tried.has(nameOf(finding))) continue;
      tried.add(nameOf(finding));
      try {
        fixed.push({ group, name, detail: await repair!() });
      } catch (error) {
        problems.set(nameOf(finding), messageOf(error));
      }
    }
    for (const section of new Set(due.map((each) => each.section))) found.set(section, await look(section));
  }
  for (const [section, findings] of found) found.set(section, findings.map(spent));
  return fixed;

  /** What was tried and is still there: nothing more can be done about it here. */
  function spent({ repair, ...finding }: Finding): Finding {
    const problem = problems.get(nameOf(finding));
    if (finding.status === 'ok' || problem === undefined) return finding;
    return { ...finding, detail: `${finding.detail}; could not be repaired: ${problem}` };
  }
}

function nameOf({ group, name }: Pick<Finding, 'group' | 'name'>): string {
  return `${group}: ${name}`;
}
