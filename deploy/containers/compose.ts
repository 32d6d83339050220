import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Not the ports of an installation that may run on the same machine. */
export const ports = { gateway: 18_003, secondGateway: 18_005, mail: 12_525, secondMail: 12_526 };

/** Why no containers can be had here; undefined if they can. */
export function missingEngine(): string | undefined {
  for (const args of [['info'], ['compose', 'version']]) {
    const { status, stderr, error } = spawnSync('docker', args, { encoding: 'utf8', timeout: 30_000 });
    if (status !== 0) return `docker ${args.join(' ')}: ${error?.message ?? stderr.trim()}`;
  }
  return undefined;
}

/** `deploy/env.example` as its first lines say: every empty variable gets a value of its own. */
export function writeSettings(root: string, path: string): Record<string, string> {
  const filled = readFileSync(join(root, 'deploy/env.example'), 'utf8').replaceAll(
    /^(?!AGENT_)(\w+)=$/gm,
    (_, name: string) => `${name}=${randomBytes(24).toString('hex')}`,
  );
  const own = `GATEWAY_PORT=${ports.gateway}\nGATEWAY_PORT_2=${ports.secondGateway}\nINBOUND_SMTP_PORT=${ports.mail}\nINBOUND_SMTP_PORT_2=${ports.secondMail}\n`;
  writeFileSync(path, filled + own, { mode: 0o600 });
  return Object.fromEntries([...filled.matchAll(/^(\w+)=(.+)$/gm)].map(([, name, value]) => [name, value]));
}

export interface Project {
  readonly root: string;
  readonly name: string;
  readonly settings: string;
  /** Files beside `docker-compose.yml`. */
  readonly files: readonly string[];
}

/** The containers of one project of Compose. */
export class Containers {
  readonly #project: Project;
  readonly #base: readonly string[];

  constructor(project: Project) {
    this.#project = project;
    const files = ['docker-compose.yml', ...project.files, 'deploy/operator.yml'].flatMap((file) => ['-f', file]);
    this.#base = ['compose', '--env-file', project.settings, '-p', project.name, ...files];
  }

  /** @throws Error with what Compose wrote, unless it ends with 0. */
  async compose(...args: readonly string[]): Promise<string> {
    return this.docker(...this.#base, ...args);
  }

  async docker(...args: readonly string[]): Promise<string> {
    try {
      const { stdout } = await execute('docker', args, { cwd: this.#project.root, maxBuffer: 64 * 1024 * 1024 });
      return stdout;
    } catch (error) {
      const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
      const end = stderr.slice(-1_000);
      throw new Error(`docker ${args.join(' ')} ended with ${String(code)}: ${end}`, { cause: error });
    }
  }

  /** The operators' command. */
  async operator(...args: readonly string[]): Promise<any> {
    const stdout = await this.compose('run', '--rm', '-T', 'operator', ...args, '--json');
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  }

  /** A program in the container of PostgreSQL, with a file's descriptor at its standard input or output. */
  async inPostgres(
    args: readonly string[],
    files: { readonly input?: number; readonly output?: number },
  ): Promise<void> {
    const child = spawn('docker', [...this.#base, 'exec', '-T', 'postgres', ...args], {
      cwd: this.#project.root,
      stdio: [files.input ?? 'ignore', files.output ?? 'inherit', 'inherit'],
    });
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (code !== 0) throw new Error(`${args.join(' ')} in postgres ended with ${String(code)}`);
  }

  /** Each container's id by its service. */
  async ids(): Promise<Map<string, string>> {
    const lines = (await this.compose('ps', '--all', '--format', '{{.Service}} {{.ID}}')).trim().split('\n');
    return new Map(lines.map((line) => line.split(' ') as [string, string]).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** `service 91.5MiB / 384MiB` of each running container. */
  async memory(): Promise<string[]> {
    const ids = (await this.compose('ps', '--quiet')).trim().split('\n');
    const stdout = await this.docker('stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}', ...ids);
    return stdout.trim().replaceAll(`${this.#project.name}-`, '').split('\n').toSorted();
  }
}
