import { isCode, MissionsError } from '@missions/client/missions-error.ts';
import { signal } from '@preact/signals';
import type { Question } from './outcome.ts';

export interface Answer {
  readonly selected_option?: string;
  readonly freeform_text?: string;
  readonly note?: string;
  readonly edits?: Record<string, unknown>;
  /** The second deliberate act, for what cannot be undone. */
  readonly confirmed?: true;
}

/** What has become of an answer. */
export type Sending =
  /** It is sent in a moment, and can be taken back until then. */
  | { readonly state: 'held'; readonly answer: Answer; readonly says: string }
  | { readonly state: 'sending'; readonly answer: Answer; readonly says: string; readonly isSlow: boolean }
  /** It is on no server, and only the user sends it again. */
  | { readonly state: 'failed'; readonly answer: Answer; readonly says: string; readonly reason: string }
  /** The question was over already, by somebody's answer or by time: nothing of this answer counts. */
  | { readonly state: 'too late'; readonly answer: Answer }
  | { readonly state: 'sent'; readonly question: Question };

/** What it needs of the browser and of the server. */
export interface Surroundings {
  /** @param isLeaving the page goes away, and the call must outlive it. */
  send(requestId: string, answer: Answer, options: { idempotencyKey: string; isLeaving: boolean }): Promise<Question>;
  isOnline(): boolean;
  /** @returns takes it back. */
  after(ms: number, then: () => void): () => void;
  newKey(): string;
}

/** For how long a choice can be taken back. */
export const HOLD_MS = 5_000;
const SLOW_MS = 5_000;

interface InHand {
  /** The same for every attempt to send this answer, so that it counts once. */
  readonly idempotencyKey: string;
  stop: () => void;
}

/**
 * The answers that this tab is about to send, by question. They outlive the view of their question, so that whoever goes
 * on to the next one has answered.
 */
export class Answers {
  readonly all = signal<ReadonlyMap<string, Sending>>(new Map());
  readonly #around: Surroundings;
  readonly #inHand = new Map<string, InHand>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** @param says the answer in words. */
  hold(requestId: string, answer: Answer, says: string): void {
    if (this.#isUnderWay(requestId)) return;
    const inHand = this.#begin(requestId);
    if (!this.#around.isOnline()) return this.#fail(requestId, { answer, says }, offline);
    this.#show(requestId, { state: 'held', answer, says });
    inHand.stop = this.#around.after(HOLD_MS, () => void this.#send(requestId, { answer, says }));
  }

  /** Sends what has just been written, or what could not be sent before. */
  send(requestId: string, answer: Answer, says: string): Promise<void> {
    if (this.#isUnderWay(requestId)) return Promise.resolve();
    this.#begin(requestId);
    return this.#send(requestId, { answer, says });
  }

  sendAgain(requestId: string): Promise<void> {
    const sending = this.all.value.get(requestId);
    return sending?.state === 'failed' ? this.#send(requestId, sending) : Promise.resolve();
  }

  /** @returns whether it was in time. */
  takeBack(requestId: string): boolean {
    const state = this.all.value.get(requestId)?.state;
    if (state !== 'held' && state !== 'failed') return false;
    this.forget(requestId);
    return true;
  }

  /** The question is over, or its outcome was read: there is nothing to say about the answer any more. */
  forget(requestId: string): void {
    this.#inHand.get(requestId)?.stop();
    this.#inHand.delete(requestId);
    this.#show(requestId, undefined);
  }

  /** The question was decided while the answer was held. */
  comeTooLate(requestId: string): void {
    const sending = this.all.value.get(requestId);
    if (sending?.state !== 'held' && sending?.state !== 'failed') return;
    this.forget(requestId);
    this.#show(requestId, { state: 'too late', answer: sending.answer });
  }

  /** The page is left: what was chosen and not taken back is meant. */
  leave(): void {
    for (const [requestId, sending] of this.all.value)
      if (sending.state === 'held') void this.#send(requestId, sending, true);
  }

  async #send(requestId: string, { answer, says }: { answer: Answer; says: string }, isLeaving = false): Promise<void> {
    const inHand = this.#inHand.get(requestId) ?? this.#begin(requestId);
    inHand.stop();
    if (!this.#around.isOnline()) return this.#fail(requestId, { answer, says }, offline);
    this.#show(requestId, { state: 'sending', answer, says, isSlow: false });
    inHand.stop = this.#around.after(SLOW_MS, () =>
      this.#show(requestId, { state: 'sending', answer, says, isSlow: true }),
    );
    try {
      const { idempotencyKey } = inHand;
      const question = await this.#around.send(requestId, answer, { idempotencyKey, isLeaving });
      this.forget(requestId);
      this.#show(requestId, { state: 'sent', question });
    } catch (error) {
      inHand.stop();
      if (isCode(error, 'ALREADY_RESPONDED', 'REQUEST_EXPIRED', 'INPUT_REQUEST_NOT_FOUND')) {
        this.forget(requestId);
        this.#show(requestId, { state: 'too late', answer });
      } else this.#fail(requestId, { answer, says }, reasonOf(error));
    }
  }

  #fail(requestId: string, { answer, says }: { answer: Answer; says: string }, reason: string): void {
    this.#show(requestId, { state: 'failed', answer, says, reason });
  }

  #isUnderWay(requestId: string): boolean {
    const state = this.all.value.get(requestId)?.state;
    return state === 'held' || state === 'sending' || state === 'sent';
  }

  #begin(requestId: string): InHand {
    this.forget(requestId);
    const inHand = { idempotencyKey: this.#around.newKey(), stop: () => {} };
    this.#inHand.set(requestId, inHand);
    return inHand;
  }

  #show(requestId: string, sending: Sending | undefined): void {
    const all = new Map(this.all.value);
    if (sending) all.set(requestId, sending);
    else all.delete(requestId);
    this.all.value = all;
  }
}

const offline = 'You are offline. Nothing was sent.';

function reasonOf(error: unknown): string {
  if (!(error instanceof MissionsError)) return 'Something went wrong on this page. Nothing was sent.';
  if (error.status === 401) return 'You are signed out. Nothing was sent.';
  if (error.code === 'UNREACHABLE') return 'The server cannot be reached, so it is not known whether it was sent.';
  if (error.status === 429 || (error.status ?? 0) >= 500) return 'The server is busy. Nothing was sent.';
  return error.detail;
}
