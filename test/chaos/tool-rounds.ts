import { randomUUID } from 'node:crypto';
import type { Api } from '@missions/test-support/api.ts';
import type { Patience } from './patience.ts';

/** A write by one call of a tool. Its text is its own: a call that is repeated has another one. */
export interface ToolWrite {
  readonly kind: 'mission' | 'note' | 'question';
  /** The mission's title, the note's content, or the question. */
  readonly text: string;
  /** Tools have no idempotency keys: a call without an answer may have been carried out. */
  readonly outcome: 'accepted' | 'unknown';
}

/** A mission that an agent created, asked about and completed by tools. */
export interface ToolMission {
  readonly missionId: string;
  readonly requestId: string;
  /** What the user answered, and was accepted. */
  readonly answer: string;
  /** The agent read that answer by its tool, and the mission's end was acknowledged. */
  isDone: boolean;
}

/** A killed service never responds to the requests that it held. */
const PATIENCE_MS = 3_000;
/** As a client of MCP sends them: the response may be JSON or a stream of events. */
const headers = {
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-11-25',
  'x-user-id': 'ada',
  'x-agent-instance-id': 'toolmaker',
  'x-conversation-id': 'by tools',
};
/** Of results that say nothing about the call: it may be repeated, and may have been carried out. */
const IS_UNKNOWN = /failed: (UNAVAILABLE|TIMEOUT|INTERNAL)|failed unexpectedly/;

/** Agents that do everything by MCP calls. */
export class ToolRounds {
  readonly missions: ToolMission[] = [];
  readonly writes: ToolWrite[] = [];
  /** Calls that were answered, by tool. */
  readonly answered = new Map<string, number>();
  readonly #api: Api;
  readonly #patience: Patience;

  constructor(api: Api, patience: Patience) {
    this.#api = api;
    this.#patience = patience;
  }

  async play(): Promise<void> {
    const created = await this.#write('mission', 'mission_create', (title) => ({ title, tasks: [{ title: 'Ask' }] }));
    const mission_id = idIn(created);
    const note = (content: string) => ({ mission_id, event_type: 'note', content });
    await this.#write('note', 'mission_log_event', note);
    const asked = await this.#write('question', 'mission_ask_user', (prompt) => ({ mission_id, prompt }));
    const request_id = /Question ([0-9a-f-]{36})/.exec(asked)?.[1] ?? '';
    const answer = `yes to ${request_id}`;
    await this.#answer(request_id, answer);
    const mission: ToolMission = { missionId: mission_id, requestId: request_id, answer, isDone: false };
    this.missions.push(mission);
    await this.#patience.until(
      async () => {
        const text = await this.#call('mission_ask_user', { mission_id, request_id, wait_seconds: 1 });
        return text?.includes(answer);
      },
      { what: `the answer to ${request_id} by a tool` },
    );
    await this.#write('note', 'mission_log_event', note);
    await this.#patience.until(
      async () => {
        const text = await this.#call('mission_complete', { mission_id, summary: 'done' }, /MISSION_CLOSED/);
        return text !== undefined;
      },
      { what: `the end of mission ${mission_id} by a tool` },
    );
    mission.isDone = true;
  }

  /** Repeats the call with another text until its result is known. @returns the result's text */
  #write(kind: ToolWrite['kind'], tool: string, argumentsOf: (text: string) => object): Promise<string> {
    return this.#patience.until(
      async () => {
        const text = `${kind} by tools ${randomUUID()}`;
        const result = await this.#call(tool, argumentsOf(text)).catch((error: unknown) => {
          this.writes.push({ kind, text, outcome: 'unknown' });
          throw error;
        });
        this.writes.push({ kind, text, outcome: result === undefined ? 'unknown' : 'accepted' });
        return result;
      },
      { what: `a result of ${tool}` },
    );
  }

  /** @returns undefined if nobody knows whether it was carried out */
  async #call(name: string, args: object, may?: RegExp): Promise<string | undefined> {
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
    const answer = await this.#api.post('/mcp', body, { headers, withinMs: PATIENCE_MS });
    if (answer.status >= 500) return undefined;
    const json = answer.body ?? JSON.parse(/^data: (\{.*)$/m.exec(answer.text)?.[1] ?? '{}');
    const text: string = json.result?.content?.[0]?.text ?? '';
    if (answer.status !== 200 || text === '')
      throw new Error(`${name} was answered with ${answer.status} ${answer.text}`);
    if (json.result.isError && IS_UNKNOWN.test(text)) return undefined;
    if (json.result.isError && !may?.test(text)) throw new Error(`${name}: ${text}`);
    this.answered.set(name, (this.answered.get(name) ?? 0) + 1);
    return text;
  }

  async #answer(requestId: string, freeform_text: string): Promise<void> {
    const key = { 'x-user-id': 'ada', 'idempotency-key': randomUUID() };
    const path = `/api/v1/input-requests/${requestId}/respond`;
    const { status, text } = await this.#patience.until(
      async () => {
        const got = await this.#api.post(path, { freeform_text }, { headers: key, withinMs: PATIENCE_MS });
        return got.status < 500 ? got : undefined;
      },
      { what: `an answer to ${path}` },
    );
    if (status !== 200) throw new Error(`${path} was answered with ${status} ${text}`);
  }
}

const idIn = (text: string): string => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? '';
