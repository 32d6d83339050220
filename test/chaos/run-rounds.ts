import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Api, ApiResponse } from '@missions/test-support/api.ts';
import { holdsWithin } from '@missions/test-support/wait-until.ts';
import type { Patience } from './patience.ts';
import type { Switches } from './switches.ts';

/**
 * The course of an autonomous mission: its run does the task and succeeds, its run fails, its first run is abandoned
 * under its lease, or ended by a kill switch, and another one does the task.
 */
export const runPlans = ['succeed', 'fail', 'abandon', 'switch'] as const;
export type RunPlan = (typeof runPlans)[number];

export interface RunMission {
  readonly plan: RunPlan;
  readonly missionId: string;
  readonly taskId: string;
}

/** A run as an agent got it. */
export interface Grant {
  readonly missionId: string;
  readonly runId: string;
  readonly fence: number;
  /** The mission was switched off when the run was claimed, and has been ever since. */
  readonly whileOff: boolean;
}

/** A write of an agent under a run, and what came of it. `heartbeat` and `mail` are of a mission that is switched off. */
export interface RunWrite extends Omit<Grant, 'whileOff'> {
  readonly kind: 'note' | 'finish' | 'heartbeat' | 'mail';
  /** Text of a note, the status that was reported, or the reason of a refusal. */
  readonly text: string;
  readonly outcome: 'accepted' | 'refused';
  /** More than one: an attempt before may have been accepted, and its response lost. */
  readonly attempts: number;
}

/** A killed service never responds to the requests that it held, so a caller soon retries under the same key. */
const PATIENCE_MS = 1_500;
/** The shortest one. */
const LEASE_SECONDS = 10;
const FAILED = 'as planned';
/** So many claims come and go while a mission is switched off, or as many as there are in this time. */
const CLAIMS_WHILE_OFF = 4;
const OFF_MS = 4_000;

/** Autonomous missions, and agents that claim their runs. */
export class RunRounds {
  readonly missions: RunMission[] = [];
  readonly grants: Grant[] = [];
  readonly writes: RunWrite[] = [];
  readonly #closed = new Set<string>();
  readonly #api: Api;
  readonly #switches: Switches;
  readonly #patience: Patience;
  #stopping = false;
  #claims = 0;

  constructor(api: Api, switches: Switches, patience: Patience) {
    this.#api = api;
    this.#switches = switches;
    this.#patience = patience;
  }

  /** Creates a mission, which the agents find by its run. */
  async play(plan: RunPlan): Promise<void> {
    const body = { user_id: 'ada', title: plan, can_run_autonomously: true, tasks: [{ title: 'Work' }] };
    const { answer } = await this.#insist('POST', 'missions', body);
    if (answer.status !== 201) throw new Error(`answered ${answer.status} ${answer.text}`);
    this.missions.push({ plan, missionId: answer.body.id, taskId: answer.body.tasks[0].id });
  }

