import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { build, type BuildOptions, type Metafile } from 'esbuild';

/**
 * `node services/dashboard/build.ts <folder>`: makes the page's files. `npm start` calls it at each start, and the image
 * when it is built; it takes a tenth of a second, so nothing that is built is kept in the repository.
 *
 *     index.html              names the others, and for each view what it needs; never kept by browsers
 *     service-worker.js       shows what is pushed; browsers look for a new one by themselves
 *     assets/<name>-<hash>    scripts, one for each view beside what all need, and the style sheet
 */
export async function buildPage(folder: string): Promise<void> {
  const here = import.meta.dirname;
  const making = `${folder}.${process.pid}`;
  await rm(making, { recursive: true, force: true });
  const { metafile } = await build({
    ...forBrowsers,
    entryPoints: { page: join(here, 'main.tsx'), style: join(here, 'style/page.css') },
    outdir: join(making, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    splitting: true,
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    metafile: true,
  });
  await build({
    ...forBrowsers,
    entryPoints: [join(here, 'push/worker.ts')],
    outfile: join(making, 'service-worker.js'),
    format: 'iife',
  });
  await writeFile(join(making, 'index.html'), index(builtFiles(metafile)));
  await replace(folder, making);
}

const forBrowsers = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

interface BuiltFiles {
  readonly script: string;
  readonly style: string;
  /** What the script imports before it runs. */
  readonly imports: readonly string[];
  /** By the folder of a view, its script and what that imports besides. */
  readonly views: Readonly<Record<string, readonly string[]>>;
}

function builtFiles({ outputs }: Metafile): BuiltFiles {
  const outputOf = (entry: string): string => {
    const [path] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entry) ?? [];
    if (path === undefined) throw new Error(`${entry} was not built`);
    return path;
  };
  const withImports = (path: string, found = new Set<string>()): Set<string> => {
    if (found.has(path)) return found;
    found.add(path);
    for (const { path: imported, kind } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement') withImports(imported, found);
    return found;
  };
  const address = (path: string): string => `/assets/${basename(path)}`;
  const main = outputOf('main.tsx');
  const [, ...imports] = withImports(main);
  const views = Object.values(outputs).flatMap(
    ({ entryPoint = '' }) => /^(.+)\/view\.tsx$/.exec(entryPoint)?.[1] ?? [],
  );
  return {
    script: address(main),
    style: address(outputOf('style/page.css')),
    imports: imports.map(address),
    views: Object.fromEntries(
      views.map((view) => {
        const needed = [...withImports(outputOf(`${view}/view.tsx`))];
        return [view, needed.filter((path) => path !== main && !imports.includes(path)).map(address)];
      }),
    ),
  };
}

/** So that a browser asks for all at once, and not for each when the one that imports it has come. */
const preload = (path: string, view = ''): string =>
  `  <link rel="modulepreload" href="${path}"${view && ` data-view="${view}"`}>\n`;

/**
 * The gateway replaces the content of `sign-in-by` by how users sign in, and keeps of the lines with `data-view` those of
 * the view that is opened.
 */
const index = ({ script, style, imports, views }: BuiltFiles): string => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <meta name="sign-in-by" content="link">
  <title>Missions</title>
  <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='5.5' fill='none' stroke='%233b6ea8' stroke-width='3'/%3E%3C/svg%3E">
  <link rel="stylesheet" href="${style}">
  <script type="module" src="${script}"></script>
${imports.map((path) => preload(path)).join('')}${Object.entries(views)
  .flatMap(([view, paths]) => paths.map((path) => preload(path, view)))
  .join('')}</head>
<body>
  <noscript><p>This page needs JavaScript. Without it, the API at <a href="/docs">/docs</a> does the same.</p></noscript>
</body>
</html>
`;

/** Puts the new folder in the place of the old one, so that a gateway that starts meanwhile reads one of the two. */
async function replace(folder: string, by: string): Promise<void> {
  const former = `${by}.former`;
  await mkdir(resolve(folder, '..'), { recursive: true });
  await rename(folder, former).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(by, folder);
  await rm(former, { recursive: true, force: true });
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('Say where to put the page: node services/dashboard/build.ts <folder>');
  await buildPage(resolve(folder));
  const { length } = await readdir(join(folder, 'assets'));
  process.stdout.write(`The page is in ${folder}: index.html and ${length} files\n`);
}
