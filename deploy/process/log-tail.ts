import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync } from 'node:fs';

const SHOWN_LEVELS = ['warn', 'error', 'fatal'];
/**
 * Lines shown per poll. During an outage of a server, a service may log hundreds of warnings a second; the file
 * contains all of them.
 */
const MAX_LINES = 8;
const MAX_READ_BYTES = 256 * 1024;
const MAX_END_BYTES = 20_000;
const ROTATE_AT_BYTES = 20 * 1024 * 1024;

/**
 * Shows the warnings and errors that a service appends to its log file from now on. The service writes to the file
 * itself instead of to a pipe of the launcher, so that the file also gets the lines of a service that outlives the
 * launcher by a moment.
 */
export class LogTail {
  readonly #name: string;
  readonly #file: string;
  readonly #say: (text: string) => void;
  #offset: number;
  #incompleteLine = '';

  constructor(name: string, file: string, say: (text: string) => void) {
    this.#name = name;
    this.#file = file;
    this.#say = say;
    this.#offset = sizeOf(file);
  }

  /** Shows the lines since the last call; the caller polls. */
  poll(): void {
    const lines = this.#newLines().flatMap((line) => renderLogLine(line) ?? []);
    for (const line of lines.slice(0, MAX_LINES)) this.#say(`${this.#name}: ${line}`);
    if (lines.length > MAX_LINES) this.#say(`${this.#name}: … and ${lines.length - MAX_LINES} more in ${this.#file}`);
  }

  #newLines(): string[] {
    const size = sizeOf(this.#file);
    // A shorter file is another one, which took the place of the first.
    if (size < this.#offset) this.#offset = 0;
    if (size === this.#offset) return [];
    const from = Math.max(this.#offset, size - MAX_READ_BYTES);
    const buffer = Buffer.alloc(size - from);
    const descriptor = openSync(this.#file, 'r');
    try {
      readSync(descriptor, buffer, 0, buffer.length, from);
    } finally {
      closeSync(descriptor);
    }
    this.#offset = size;
    const lines = (this.#incompleteLine + buffer.toString('utf8')).split('\n');
    this.#incompleteLine = lines.pop() ?? '';
    return lines;
  }
}

/** Renames a large log file to `<file>.1`, which is replaced. Call it before the service starts and opens the file. */
export function rotate(file: string): void {
  if (sizeOf(file) < ROTATE_AT_BYTES) return;
  rmSync(`${file}.1`, { force: true });
  renameSync(file, `${file}.1`);
}

/**
 * The last lines of a log file, for the error message about a process that failed.
 * @param from the size of the file when the process started: what stands before is of earlier processes.
 */
export function endOfLog(file: string, lines = 15, from = 0): string {
  const nothing = '(nothing was logged)';
  try {
    const content = readFileSync(file);
    const since = content.subarray(from > content.length ? 0 : from).subarray(-MAX_END_BYTES);
    return since.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n') || nothing;
  } catch {
    return nothing;
  }
}

/**
 * undefined: the line is blank or below the level of a warning. A line that is not JSON comes from a crash of Node
 * itself and is shown unchanged.
 */
function renderLogLine(line: string): string | undefined {
  if (line.trim() === '') return undefined;
  try {
    const { level, msg, err } = JSON.parse(line) as { level?: unknown; msg?: unknown; err?: { message?: string } };
    if (typeof level === 'string' && !SHOWN_LEVELS.includes(level)) return undefined;
    const reason = err?.message;
    const suffix = reason === undefined || reason === msg ? '' : `: ${reason}`;
    return `${String(level).toUpperCase()} ${String(msg)}${suffix}`;
  } catch {
    return line;
  }
}

export function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
