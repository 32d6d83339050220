import type { Api } from '@missions/test-support/api.ts';
import type { Patience } from './patience.ts';

/** A killed service never responds to the requests that it held, so a caller soon retries. */
const PATIENCE_MS = 1_500;

/** An operator who switches missions off in the browser, and on again. */
export class Switches {
  /** How many switches were set. */
  count = 0;
  /** Missions that are switched off, as was acknowledged, each with the number of its switch. */
  readonly #off = new Map<string, number>();
  readonly #api: Api;
  readonly #headers: Readonly<Record<string, string | null>>;
  readonly #patience: Patience;

  /** @param headers those of the operator's session */
  constructor(api: Api, headers: Readonly<Record<string, string | null>>, patience: Patience) {
    this.#api = api;
    this.#headers = headers;
    this.#patience = patience;
  }

  /** @returns a copy: the switches that hold now */
  hold(): ReadonlyMap<string, number> {
    return new Map(this.#off);
  }

  /** @returns whether this switch has held all the time since it was seen */
  stillHolds(missionId: string, since: ReadonlyMap<string, number>): boolean {
    const number = since.get(missionId);
    return number !== undefined && number === this.#off.get(missionId);
  }

  async switchOff(missionId: string): Promise<void> {
    await this.#set(missionId, true);
    this.#off.set(missionId, ++this.count);
  }

  async letGoOn(missionId: string): Promise<void> {
    this.#off.delete(missionId);
    await this.#set(missionId, false);
  }

  async #set(mission_id: string, on: boolean): Promise<void> {
    const body = { scope: 'mission', mission_id, on };
    const { status, text } = await this.#patience.until(
      async () => {
        const headers = { ...this.#headers };
        const answer = await this.#api.post('/api/operate/kill-switches', body, { headers, withinMs: PATIENCE_MS });
        return answer.status < 500 ? answer : undefined;
      },
      { what: `an answer to the switch of mission ${mission_id}` },
    );
    if (status !== 200) throw new Error(`the switch of mission ${mission_id} was answered with ${status} ${text}`);
  }
}
