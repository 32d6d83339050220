import { closeSync, existsSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';

const LEVELS = ['warn', 'error', 'fatal'];
/** Per look. A server that is away can make a service warn hundreds of times a second; the file has them all. */
const MOST_LINES = 8;
const LONGEST_READ = 256 * 1024;
const KEPT_BYTES = 20 * 1024 * 1024;

/**
 * Shows the warnings and errors that a service writes to its log file from now on. The service writes to the file itself, not to a
 * pipe of ours, so that what it says while it outlives us by a moment is kept too.
 */
export class LogTail {
  readonly #name: string;
  readonly #file: string;
  readonly #say: (text: string) => void;
  #offset: number;
  #rest = '';

  constructor(name: string, file: string, say: (text: string) => void) {
    this.#name = name;
    this.#file = file;
    this.#say = say;
    this.#offset = sizeOf(file);
  }

  /** Called every now and then. */
  look(): void {
    const lines = this.#unread().flatMap((line) => shown(line) ?? []);
    for (const line of lines.slice(0, MOST_LINES)) this.#say(`${this.#name}: ${line}`);
    if (lines.length > MOST_LINES) this.#say(`${this.#name}: … and ${lines.length - MOST_LINES} more in ${this.#file}`);
  }

  #unread(): string[] {
    const size = sizeOf(this.#file);
    // Shorter than it was: somebody put another file in its place.
    if (size < this.#offset) this.#offset = 0;
    if (size === this.#offset) return [];
    const from = Math.max(this.#offset, size - LONGEST_READ);
    const buffer = Buffer.alloc(size - from);
    const descriptor = openSync(this.#file, 'r');
    try {
      readSync(descriptor, buffer, 0, buffer.length, from);
    } finally {
      closeSync(descriptor);
    }
    this.#offset = size;
    const lines = (this.#rest + buffer.toString('utf8')).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}

/** Keeps one earlier file. Called before the service is started, since it holds the file open. */
export function rotate(file: string): void {
  if (sizeOf(file) < KEPT_BYTES) return;
  rmSync(`${file}.1`, { force: true });
  renameSync(file, `${file}.1`);
}

/** A line of JSON by its level; anything else is a crash of the runtime itself, and is shown as it is. */
function shown(line: string): string | undefined {
  if (line.trim() === '') return undefined;
  try {
    const entry = JSON.parse(line) as { level?: unknown; msg?: unknown; err?: { message?: string } };
    if (typeof entry.level === 'string' && !LEVELS.includes(entry.level)) return undefined;
    const because = entry.err?.message;
    return `${String(entry.level).toUpperCase()} ${String(entry.msg)}${because === undefined || because === entry.msg ? '' : `: ${because}`}`;
  } catch {
    return line;
  }
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
