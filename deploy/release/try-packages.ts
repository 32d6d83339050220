import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { publicPackages, snippetOf } from './packages.ts';

/** Uses what each package exports. */
export const SCRIPT = `import assert from 'node:assert/strict';
import { MissionsClient, UserClient, MissionsError, isCode } from '@missions/client';
import { createTools, openAiTools, promptFragment } from '@missions/agent-tools';
import { mcpServer } from '@missions/agent-tools/mcp';
import { streamsOf, subscribe } from '@missions/events';

const client = new MissionsClient({
  baseUrl: 'http://127.0.0.1:9',
  credential: 'key',
  userId: 'ada',
  fetch: async (url) => Response.json({ id: 'x', title: String(url) }, { status: 201 }),
});
assert.equal((await client.createMission({ title: 'A' })).title, 'http://127.0.0.1:9/api/internal/missions');
const refused = new MissionsClient({ baseUrl: 'http://127.0.0.1:9', credential: 'key', userId: 'ada', retry: { retries: 0 } });
const error = await refused.createMission({ title: 'A' }).catch((reason) => reason);
assert.ok(error instanceof MissionsError && isCode(error, 'UNREACHABLE'));
assert.equal(openAiTools(createTools({ client }).definitions).length > 10, true);
assert.equal(typeof promptFragment + typeof UserClient + typeof mcpServer + typeof subscribe, 'stringfunctionfunctionfunction');
assert.deepEqual([...streamsOf(['mission.*', 'email.sent']).keys()], ['MISSION', 'EMAIL']);
console.log('ok');
`;

const TYPED = `import { MissionsClient, isCode } from '@missions/client';
import { createTools, openAiTools, anthropicTools } from '@missions/agent-tools';
import { mcpServer } from '@missions/agent-tools/mcp';
import { subscribe } from '@missions/events';

const client = new MissionsClient({ baseUrl: 'http://localhost:8003', credential: 'key', userId: 'ada' });
const mission = await client.createMission({ title: 'A', tasks: [{ title: 'B' }] });
const version: number = mission.version;
// @ts-expect-error a priority that does not exist
await client.updateMission(mission.id, { priority: 'huge' }, { ifVersion: version });
const tools = createTools({ client });
export const definitions = [openAiTools(tools.definitions), anthropicTools(tools.definitions), mcpServer({ tools })];
await subscribe({ url: 'nats://localhost', types: ['mission.completed', 'email.*'], durable: 'x' }, (event) => {
  if (event.type === 'mission.completed') {
    const id: string = event.data.mission_id;
    console.log(id);
  }
  // @ts-expect-error no event of these types
  if (event.type === 'approval.requested') console.log(event);
});
export const wrong = (error: unknown) => isCode(error, 'VERSION_MISMATCH');
`;

interface Attempt {
  what: string;
  /** Undefined if it worked. */
  failure?: string;
  /** Why it could not be tried. */
  skipped?: string;
}

/**
 * Uses the packed packages as others do, in an empty folder: from JavaScript under every Node that is found, from
 * TypeScript, with what their READMEs show, in both ways of resolution, in a bundle for browsers, and by the two linters of packages. Compilers and
 * linters that the project does not have are installed into `cache`.
 */
