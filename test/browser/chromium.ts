import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { debianPackages, unpackPackages } from '@missions/test-support/debian-packages.ts';

export interface Chromium {
  readonly executable: string;
  /** What it needs besides PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
}

/** Fonts as well, so that a page has the same widths on every machine. */
const PACKAGES = ['chromium-headless-shell', 'fonts-inter', 'fonts-dejavu-core'];
const INSTALLED = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

let found: Chromium | undefined;

/**
 * The browser that `CHROMIUM` names, or the one of this machine, or else that of Debian's packages, which are
 * downloaded once and unpacked into the cache without being installed.
 *
 * @throws Error without any.
 */
export function findChromium(): Chromium {
  found ??= named() ?? installed() ?? unpacked();
  return found;
}

function named(): Chromium | undefined {
  const executable = process.env['CHROMIUM'];
  if (executable === undefined || executable === '') return undefined;
  if (!existsSync(executable)) throw new Error(`CHROMIUM names ${executable}, which does not exist`);
  return { executable, env: {} };
}

function installed(): Chromium | undefined {
  const executable = INSTALLED.map((name) => `/usr/bin/${name}`).find((path) => existsSync(path));
  return executable === undefined ? undefined : { executable, env: {} };
}

function unpacked(): Chromium {
  const files = debianPackages('chromium', PACKAGES, { withDependencies: true });
  const root = join(dirname(files[0] ?? ''), 'root');
  if (!existsSync(root)) unpackOnce(files, root);
  const executable = join(root, 'usr/lib/chromium/chromium-headless-shell');
  const libraries = globSync(['usr/lib/*-linux-gnu', 'usr/lib/*-linux-gnu/pulseaudio'], { cwd: root });
  const env = {
    LD_LIBRARY_PATH: libraries.map((folder) => join(root, folder)).join(':'),
    FONTCONFIG_FILE: join(root, 'fonts.conf'),
  };
  try {
    execFileSync(executable, ['--version'], { env: { ...process.env, ...env }, stdio: 'pipe' });
  } catch (error) {
    // A library that this machine had when the packages were chosen, and has no more.
    throw new Error(`${executable} does not start. Remove ${dirname(root)} to download it anew.`, { cause: error });
  }
  return { executable, env };
}

/** Another process may unpack at the same time: the folder gets its name when it is whole. */
function unpackOnce(files: readonly string[], root: string): void {
  const folder = mkdtempSync(`${root}-`);
  try {
    unpackPackages(files, folder);
    writeFileSync(join(folder, 'fonts.conf'), fontConfiguration(root));
    renameSync(folder, root);
  } catch (error) {
    if (!existsSync(root)) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const fontConfiguration = (root: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>${root}/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${root}/font-cache</cachedir>
  ${['sans-serif', 'system-ui', 'ui-sans-serif'].map(preferInter).join('\n  ')}
</fontconfig>
`;

const preferInter = (family: string): string =>
  `<alias><family>${family}</family><prefer><family>Inter</family><family>DejaVu Sans</family></prefer></alias>`;
