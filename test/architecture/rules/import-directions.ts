import { isProduct, isSource, isSpec, isTestRoom, roomOf, type SourceFile } from '../source/files.ts';
import { importsOf } from '../source/imports.ts';

/**
 * Which room may import which. `contracts ← runtime ← messaging, persistence ← services`; a service imports no other service, so that
 * each can be deployed, scaled and replaced alone; the launcher imports nothing of ours, because it must start what is broken.
 */
const serviceMayImport = [
  'shared/contracts',
  'shared/runtime',
  'shared/messaging',
  'shared/persistence',
  'shared/service-kit',
  'shared/http',
];
const mayImport: Record<string, readonly string[]> = {
  'shared/contracts': [],
  'shared/runtime': ['shared/contracts'],
  'shared/messaging': ['shared/contracts', 'shared/runtime'],
  'shared/persistence': ['shared/contracts', 'shared/runtime'],
  'shared/client': ['shared/contracts'],
  'shared/agent-tools': ['shared/contracts', 'shared/client', 'shared/runtime'],
  'test/support': [
    'shared/contracts',
    'shared/runtime',
    'shared/messaging',
    'shared/persistence',
    'shared/service-kit',
    'deploy',
  ],
  deploy: [],
  'shared/http': ['shared/contracts', 'shared/runtime'],
  'shared/service-kit': ['shared/contracts', 'shared/runtime', 'shared/messaging', 'shared/persistence'],
  // It serves the agents' tools over MCP.
  'services/gateway': [...serviceMayImport, 'shared/client', 'shared/agent-tools'],
  // An agent like any other: it reaches the product through the gateway alone.
  'services/agent': [
    'shared/contracts',
    'shared/runtime',
    'shared/client',
    'shared/agent-tools',
    'shared/http',
    'shared/service-kit',
  ],
};
/** On top, for specs. */
const specMayImport = ['test/support', 'deploy'];

export function importDirections(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => isSource(file) && roomOf(file.path) !== 'test')
    .flatMap((file) => {
      const room = roomOf(file.path);
      const allowed = [
        room,
        ...(mayImport[room] ?? (room.startsWith('services/') ? serviceMayImport : [])),
        ...(isSpec(file) ? specMayImport : []),
      ];
      return importsOf(file)
        .filter((one) => one.path !== undefined && !allowed.includes(roomOf(one.path)))
        .map(
          (one) =>
            `${file.path}:${one.line} imports ${one.specifier}: ${room} may import ${allowed.slice(1).join(', ') || 'nothing of ours'}`,
        );
    });
}

/** Inside a service, `handlers → domain, store` and `store → domain`. The domain's own walls are in domain-is-pure.ts. */
const layersBelow: Record<string, readonly string[]> = {
  domain: ['domain'],
  store: ['store', 'domain'],
  handlers: ['handlers', 'store', 'domain'],
};

export function layerDirections(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => isSource(file) && !isSpec(file) && file.path.startsWith('services/'))
    .flatMap((file) => {
      const [, service, layer = ''] = file.path.split('/');
      const allowed = layersBelow[layer];
      if (!allowed) return [];
      return importsOf(file)
        .filter(
          (one) => one.path?.startsWith(`services/${service}/`) && !allowed.includes(one.path.split('/')[2] ?? ''),
        )
        .map(
          (one) =>
            `${file.path}:${one.line} imports ${one.specifier}: ${layer} may import ${allowed.join(', ')} of its service`,
        );
    });
}

/** What stands there for specs must not be needed by what is deployed. */
export function productNeedsNoTests(files: readonly SourceFile[]): string[] {
  return files.filter(isProduct).flatMap((file) =>
    importsOf(file)
      .filter((one) => one.path !== undefined && (isTestRoom(one.path) || one.path.endsWith('.spec.ts')))
      .map((one) => `${file.path}:${one.line} imports ${one.specifier}: that is there for specs`),
  );
}

/** A relative path out of a package goes round the manifest that says what it needs. */
export function relativeImportsStayInside(files: readonly SourceFile[]): string[] {
  return files.filter(isSource).flatMap((file) =>
    importsOf(file)
      .filter(
        (one) => one.specifier.startsWith('.') && one.path !== undefined && roomOf(one.path) !== roomOf(file.path),
      )
      .map((one) => `${file.path}:${one.line} imports ${one.specifier}: another package is imported by its name`),
  );
}

/** Importing a `main.ts` would start a service. */
export function nobodyImportsMain(files: readonly SourceFile[]): string[] {
  return files.filter(isSource).flatMap((file) =>
    importsOf(file)
      .filter((one) => one.path !== undefined && /(^|\/)main\.ts$/.test(one.path))
      .map((one) => `${file.path}:${one.line} imports ${one.specifier}: wiring is started, never imported`),
  );
}

/** So that moving to another line of the client is a change of one folder. */
export function natsInMessagingOnly(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => isSource(file) && roomOf(file.path) !== 'shared/messaging')
    .flatMap((file) =>
      importsOf(file)
        .filter((one) => one.package === 'nats' || one.package?.startsWith('@nats-io/'))
        .map((one) => `${file.path}:${one.line} imports ${one.specifier}: only shared/messaging does`),
    );
}
