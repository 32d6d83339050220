/** The packages for others. Each has one entry; agent-tools has two more, for what its user has installed anyway. */
export interface PublicPackage {
  name: string;
  folder: string;
  /** By the name that others import (`.` is the package itself), the file in `folder`. */
  entries: Readonly<Record<string, string>>;
  bin?: Readonly<Record<string, string>>;
  /** What stays outside of the bundle, of the package's own manifest. */
  dependencies: readonly string[];
  keywords: readonly string[];
}

/** The program that a package's README shows. */
export const snippetOf = (readme: string): string => /^```ts\n([^]*?)^```/m.exec(readme)?.[1] ?? '';

export const publicPackages: readonly PublicPackage[] = [
  {
    name: '@missions/client',
    folder: 'shared/client',
    entries: { '.': 'published.ts' },
    dependencies: ['canonicalize', 'jose', 'typebox'],
    keywords: ['missions', 'agents', 'client'],
  },
  {
    name: '@missions/agent-tools',
    folder: 'shared/agent-tools',
    entries: { '.': 'published.ts', './ai-sdk': 'formats/ai-sdk.ts', './mcp': 'mcp/server.ts' },
    bin: { 'missions-mcp': 'mcp/stdio.ts' },
    dependencies: ['@missions/client', '@modelcontextprotocol/server', 'typebox'],
    keywords: ['missions', 'agents', 'tools', 'mcp'],
  },
  {
    name: '@missions/events',
    folder: 'shared/events',
    entries: { '.': 'published.ts' },
    dependencies: ['nats', 'typebox'],
    keywords: ['missions', 'events', 'nats'],
  },
];
