import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { type PublicPackage, publicPackages } from './packages.ts';

interface Manifest {
  version: string;
  description: string;
  license: string;
  repository?: unknown;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: object;
}

const NODE = '20';
/** Packages of ours that are built into those for others. */
const INSIDE = ['shared/contracts', 'shared/receipts'];

/**
 * Builds the packages for others into `<out>/<folder's name>`: plain ES modules, with the contracts that they need inside,
 * and declarations. The sources stay as they are. @returns the folders
 */
export async function buildPackages(root: string, out: string, version: string): Promise<string[]> {
  rmSync(out, { recursive: true, force: true });
  const types = join(out, 'types');
  declarations(root, types);
  const folders: string[] = [];
  for (const one of publicPackages) {
    const folder = join(out, one.folder.split('/').at(-1) as string);
    await bundle(root, folder, one);
    const reached = copyDeclarations(types, folder, one);
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(root, one, version), null, 2)}\n`);
    cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
    writeFileSync(join(folder, 'README.md'), readme(root, one));
    if (reached === 0) throw new Error(`${one.name} has no declarations`);
    folders.push(folder);
  }
  rmSync(types, { recursive: true });
  return folders;
}

const distName = (file: string): string => `dist/${file.replace(/\.ts$/, '').replaceAll('/', '-')}`;

async function bundle(root: string, folder: string, { folder: from, entries, bin = {}, dependencies }: PublicPackage) {
  const files = [...Object.values(entries), ...Object.values(bin)];
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(files.map((file) => [distName(file), join(from, file)])),
    outdir: folder,
    bundle: true,
    // What several entries share stands once.
    splitting: files.length > 1,
    chunkNames: 'dist/shared-[hash]',
    format: 'esm',
    platform: files.length > 1 || dependencies.includes('nats') ? 'node' : 'neutral',
    target: `node${NODE}`,
    external: [...dependencies.flatMap((name) => [name, `${name}/*`]), 'ai'],
    plugins: [
      {
        name: 'packages for others import each other by their entry',
        setup(setup) {
          setup.onResolve({ filter: /^@missions\/client\// }, ({ path }) =>
            dependencies.includes('@missions/client') ? { path: '@missions/client', external: true } : { path },
          );
        },
      },
    ],
    logLevel: 'warning',
  });
  for (const file of Object.values(bin)) {
    const path = join(folder, `${distName(file)}.js`);
    writeFileSync(path, `#!/usr/bin/env node\n${readFileSync(path, 'utf8')}`, { mode: 0o755 });
  }
}

/** The declarations of everything that the entries reach, by the compiler that checks the project. */
function declarations(root: string, outDir: string): void {
  mkdirSync(outDir, { recursive: true });
  const config = join(outDir, 'tsconfig.json');
  // Named one by one: of what is found through node_modules, the compiler writes no declarations.
  const include = [...publicPackages.map(({ folder }) => folder), ...INSIDE, 'shared/messaging/cloudevents.ts'];
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: join(root, 'shared'),
    outDir,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  const files = {
    include: include.map((path) => join(root, path)),
    exclude: ['**/*.spec.ts', '**/*.sample.ts', '**/testing/**', '**/node_modules/**'].map((path) => join(root, path)),
  };
  writeFileSync(config, JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions, ...files }));
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', config], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The declarations cannot be made:\n${stdout}`);
}

/** Types that the compiler names by itself, of an expression, have the ending `.js` already. */
const SPECIFIER = /(?<=from\s+|import\(|import\s+)(['"])([^'"]+\.ts|@missions\/[^'"]+\.js)\1/g;

/** Copies what an entry reaches, and names our own packages by their place in the folder. @returns how many files */
function copyDeclarations(
  types: string,
  folder: string,
  { folder: from, entries, dependencies }: PublicPackage,
): number {
  const home = from.replace(/^shared\//, '');
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const target = join(folder, 'dist/types', file);
    const text = readFileSync(join(types, file), 'utf8').replaceAll(
      SPECIFIER,
      (_, quote: string, specifier: string) => {
        const [, other, path] = /^@missions\/([^/]+)\/(.*)$/.exec(specifier) ?? [];
        if (other === 'client' && dependencies.includes('@missions/client')) return `${quote}@missions/client${quote}`;
        const found = other ? join(other, path as string) : join(dirname(file), specifier);
        const declaration = found.replace(/\.[jt]s$/, '.d.ts');
        visit(declaration);
        const place = relative(dirname(file), found.replace(/\.[jt]s$/, '.js'));
        return `${quote}${place.startsWith('.') ? place : `./${place}`}${quote}`;
      },
    );
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  };
  for (const entry of Object.values(entries)) visit(join(home, entry.replace(/\.ts$/, '.d.ts')));
  return seen.size;
}

function manifest(root: string, one: PublicPackage, version: string): object {
  const read = (path: string) => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as Manifest;
  const project = read('.');
  const own = read(one.folder);
  const range = (name: string): string =>
    name.startsWith('@missions/')
      ? version
      : `^${[own, ...INSIDE.map(read)].map(({ dependencies }) => dependencies?.[name]).find(Boolean) ?? ''}`;
  const home = one.folder.replace(/^shared\//, '');
  const typesOf = (file: string) => `./dist/types/${home}/${file.replace(/\.ts$/, '.d.ts')}`;
  return {
    name: one.name,
    version,
    description: own.description,
    keywords: one.keywords,
    license: project.license,
    ...(project.repository ? { repository: project.repository } : {}),
    type: 'module',
    sideEffects: false,
    exports: {
      ...Object.fromEntries(
        Object.entries(one.entries).map(([name, file]) => [
          name,
          { types: typesOf(file), default: `./${distName(file)}.js` },
        ]),
      ),
      './package.json': './package.json',
    },
    ...(one.bin && {
      bin: Object.fromEntries(Object.entries(one.bin).map(([name, file]) => [name, `./${distName(file)}.js`])),
    }),
    files: ['dist'],
    engines: { node: `>=${NODE}` },
    dependencies: Object.fromEntries(one.dependencies.map((name) => [name, range(name)])),
    ...(own.peerDependencies && {
      peerDependencies: own.peerDependencies,
      peerDependenciesMeta: own.peerDependenciesMeta,
    }),
    publishConfig: { access: 'public', provenance: true },
  };
}

/** The project's own README has links into the repository; `PACKAGE.md` is for those who install the package. */
function readme(root: string, { folder }: PublicPackage): string {
  const own = join(root, folder, 'PACKAGE.md');
  return readFileSync(existsSync(own) ? own : join(root, folder, 'README.md'), 'utf8');
}
