import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** `skipped` means that the registry did not answer: it has no such endpoint, or there is no network. */
export interface Outcome {
  verdict: 'passed' | 'failed' | 'skipped';
  /** What was found, or why nothing was. */
  text: string;
}

export interface RegistryCheck {
  name: string;
  /** Of npm; its answer is JSON. */
  args: readonly string[];
  /** undefined if the answer is not the registry's. */
  judge: (answer: unknown) => Outcome | undefined;
}

export interface CheckOptions {
  cwd: string;
  withinMs: number;
  /** Instead of the user's registry. */
  registry?: string;
}

/** Severities that no production dependency may have. Others are named. */
const REFUSED = ['high', 'critical'];

export const REGISTRY_CHECKS: readonly RegistryCheck[] = [
  {
    name: 'npm audit --omit=dev',
    args: ['audit', '--omit=dev', '--package-lock-only', '--json'],
    judge: (answer) => {
      const { auditReportVersion, vulnerabilities } = answer as {
        auditReportVersion?: number;
        vulnerabilities?: Record<string, { severity: string }>;
      };
      if (auditReportVersion === undefined || vulnerabilities === undefined) return undefined;
      const found = Object.entries(vulnerabilities).map(([name, { severity }]) => ({ name, severity }));
      const text = found.map(({ name, severity }) => `${name} (${severity})`).join(', ');
      const failed = found.some(({ severity }) => REFUSED.includes(severity));
      return { verdict: failed ? 'failed' : 'passed', text: text || 'no known vulnerability' };
    },
  },
  {
    name: 'npm audit signatures',
    args: ['audit', 'signatures', '--json'],
    judge: (answer) => {
      const { invalid, missing } = answer as { invalid?: { name: string }[]; missing?: { name: string }[] };
      if (!Array.isArray(invalid) || !Array.isArray(missing)) return undefined;
      const named = (what: string, packages: { name: string }[]) =>
        packages.length === 0 ? [] : [`${what}: ${packages.map(({ name }) => name).join(', ')}`];
      const text = [...named('wrong signature', invalid), ...named('no signature', missing)].join('; ');
      return { verdict: text ? 'failed' : 'passed', text: text || 'every package has the signature of the registry' };
    },
  },
];

/** Asks once and does not wait longer than `withinMs`: a registry that is away must not hold up a run of CI. */
export async function askRegistry(check: RegistryCheck, options: CheckOptions): Promise<Outcome> {
  const registry = options.registry === undefined ? [] : ['--registry', options.registry];
  const args = [...check.args, ...registry, '--fetch-retries=0', `--fetch-timeout=${options.withinMs}`];
  const npm = spawn('npm', args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  npm.stdout.on('data', (data) => (output += String(data)));
  npm.stderr.on('data', (data) => (errors += String(data)));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    npm.kill('SIGKILL');
  }, options.withinMs);
  await once(npm, 'close');
  clearTimeout(timer);
  if (late) return { verdict: 'skipped', text: `the registry did not answer within ${options.withinMs / 1000} s` };
  return check.judge(parsed(output)) ?? { verdict: 'skipped', text: reasonIn(output, errors) };
}

function parsed(output: string): unknown {
  try {
    return JSON.parse(output) ?? {};
  } catch {
    return {};
  }
}

function reasonIn(output: string, errors: string): string {
  const { message, error } = parsed(output) as { message?: string; error?: { summary?: string } };
  const said = message ?? error?.summary ?? errors.split('\n').find((line) => line.trim() !== '');
  return `the registry did not answer: ${said ?? 'npm said nothing'}`;
}
