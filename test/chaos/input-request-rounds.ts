import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApiResponse, Api } from '@missions/test-support/api.ts';
import { Patience } from './patience.ts';

/**
 * The course of a round's input request: a response, the deadline, both at once, a response while the mission is paused,
 * or the end of its mission. Or of its task's wait for a webhook: the deadline, or the same signal from two senders.
 */
export const plans = ['answer', 'answer', 'expire', 'race', 'wait', 'signal', 'pause', 'cancel'] as const;
export type Plan = (typeof plans)[number];

/** What the caller of one round observed. */
export interface Round {
  readonly plan: Plan;
  readonly missionId: string;
  readonly taskId: string;
  /** null for a wait. */
  readonly requestId: string | null;
  /** The response that was acknowledged. */
  accepted: string | null;
  /** Codes of the refused responses. */
  readonly refused: string[];
}

/** A killed service never responds to the requests that it held, so a caller soon retries under the same key. */
const PATIENCE_MS = 1_000;
const WAIT_HOURS = 1 / 3_600;

/**
 * Plays one round as a careful caller: every write has a key of its own and is retried under it until a response
 * arrives.
 */
export class Rounds {
  readonly played: Round[] = [];
  readonly #api: Api;
  readonly #patience: Patience;

  constructor(api: Api, patience = new Patience()) {
    this.#api = api;
    this.#patience = patience;
  }

  async play(plan: Plan): Promise<void> {
    const asks = plan !== 'wait' && plan !== 'signal';
    const timeout_hours = plan === 'wait' ? WAIT_HOURS : 1;
    const waits = !asks && { wait_for: { kind: 'webhook', timeout_hours, on_timeout: 'fail' } };
    const made = await this.#insist('missions', { user_id: 'ada', title: plan, tasks: [{ title: 'Wait', ...waits }] });
    const { id: missionId, tasks } = this.#expect(201, made);
    const taskId: string = tasks[0].id;
    const round: Round = {
      plan,
      missionId,
      taskId,
      requestId: asks ? await this.#ask(plan, missionId, taskId) : null,
      accepted: null,
      refused: [],
    };
    this.played.push(round);
    if (plan === 'answer') await this.#answer(round, 'at once');
    if (plan === 'signal') await Promise.all([this.#signal(taskId), this.#signal(taskId)]);
    if (plan === 'pause') {
      this.#expect(200, await this.#insist(`/api/v1/missions/${missionId}/pause`, {}));
      await this.#answer(round, 'while paused');
      this.#expect(200, await this.#insist(`/api/v1/missions/${missionId}/resume`, {}));
    }
    if (plan === 'race') {
      await this.#until(round);
      await Promise.all(['one', 'another'].map((text) => this.#answer(round, text)));
    }
    if (plan === 'cancel') this.#expect(200, await this.#insist(`/api/v1/missions/${missionId}/cancel`, {}));
  }

  async #ask(plan: Plan, missionId: string, taskId: string): Promise<string> {
    // The mission service's clock is behind, and a minute is over in a second or two: see mission-behind.ts.
    const expires_in_hours = plan === 'expire' || plan === 'race' ? 1 / 60 : 1;
    return this.#expect(
      201,
      await this.#insist(`missions/${missionId}/input-requests`, {
        prompt: `Round ${plan}?`,
        task_id: taskId,
        expires_in_hours,
      }),
    ).id;
  }

  /** Under the sender's own id, so that it counts once. */
  async #signal(reference: string): Promise<void> {
    this.#expect(202, await this.#insist('signals', { kind: 'webhook', reference, id: `of ${reference}` }));
  }

  async #until({ missionId, requestId }: Round): Promise<void> {
    const { body } = await this.#again(
      () => this.#api.get(`missions/${missionId}/input-requests/${requestId}`, { withinMs: PATIENCE_MS }),
      (answer) => answer.status === 200,
    );
    await pause(Math.max(0, Date.parse(body.expires_at) - Date.now()));
  }

  async #answer(round: Round, text: string): Promise<void> {
    const answer = await this.#insist(`/api/v1/input-requests/${round.requestId}/respond`, { freeform_text: text });
    if (answer.status === 200) {
      if (round.accepted !== null) throw new Error(`two answers of request ${round.requestId} were accepted`);
      round.accepted = text;
    } else round.refused.push(answer.body?.code ?? answer.text);
  }

  /** Retries NOT_FOUND too: if the approval service was down, the input request reaches it later, by its event. */
  #insist(path: string, body: object): Promise<ApiResponse> {
    const headers = { 'idempotency-key': randomUUID(), 'x-user-id': 'ada' };
    return this.#again(
      () => this.#api.post(path, body, { headers, withinMs: PATIENCE_MS }),
      ({ status }) => status < 500 && status !== 404,
    );
  }

  #again(call: () => Promise<ApiResponse>, isGood: (answer: ApiResponse) => boolean): Promise<ApiResponse> {
    return this.#patience.until(
      async () => {
        const answer = await call();
        return isGood(answer) ? answer : undefined;
      },
      { what: 'an answer' },
    );
  }

  #expect(status: number, answer: ApiResponse): any {
    if (answer.status !== status) throw new Error(`answered ${answer.status} ${answer.text}`);
    return answer.body;
  }
}
