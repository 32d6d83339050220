import { isSource, isSpec, roomOf, type SourceFile } from '../source/files.ts';
import { importsOf } from '../source/imports.ts';
import { isWritten, tokens } from '../source/tokens.ts';

interface Manifest {
  name?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  /** Brought by whoever uses that part of the package. */
  peerDependencies?: Record<string, string>;
}

type Manifests = ReadonlyMap<string, Manifest>;

/** By room; `''` is the project's own. */
function manifests(files: readonly SourceFile[]): Manifests {
  return new Map(
    files
      .filter((file) => file.path === 'package.json' || file.path === `${roomOf(file.path)}/package.json`)
      .map((file) => [file.path === 'package.json' ? '' : roomOf(file.path), JSON.parse(file.text) as Manifest]),
  );
}

/** Names a specifier's package, `@missions/…` included. */
function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * What a package imports, its manifest names, and what runs in production it names under `dependencies`. Specs may also use what
 * `test` brings (mocha, chai). Tests reach every package of ours, which are always there together; the import directions bound them.
 */
export function usedIsDeclared(files: readonly SourceFile[]): string[] {
  const known = manifests(files);
  return files.filter(isSource).flatMap((file) => {
    const room = roomOf(file.path);
    const own = known.get(room) ?? {};
    const production = new Set([
      own.name ?? '',
      ...Object.keys({ ...own.dependencies, ...own.optionalDependencies, ...own.peerDependencies }),
    ]);
    const forSpecs = {
      ...own.devDependencies,
      ...known.get('test')?.dependencies,
      ...known.get('test')?.devDependencies,
    };
    const allowed = isSpec(file) ? new Set([...production, ...Object.keys(forSpecs)]) : production;
    return importsOf(file).flatMap(({ specifier, line }) => {
      const name = packageOf(specifier);
      const isOurs = name?.startsWith('@missions/') && (isSpec(file) || room === 'test');
      return name === undefined || isOurs || allowed.has(name)
        ? []
        : [`${file.path}:${line} imports ${name}: ${room}/package.json does not declare it`];
    });
  });
}

/** Tools that nothing imports, with what uses them. */
const usedByTools: Record<string, string> = {
  'oxlint-tsgolint': 'oxlint --type-aware',
  '@types/node': 'tsconfig types',
  '@types/mocha': 'tsconfig types',
};

/** A declared package is imported, or its name is written in a string (a tool that is run, a binary that is looked for) or script. */
export function declaredIsUsed(files: readonly SourceFile[]): string[] {
  const strings = new Map<string, string[]>();
  for (const file of files.filter(isSource)) {
    const room = roomOf(file.path);
    const texts = tokens(file.text).flatMap((token) => (isWritten(token) ? [token.value] : []));
    strings.set(room, [...(strings.get(room) ?? []), ...texts]);
  }
  const everywhere = [...strings.values()].flat();
  return [...manifests(files)].flatMap(([room, { dependencies, devDependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter((name) => {
        if (name in usedByTools) return false;
        // The tools of the project and of all specs are used from other rooms.
        const texts = room === '' || room === 'test' ? everywhere : (strings.get(room) ?? []);
        return !namesOf(name).some((wanted) => texts.some((text) => text === wanted || text.includes(`${wanted}/`)));
      })
      .map((name) => `${room === '' ? '' : `${room}/`}package.json declares ${name}: nothing uses it`),
  );
}

/** Types stand for what they describe; one of a family of platform packages is chosen by a name put together from its scope. */
function namesOf(name: string): string[] {
  if (name.startsWith('@types/')) return [name.slice('@types/'.length)];
  const platform = /^(@[^/]+)\/(.*-)?(linux|darwin|win32)-/.exec(name);
  return platform ? [name, platform[1] ?? name] : [name];
}

/** An exact version everywhere, and the same one: what was tested is what is installed. */
export function versionsArePinned(files: readonly SourceFile[]): string[] {
  const seen = new Map<string, string>();
  return [...manifests(files)].flatMap(([room, { dependencies, devDependencies, optionalDependencies }]) =>
    Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).flatMap(([name, version]) => {
      const at = `${room === '' ? '' : `${room}/`}package.json`;
      const other = seen.get(name) ?? version;
      seen.set(name, version);
      if (!/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version)) return [`${at} has ${name} ${version}: name one version`];
      return other === version ? [] : [`${at} has ${name} ${version}, another manifest ${other}`];
    }),
  );
}

/** MikroORM's parts refuse each other at run time when their versions differ. */
export function mikroOrmIsOneVersion(files: readonly SourceFile[]): string[] {
  const parts = [...manifests(files)].flatMap(([, { dependencies = {} }]) =>
    Object.entries(dependencies).filter(([name]) => name.startsWith('@mikro-orm/')),
  );
  const versions = new Set(parts.map(([, version]) => version));
  return versions.size > 1
    ? [`@mikro-orm/* is named in the versions ${[...versions].join(' and ')}: they only work as one`]
    : [];
}
