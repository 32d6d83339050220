import { ChildProcess } from 'node:child_process';
import { Server, Socket } from 'node:net';

/**
 * Describes the handles that keep the event loop alive. Node has a public list of kinds only
 * (`getActiveResourcesInfo`); the socket or child itself comes from the undocumented `_getActiveHandles`, and is left
 * out if that function is ever removed.
 */
export function describeHandles(): string[] {
  const handles = (process as { _getActiveHandles?: () => unknown[] })._getActiveHandles?.() ?? [];
  const described = handles.filter((handle) => !isStandardStream(handle)).map(describe);
  const others = process.getActiveResourcesInfo().filter((kind) => !/Wrap$|Pipe|TTY|Signal/.test(kind));
  return [...described, ...countEach(others)];
}

function describe(handle: unknown): string {
  if (handle instanceof ChildProcess) return `child process ${handle.pid}: ${handle.spawnargs.join(' ')}`;
  if (handle instanceof Server) return `server listening on ${JSON.stringify(handle.address())}`;
  if (handle instanceof Socket)
    return `socket ${handle.localPort ?? ''} → ${handle.remoteAddress ?? 'pipe'}:${handle.remotePort ?? ''}`;
  return (handle as object).constructor.name;
}

const isStandardStream = (handle: unknown): boolean =>
  handle === process.stdin || handle === process.stdout || handle === process.stderr;

function countEach(kinds: string[]): string[] {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${kind} × ${count}`);
}
