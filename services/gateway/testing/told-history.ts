import { changedMissions, newHistory } from '@missions/contracts/mission/requests.ts';
import type { RequestContract } from '@missions/contracts/request.ts';

interface Entry {
  readonly id: string;
  readonly mission_id: string;
  readonly sequence: number;
  readonly created_at: string;
}
interface Wanted {
  readonly id: string;
  readonly after: number;
  readonly since?: string;
}

export const NOW = Date.parse('2026-06-01T12:00:00.000Z');

/** The history of one user's missions as the mission service answers and notifies of it, in the order of a test. */
export class ToldHistory {
  visible: Entry[] = [];
  /** How many entries it has given. */
  given = 0;
  /** What it was asked, by the verb. */
  readonly asked: string[] = [];
  page = 500;
  isAway = false;
  /** Answers are on their way until then. */
  arrival: Promise<void> | undefined;
  readonly #hearers = new Map<string, (hint: unknown) => void>();

  readonly bus = {
    request: async (contract: RequestContract, { input }: { input: object }) => {
      if (this.isAway) throw new Error('away');
      this.asked.push(contract.verb);
      const body = this.#answer(contract, input);
      await this.arrival;
      return { json: () => body };
    },
    onNotification: (_customer: string, user: string, hear: (hint: unknown) => void) => {
      if (this.#hearers.has(user)) throw new Error(`${user} is subscribed to twice`);
      this.#hearers.set(user, hear);
      return () => void this.#hearers.delete(user);
    },
    flush: async () => {},
  } as never;

  get subscriptions(): number {
    return this.#hearers.size;
  }

  hear(hint: unknown): void {
    this.#hearers.get('ada')?.(hint);
  }

  tell(mission_id: string, after: number): void {
    this.hear({ type: 'mission', mission_id, version: 1, after });
  }

  write(mission_id: string, sequence: number, secondsLater = 1): void {
    const created_at = new Date(NOW + secondsLater * 1_000).toISOString();
    this.visible = [...this.visible, { id: `${mission_id}${sequence}`, mission_id, sequence, created_at }];
  }

  /** It answers from the visible entries. */
  #answer(contract: RequestContract, input: any): object {
    const now = new Date(NOW).toISOString();
    if (contract.subject === changedMissions.subject) {
      const changed = Map.groupBy(this.visible, ({ mission_id }) => mission_id);
      const missions = [...changed].map(([id, own]) => ({
        id,
        last_sequence: Math.max(...own.map((it) => it.sequence)),
      }));
      return { missions, now };
    }
    const of = (entry: Entry, { id, after, since }: Wanted) =>
      entry.mission_id === id && (entry.sequence > after || (since !== undefined && entry.created_at >= since));
    const found =
      contract.subject === newHistory.subject
        ? this.visible.filter((entry) => input.missions.some((wanted: Wanted) => of(entry, wanted)))
        : this.visible.filter(({ created_at, id }) => created_at + id > input.since + (input.after ?? ''));
    const events = found.slice(0, this.page);
    this.given += events.length;
    return { events, truncated: found.length > this.page, now };
  }
}

export const streamCaller = (user_id: string, credential = 'test') =>
  ({ kind: 'user', customer_id: 'acme', user_id, agent_id: null, credential }) as const;