  /** Missions that have not had all of their runs, and were not ended by their agent. */
  get backlog(): number {
    return this.missions.filter(({ missionId }) => !this.#closed.has(missionId)).length;
  }

  get isStopped(): boolean {
    return this.#stopping;
  }

  stop(): void {
    this.#stopping = true;
  }

  /** Claims runs and works on them until `stop`. @throws Error for an answer that no agent should get */
  async work(agent: string): Promise<void> {
    const claim = { agent_id: agent, wait_seconds: 2, lease_seconds: LEASE_SECONDS };
    while (!this.#stopping) {
      const off = this.#switches.hold();
      const claimed = await this.#api.post('runs/claim', claim, { withinMs: 5_000 }).catch(() => undefined);
      this.#claims++;
      if (claimed?.status === 200)
        await this.#perform(claimed.body, this.#switches.stillHolds(claimed.body.run.mission_id, off));
      else if (claimed && claimed.status < 500 && claimed.status !== 204)
        throw new Error(`a claim was answered with ${claimed.status} ${claimed.text}`);
    }
  }

  async #perform({ run, context }: any, whileOff: boolean): Promise<void> {
    const plan = context.mission.title as RunPlan;
    const grant: Grant = { missionId: run.mission_id, runId: run.id, fence: run.fence, whileOff };
    const before = this.grants.findLast(({ missionId }) => missionId === grant.missionId);
    this.grants.push(grant);
    // An agent that was thought dead wakes up: its lease is lost.
    if (before) await this.#note(before, `late note beside fence ${grant.fence}`);
    if (!(await this.#note(grant, `note of fence ${grant.fence}`))) return;
    if (plan === 'abandon' && !before) return;
    if (plan === 'switch' && !before) return await this.#switchOff(grant);
    const path = `missions/${grant.missionId}/tasks/${context.tasks[0].id}`;
    if (plan !== 'fail') {
      const { answer } = await this.#insist('PATCH', path, { status: 'completed' }, grant);
      if (this.#isLost(answer)) return;
      // A repeated PATCH finds the task completed: its first response was lost.
      if (answer.status !== 200 && answer.body?.code !== 'INVALID_TRANSITION')
        throw new Error(`answered ${answer.status} ${answer.text}`);
    }
    if (await this.#finish(grant, plan === 'fail' ? 'failed' : 'succeeded')) await this.#close(grant.missionId, plan);
  }

  /** An operator switches the mission off for a while. Its run gets nothing through, and it is offered to nobody. */
  async #switchOff(grant: Grant): Promise<void> {
    const { missionId, runId, fence } = grant;
    await this.#switches.switchOff(missionId);
    const heartbeat = await this.#insist('POST', `runs/${runId}/heartbeat`, { fence });
    this.#recordWhileOff(grant, 'heartbeat', heartbeat.answer);
    const mail = { user_id: 'ada', mission_id: missionId, to: ['off@example.com'], subject: missionId, body: 'Off?' };
    this.#recordWhileOff(grant, 'mail', (await this.#insist('POST', 'emails', mail)).answer);
    // The mission service is told within a second, or when it answers again.
    let times = 0;
    while (await this.#note(grant, `note ${++times} while off`)) await pause(100);
    const claims = this.#claims;
    await holdsWithin(OFF_MS, () => this.#claims >= claims + CLAIMS_WHILE_OFF);
    await this.#switches.letGoOn(missionId);
  }

  #recordWhileOff(grant: Grant, kind: RunWrite['kind'], { status, body }: ApiResponse): void {
    const outcome = status < 300 ? 'accepted' : 'refused';
    this.writes.push({ ...grant, kind, text: String(body?.reason ?? body?.code), outcome, attempts: 1 });
  }

  async #note(grant: Grant, text: string): Promise<boolean> {
    const body = { event_type: 'note', content: `${text} of run ${grant.runId}` };
    return this.#record(grant, 'note', body.content, `missions/${grant.missionId}/events`, body, 201);
  }

  /** @returns whether the run has ended as reported, also if the response said that to nobody */
  async #finish(grant: Grant, status: 'succeeded' | 'failed'): Promise<boolean> {
    const body = { fence: grant.fence, status, ...(status === 'failed' && { error: FAILED }) };
    if (await this.#record(grant, 'finish', status, `runs/${grant.runId}/finish`, body, 200)) return true;
    const ended = await this.#patience.until(
      async () => {
        const { body } = await this.#api.get(`missions/${grant.missionId}/runs`, { withinMs: PATIENCE_MS });
        const run = body?.runs?.find(({ id }: { id: string }) => id === grant.runId);
        return run && (run.status !== 'claimed' || run.fence !== grant.fence) ? run : undefined;
      },
      { everyMs: 100, what: `an end of run ${grant.runId}` },
    );
    return ended.status === status;
  }

  async #record(
    grant: Grant,
    kind: RunWrite['kind'],
    text: string,
    path: string,
    body: object,
    wanted: number,
  ): Promise<boolean> {
    const { answer, attempts } = await this.#insist('POST', path, body, grant);
    const isAccepted = answer.status === wanted;
    const isLost = this.#isLost(answer) || (answer.status === 409 && answer.body?.code === 'MISSION_CLOSED');
    if (!isAccepted && !isLost) throw new Error(`${path} was answered with ${answer.status} ${answer.text}`);
    this.writes.push({ ...grant, kind, text, outcome: isAccepted ? 'accepted' : 'refused', attempts });
    return isAccepted;
  }

  readonly #isLost = ({ body }: ApiResponse): boolean => body?.code === 'LEASE_LOST';

  /** By the user: without it, a mission would be run again after minutes. */
  async #close(missionId: string, plan: RunPlan): Promise<void> {
    const { answer } =
      plan === 'fail'
        ? await this.#insist('POST', `/api/v1/missions/${missionId}/cancel`, {})
        : await this.#insist('PATCH', `missions/${missionId}`, { status: 'completed' });
    if (answer.status !== 200 && answer.body?.code !== 'MISSION_CLOSED')
      throw new Error(`the end of mission ${missionId} was answered with ${answer.status} ${answer.text}`);
    this.#closed.add(missionId);
  }

  async #insist(
    method: 'POST' | 'PATCH',
    path: string,
    body: object,
    run?: Grant,
  ): Promise<{ answer: ApiResponse; attempts: number }> {
    const headers = {
      'x-user-id': 'ada',
      ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
      ...(run && !path.startsWith('runs/') && { 'x-run': `${run.runId}:${run.fence}` }),
    };
    let attempts = 0;
    const answer = await this.#patience.until(
      async () => {
        attempts++;
        const got = await this.#api.send(method, path, { body, headers, withinMs: PATIENCE_MS });
        return got.status < 500 ? got : undefined;
      },
      { what: `an answer to ${path}` },
    );
    return { answer, attempts };
  }
}
