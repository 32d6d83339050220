import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { debianPackages, unpackPackages } from './debian-packages.ts';

/** Of the PostgreSQL that `npm start` and the tests run. An older `pg_dump` refuses a newer server. */
const MAJOR = 18;
/** A release of Debian with that version, and the libraries of the programs, as they need newer ones than older releases have. */
const RELEASE = 'forky';
const PACKAGES = [
  ...[`postgresql-client-${MAJOR}`, 'libpq5', 'libc6', 'libgcc-s1', 'libssl3t64', 'libreadline8t64', 'libtinfo6'],
  ...['libgssapi-krb5-2', 'libkrb5-3', 'libk5crypto3', 'libkrb5support0', 'libcom-err2', 'libkeyutils1'],
  ...['libldap2', 'libsasl2-2', 'liblz4-1', 'libzstd1', 'libxxhash0', 'zlib1g'],
];
const PROGRAMS = ['pg_dump', 'pg_restore', 'psql', 'createdb'];

/**
 * A search path of programs that begins with PostgreSQL's own client programs: those of this machine if they are new
 * enough, or else Debian's, which are downloaded once and not installed. They run with their own C library.
 * @throws Error where there are neither.
 */
export function pathWithPostgresClient(): string {
  const path = process.env['PATH'] ?? '';
  if (PROGRAMS.every((program) => majorOf(program) >= MAJOR)) return path;
  const folder = mkdtempSync(join(tmpdir(), 'missions-postgres-client-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  unpackPackages(debianPackages('postgres-client', PACKAGES, { release: RELEASE }), folder);
  const libraries = join(folder, 'usr/lib', oneOf(join(folder, 'usr/lib'), /-linux-gnu$/));
  const loader = join(libraries, oneOf(libraries, /^ld-linux/));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const program of PROGRAMS) {
    const real = join(folder, 'usr/lib/postgresql', String(MAJOR), 'bin', program);
    const script = `#!/bin/sh\nexec '${loader}' --library-path '${libraries}' '${real}' "$@"\n`;
    writeFileSync(join(bin, program), script);
    chmodSync(join(bin, program), 0o755);
  }
  return [bin, path].join(delimiter);
}

function majorOf(program: string): number {
  try {
    return Number(/(\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8', stdio: 'pipe' }))?.[1]);
  } catch {
    return 0;
  }
}

function oneOf(folder: string, name: RegExp): string {
  const found = readdirSync(folder).find((entry) => name.test(entry));
  if (found === undefined) throw new Error(`${folder} has no ${String(name)}`);
  return found;
}
