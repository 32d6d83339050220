import { type Signal, signal } from '@preact/signals';
import { client } from '../store/client.ts';
import { onChange } from '../store/live.ts';
import { asUser } from '../store/session.ts';
import type { ListedMission } from '../store/shapes.ts';
import type { StreamEntry } from '../store/tabs.ts';
import { addressOf, type Filter, queryOf } from './filter.ts';

const PAGE = 50;
const TOGETHER_MS = 100;
/** A list that was opened this short a time ago is not read again, row by row, because the stream is open now. */
const JUST_OPENED_MS = 10_000;

/**
 * A list as it was asked for. What is shown stays in its place: a row that changes changes where it stands, and what is
 * new is counted until the reader asks for it.
 */
export class MissionsData {
  readonly filter: Filter;
  readonly rows: Signal<readonly ListedMission[] | undefined> = signal(undefined);
  readonly next: Signal<string | null> = signal(null);
  readonly error: Signal<unknown> = signal(undefined);
  readonly fresh: Signal<ReadonlySet<string>> = signal<ReadonlySet<string>>(new Set());
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #changed = new Set<string>();
  #closed = false;

  constructor(filter: Filter) {
    this.filter = filter;
  }

  get key(): string {
    return addressOf(this.filter);
  }

  open(): () => void {
    const openedAt = performance.now();
    const stop = onChange((entry) => {
      if (entry !== undefined) this.#hear(entry);
      else if (performance.now() - openedAt > JUST_OPENED_MS) void this.#readAgain();
    });
    void this.reload();
    return () => {
      this.#closed = true;
      stop();
      clearTimeout(this.#timer);
    };
  }

  reload(): Promise<void> {
    return this.#read(undefined);
  }

  more(): Promise<void> {
    return this.next.peek() === null ? Promise.resolve() : this.#read(this.next.peek() ?? undefined);
  }

  async #read(cursor: string | undefined): Promise<void> {
    try {
      const page = await asUser(() =>
        client.listMyMissions({ ...queryOf(this.filter), limit: PAGE, ...(cursor !== undefined && { cursor }) }),
      );
      if (this.#closed) return;
      const shown = cursor === undefined ? [] : (this.rows.peek() ?? []);
      const known = new Set(shown.map(({ id }) => id));
      this.rows.value = [...shown, ...page.missions.filter(({ id }) => !known.has(id))];
      this.next.value = page.next_cursor;
      this.error.value = undefined;
      if (cursor === undefined) this.fresh.value = new Set();
    } catch (error) {
      this.error.value = error;
    }
  }

  /** After a loss of the stream: the rows that are shown, where they are. */
  async #readAgain(): Promise<void> {
    const shown = this.rows.peek();
    if (!shown || shown.length === 0 || this.error.peek() !== undefined) return this.reload();
    await Promise.all(shown.slice(0, PAGE).map(({ id }) => this.#refresh(id)));
  }

  #hear({ mission_id, event_type }: StreamEntry): void {
    if (!this.rows.peek()?.some(({ id }) => id === mission_id)) {
      // It may belong into this list by now; only the server can tell.
      if (event_type === 'created') this.fresh.value = new Set([...this.fresh.peek(), mission_id]);
      return;
    }
    this.#changed.add(mission_id);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const id of this.#changed) void this.#refresh(id);
      this.#changed.clear();
    }, TOGETHER_MS);
  }

  async #refresh(id: string): Promise<void> {
    const now = await asUser(() => client.getMyMission(id, { include_events: 0 })).catch(() => undefined);
    if (!now || this.#closed) return;
    this.rows.value = this.rows.peek()?.map((row) => (row.id === id && now.version >= row.version ? now : row));
  }
}
