import { posix } from 'node:path';
import type { SourceFile } from './files.ts';
import { tokens } from './tokens.ts';

export interface Import {
  specifier: string;
  line: number;
  /** The path from the project's root that a relative or `@missions/…` specifier names. */
  path?: string;
  /** The package that another specifier names; `node` for built-in modules. */
  package?: string;
}

/** Static, type-only, dynamic and re-exporting imports, `require` and `resolve`, of names that are written out. */
export function importsOf(file: SourceFile): Import[] {
  const all = tokens(file.text);
  return all.flatMap((token, at) => {
    const before = all[at - 1];
    const called =
      before?.value === '('
        ? all
            .slice(Math.max(0, at - 4), at - 1)
            .map((one) => one.value)
            .join('')
        : '';
    const isCall = /(^|[^.])(import|require)$|require\.resolve$|meta\.resolve$/.test(called);
    const isClause = before?.kind === 'name' && ['from', 'import'].includes(before.value);
    if (token.kind !== 'text' || !(isCall || isClause)) return [];
    return [{ specifier: token.value, line: token.line, ...target(file.path, token.value) }];
  });
}

/** Where the packages of this project stand. */
const homes: Record<string, string> = {
  contracts: 'shared/contracts',
  messaging: 'shared/messaging',
  persistence: 'shared/persistence',
  runtime: 'shared/runtime',
  client: 'shared/client',
  'agent-tools': 'shared/agent-tools',
  'test-support': 'test/support',
  http: 'shared/http',
  'service-kit': 'shared/service-kit',
  deploy: 'deploy',
  test: 'test',
};

function target(from: string, specifier: string): Pick<Import, 'path' | 'package'> {
  if (specifier.startsWith('.')) return { path: posix.join(posix.dirname(from), specifier) };
  if (specifier.startsWith('node:')) return { package: 'node' };
  const [first = '', second = ''] = specifier.split('/');
  if (first === '@missions')
    return { path: posix.join(homes[second] ?? `services/${second}`, specifier.slice(`@missions/${second}`.length)) };
  return { package: first.startsWith('@') ? `${first}/${second}` : first };
}
