import type { SourceFile } from '../files.ts';

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

interface Declared {
  name: string;
  version: string;
  path: string;
}

const declared = (files: readonly SourceFile[]): Declared[] =>
  files
    .filter((file) => /(^|\/)package\.json$/.test(file.path))
    .flatMap(({ path, text }) => {
      const { dependencies, devDependencies, optionalDependencies } = JSON.parse(text) as Manifest;
      const all = { ...dependencies, ...devDependencies, ...optionalDependencies };
      return Object.entries(all).map(([name, version]) => ({ name, version, path }));
    });

/** An exact version everywhere, and the same one: what was tested is what is installed. */
export function versionsArePinned(files: readonly SourceFile[]): string[] {
  const first = new Map<string, string>();
  return declared(files).flatMap(({ name, version, path }) => {
    const other = first.get(name) ?? version;
    first.set(name, other);
    if (!/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version)) return [`${path} has ${name} ${version}: name one version`];
    return other === version ? [] : [`${path} has ${name} ${version}, another manifest ${other}`];
  });
}

/** MikroORM's parts refuse each other at run time when their versions differ. */
export function mikroOrmIsOneVersion(files: readonly SourceFile[]): string[] {
  const parts = declared(files).filter(({ name }) => name.startsWith('@mikro-orm/'));
  const versions = new Set(parts.map(({ version }) => version));
  return versions.size > 1
    ? [`@mikro-orm/* is named in the versions ${[...versions].join(' and ')}: they only work as one`]
    : [];
}
