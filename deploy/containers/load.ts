import { MissionsClient } from '@missions/client/client.ts';
import type { ClientOptions } from '@missions/client/options.ts';
import { UserClient } from '@missions/client/user-client.ts';
import { waitFor } from '../process/wait-for.ts';

/** A mission whose question was answered, with the times of both acknowledgements. */
interface Answered {
  readonly missionId: string;
  readonly createdAt: number;
  answeredAt?: number;
}

const AT_ONCE = 8;
const WITHIN_MS = 120_000;

/**
 * Callers that create a mission, ask its user and answer, again and again: each answer becomes an event by which the
 * mission goes on. They insist, with the same key, and at the next gateway where one does not answer.
 */
export class Load {
  readonly missions: Answered[] = [];
  /** What each attempt got: statuses, and errors of connections by their codes. */
  readonly attempts: Record<string, number> = {};
  readonly #origins: readonly string[];
  readonly #agent: MissionsClient;
  readonly #user: UserClient;
  #ended = false;
  #callers: Promise<void>[] = [];
  #failure: unknown;
  #next = 0;

  constructor(credential: string, origins: readonly string[]) {
    this.#origins = origins;
    const options: ClientOptions = {
      baseUrl: origins[0] ?? '',
      credential,
      userId: 'load',
      timeoutMs: 10_000,
      retry: { retries: 100, baseMs: 50, capMs: 500 },
      fetch: (url, init) => this.#attempt(url instanceof Request ? url.url : url, init),
    };
    this.#agent = new MissionsClient(options);
    this.#user = new UserClient(options);
  }

  start(): void {
    this.#callers = Array.from({ length: AT_ONCE }, () => this.#call());
    // Whoever waits for progress throws it, so that the containers are taken away before the process ends.
    for (const caller of this.#callers) caller.catch((error: unknown) => (this.#failure ??= error));
  }

  /** Ends the callers after the call that each is in. */
  async stop(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#callers);
  }

  get answered(): readonly Answered[] {
    return this.missions.filter(({ answeredAt }) => answeredAt !== undefined);
  }

  /** Waits until so many more questions were answered. @throws what a caller could not get over. */
  async progress(more: number): Promise<void> {
    const wanted = this.answered.length + more;
    await waitFor(
      () => {
        if (this.#failure !== undefined) throw this.#failure;
        return this.answered.length >= wanted || undefined;
      },
      {
        withinMs: WITHIN_MS,
        timeoutMessage: () =>
          `${wanted - this.answered.length} of ${more} questions were not answered in ${WITHIN_MS} ms`,
      },
    );
  }

  /** Waits until each of them goes on, as it does once the event of its answer has come. */
  async goOn(missions: readonly Answered[]): Promise<void> {
    for (const { missionId } of missions)
      await waitFor(async () => (await this.#agent.getMission(missionId)).status === 'active' || undefined, {
        withinMs: WITHIN_MS,
        timeoutMessage: () => `mission ${missionId} waits, although its question was answered`,
      });
  }

  /** @throws MissionsError if one of them is not there. */
  async exist(missions: readonly Answered[]): Promise<void> {
    for (const { missionId } of missions) await this.#agent.getMission(missionId);
  }

  async #call(): Promise<void> {
    while (!this.#ended) {
      const { id } = await this.#agent.createMission({ title: 'Load', tasks: [{ title: 'Ask' }] });
      const mission: Answered = { missionId: id, createdAt: performance.now() };
      this.missions.push(mission);
      const { request_id: question } = await this.#agent.askUser(id, {
        prompt: 'Shall I?',
        options: [{ id: 'yes', label: 'Yes' }],
      });
      await this.#user.respondToInputRequest(question, { selected_option: 'yes' });
      mission.answeredAt = performance.now();
    }
  }

  async #attempt(url: string | URL, init: RequestInit | undefined): Promise<Response> {
    const origin = this.#origins[this.#next % this.#origins.length] ?? '';
    const { pathname, search } = new URL(url);
    try {
      const response = await fetch(origin + pathname + search, init);
      this.#count(String(response.status));
      if (response.status >= 500) this.#next += 1;
      return response;
    } catch (error) {
      this.#next += 1;
      const { name, cause } = error as Error & { cause?: { code?: string } };
      this.#count(cause?.code ?? name);
      throw error;
    }
  }

  #count(answer: string): void {
    this.attempts[answer] = (this.attempts[answer] ?? 0) + 1;
  }
}