export function tryPackages(root: string, tarballs: readonly string[], cache: string): Attempt[] {
  const folder = mkdtempSync(join(tmpdir(), 'missions-packages-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    const installed = run('npm', [...INSTALL, ...tarballs, `@types/node@24`], folder);
    if (installed !== undefined) return [{ what: 'npm install of the tarballs', failure: installed }];
    writeFileSync(join(folder, 'use.mjs'), SCRIPT);
    writeFileSync(join(folder, 'use.ts'), TYPED);
    for (const [at, { name }] of publicPackages.entries()) {
      const readme = readFileSync(join(folder, 'node_modules', name, 'README.md'), 'utf8');
      writeFileSync(join(folder, `shown-${at}.ts`), snippetOf(readme));
    }
    return [
      ...nodes().map(({ path, version }) => ({
        what: `JavaScript under ${version}`,
        ...failed(run(path, ['use.mjs'], folder)),
      })),
      ...typeChecks(root, folder, cache),
      { what: 'bundle for browsers', ...failed(browserBundle(root, folder)) },
      ...packageLinters(tarballs, cache),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
const failed = (failure: string | undefined): Pick<Attempt, 'failure'> => (failure === undefined ? {} : { failure });

/** @returns what it said, if it failed */
function run(command: string, args: readonly string[], cwd: string): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return status === 0 ? undefined : `${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`.trim().slice(-3_000);
}

/** Each Node on PATH, and this one; every version once. */
function nodes(): { path: string; version: string }[] {
  const found = new Map<string, string>();
  const folders = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  for (const path of [process.execPath, ...folders, ...(process.env['NODES'] ?? '').split(delimiter)]) {
    if (path === '' || !existsSync(path)) continue;
    const version = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim();
    if (version && !found.has(version)) found.set(version, path);
  }
  return [...found].map(([version, path]) => ({ path, version: `Node ${version}` }));
}

function typeChecks(root: string, folder: string, cache: string): Attempt[] {
  const old = fromCache(cache, 'typescript@5.9.3', 'node_modules/typescript/bin/tsc');
  const compilers = [
    { name: 'TypeScript 7', path: join(root, 'node_modules/.bin/tsc') },
    { name: 'TypeScript 5.9', ...old },
  ];
  const ways = [
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ];
  const shown = publicPackages.map((_, at) => `shown-${at}.ts`);
  return compilers.flatMap(({ name, path, problem }: { name: string; path?: string; problem?: string }) =>
    ways.map((way): Attempt => {
      const what = `${name}, ${way.moduleResolution}`;
      if (path === undefined) return { what, skipped: problem ?? '' };
      const compilerOptions = { ...way, strict: true, noEmit: true, target: 'es2022', types: ['node'] };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts', ...shown] }));
      return { what, ...failed(run(path, ['-p', '.'], folder)) };
    }),
  );
}

function browserBundle(root: string, folder: string): string | undefined {
  writeFileSync(join(folder, 'page.js'), `import { UserClient } from '@missions/client';\nconsole.log(UserClient);\n`);
  const args = ['page.js', '--bundle', '--platform=browser', '--format=esm', '--minify', '--outfile=page.out.js'];
  return run(join(root, 'node_modules/.bin/esbuild'), args, folder);
}

function packageLinters(tarballs: readonly string[], cache: string): Attempt[] {
  const publint = fromCache(cache, 'publint@0.3.25', 'node_modules/.bin/publint');
  const attw = fromCache(cache, '@arethetypeswrong/cli@0.18.5', 'node_modules/.bin/attw');
  return tarballs.flatMap((tarball) => {
    const name = tarball.split('/').at(-1) ?? '';
    return [
      publint.path === undefined
        ? { what: `publint ${name}`, skipped: publint.problem ?? '' }
        : { what: `publint ${name}`, ...failed(run(publint.path, ['run', tarball, '--strict'], cache)) },
      attw.path === undefined
        ? { what: `arethetypeswrong ${name}`, skipped: attw.problem ?? '' }
        : { what: `arethetypeswrong ${name}`, ...failed(run(attw.path, [tarball, '--profile', 'esm-only'], cache)) },
    ];
  });
}

/** A tool that is no dependency of the project, because it is needed for a release only. */
function fromCache(cache: string, wanted: string, file: string): { path?: string; problem?: string } {
  const folder = join(cache, wanted.replaceAll(/[@/]/g, '_'));
  const path = join(folder, file);
  if (existsSync(path)) return { path };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const problem = run('npm', [...INSTALL, '--save-exact', wanted], folder);
  return problem === undefined ? { path } : { problem: `${wanted} cannot be installed: ${problem}` };
}
