import { inspect } from 'node:util';
import { MissionsClient } from '@missions/client/client.ts';
import { MissionsError } from '@missions/client/missions-error.ts';
import { UserClient } from '@missions/client/user-client.ts';
import type { Message } from '../mail/messages.ts';
import { post } from '../mail/post.ts';
import { headerOf, type MailReceiver } from '../mail/receiver.ts';
import type { Round } from './input-request-rounds.ts';
import { type Correspondence, writeBack } from './mail-rounds.ts';
import type { Patience } from './patience.ts';
import type { Grant, RunMission, RunWrite } from './run-rounds.ts';

export interface ClientSurroundings {
  readonly origin: string;
  readonly secret: string;
  readonly customer: string;
  readonly receiver: MailReceiver;
  readonly smtpPorts: readonly number[];
}

/** Longer than calls take whose first attempts die with a process. */
const LEASE_SECONDS = 20;
const USER = 'ada';

/**
 * What agents and a user do by the typed clients, with their settings as they are: nothing here calls again. Whatever a
 * client throws is a failed call.
 */
export class ClientRounds {
  readonly asked: Round[] = [];
  readonly written: Correspondence[] = [];
  readonly missions: RunMission[] = [];
  readonly grants: Grant[] = [];
  readonly writes: RunWrite[] = [];
  /** Calls that a client gave up. */
  readonly failed: string[] = [];
  /** 5xx and broken connections that the clients dealt with, by what they were. */
  readonly raw = new Map<string, number>();
  /** Calls that succeeded. */
  calls = 0;
  /** Rounds that were played to their end. */
  played = 0;
  readonly #around: ClientSurroundings;
  readonly #patience: Patience;
  readonly #agent: MissionsClient;
  readonly #user: UserClient;
  readonly #ended = new Set<string>();
  #begun = 0;
  #stopped = false;

  constructor(around: ClientSurroundings, patience: Patience) {
    this.#around = around;
    this.#patience = patience;
    const { origin: baseUrl, secret: credential, customer: customerId } = around;
    const counted = (...call: Parameters<typeof fetch>) => this.#counted(...call);
    const options = { baseUrl, credential, customerId, userId: USER, fetch: counted };
    this.#agent = new MissionsClient(options);
    this.#user = new UserClient(options);
  }

  /** Plays the courses in turn. Never rejects. */
  async play(): Promise<void> {
    const courses = [() => this.#ask(), () => this.#signal(), () => this.#delegate(), () => this.#write()];
    await this.#note(courses[this.#begun++ % courses.length]?.());
    this.played += 1;
  }

  /** Autonomous missions that no agent has ended. */
  get backlog(): number {
    return this.missions.filter(({ missionId }) => !this.#ended.has(missionId)).length;
  }

  /** Claims runs and works on them until `stop`. */
  async work(agent: string): Promise<void> {
    while (!this.#stopped) await this.#note(this.#workOn(agent));
  }

  stop(): void {
    this.#stopped = true;
  }

  async #ask(): Promise<void> {
    const mission = await this.#create('answer');
    const task_id = mission.tasks[0]?.id as string;
    const { id } = await this.#call(this.#agent.askUser(mission.id, { prompt: 'Shall we?', task_id }));
    const round: Round = {
      plan: 'answer',
      missionId: mission.id,
      taskId: task_id,
      requestId: id,
      accepted: null,
      refused: [],
    };
    this.asked.push(round);
    // Users answer what they see.
    const isShown = async (): Promise<boolean> => {
      const page = await this.#call(this.#user.listMyInputRequests({ status: ['pending'], limit: 100 }));
      return page.input_requests.some((one) => one.id === id);
    };
    await this.#patience.until(isShown, { what: `input request ${id} in the user's list` });
    await this.#call(this.#user.respondToInputRequest(id, { freeform_text: `yes to ${id}` }));
    round.accepted = `yes to ${id}`;
    await this.#call(this.#agent.resumeMission(mission.id));
  }

  async #signal(): Promise<void> {
    const tasks = [{ title: 'Wait', wait_for: { kind: 'webhook', timeout_hours: 1, on_timeout: 'fail' } as const }];
    const mission = await this.#call(this.#agent.createMission({ title: 'signal', tasks }));
    const reference = mission.tasks[0]?.id as string;
    this.asked.push({
      plan: 'signal',
      missionId: mission.id,
      taskId: reference,
      requestId: null,
      accepted: null,
      refused: [],
    });
    const signal = { kind: 'webhook' as const, reference, id: `of ${reference}` };
    await Promise.all([this.#call(this.#agent.sendSignal(signal)), this.#call(this.#agent.sendSignal(signal))]);
  }

  async #delegate(): Promise<void> {
    const mission = await this.#create('fail', { can_run_autonomously: true });
    this.missions.push({ plan: 'fail', missionId: mission.id, taskId: mission.tasks[0]?.id as string });
  }

  async #write(): Promise<void> {
    const { receiver, smtpPorts } = this.#around;
    const mission = await this.#create('mail');
    const task_id = mission.tasks[0]?.id as string;
    const person = `${mission.id}@example.com`;
    const mail = { to: [person], subject: `Question ${mission.id}`, body: 'What do you think?', expect_reply: true };
    const { id } = await this.#call(this.#agent.sendEmail({ mission_id: mission.id, task_id, ...mail }));
    const one: Correspondence = { missionId: mission.id, taskId: task_id, trackingId: id, people: [person], taken: [] };
    this.written.push(one);
    const copy = await this.#patience.until(() => receiver.to(person)[0], { what: `mail for ${person}` });
    const header = (name: string): string => headerOf(copy, name) ?? '';
    const reply_to = header('Reply-To').replace(/^.*<(.*)>$/, '$1');
    const seen = { message_id: header('Message-ID'), subject: header('Subject'), reply_to };
    const port = smtpPorts[this.written.length % smtpPorts.length] as number;
    // A mail server that meets a dead one tries the next.
    const ports = [port, ...smtpPorts.filter((other) => other !== port)];
    const deliver = async (message: Message): Promise<void> => {
      const isTaken = async (): Promise<boolean> => {
        for (const to of ports)
          if (await post(to, message, { withinMs: 5_000 }).then(Boolean, () => false)) return true;
        return false;
      };
      await this.#patience.until(isTaken, { what: `a 250 for ${message.id}` });
    };
    await writeBack(deliver, seen, one, person);
  }

  /** Every run fails, and its user ends the mission: a second run would be one too many. */
  async #workOn(agent: string): Promise<void> {
    const body = { agent_id: agent, wait_seconds: 2, lease_seconds: LEASE_SECONDS };
    const run = (await this.#call(this.#agent.claimRun(body)))?.run;
    if (!run || run.fence === null) return;
    const grant = { missionId: run.mission_id, runId: run.id, fence: run.fence, whileOff: false };
    this.grants.push(grant);
    const options = { run: { id: run.id, fence: run.fence } };
    const text = `note of fence ${run.fence} of run ${run.id}`;
    const noted = await this.#under(grant, 'note', text, () =>
      this.#agent.logMissionEvent(run.mission_id, { event_type: 'note', content: text }, options),
    );
    if (!noted) return;
    const end = { fence: run.fence, status: 'failed', error: 'as planned' } as const;
    if (!(await this.#under(grant, 'finish', 'failed', () => this.#agent.finishRun(run.id, end)))) return;
    await this.#call(this.#user.cancelMyMission(run.mission_id));
    this.#ended.add(run.mission_id);
  }

  /** A lease that ended meanwhile is an answer, and no failed call. */
  async #under(grant: Grant, kind: RunWrite['kind'], text: string, call: () => Promise<unknown>): Promise<boolean> {
    const isLost = (error: unknown): boolean => error instanceof MissionsError && error.code === 'LEASE_LOST';
    const answer = call().then(
      () => 'accepted' as const,
      (error: unknown) => (isLost(error) ? ('refused' as const) : Promise.reject(error)),
    );
    const outcome = await this.#call(answer);
    this.writes.push({ ...grant, kind, text, outcome, attempts: 1 });
    return outcome === 'accepted';
  }

  #create(title: string, more: object = {}) {
    return this.#call(this.#agent.createMission({ title, tasks: [{ title: 'Work' }], ...more }));
  }

  /** Notes what the client gave up, also where somebody looks again later. */
  async #call<T>(call: Promise<T>): Promise<T> {
    try {
      const result = await call;
      this.calls += 1;
      return result;
    } catch (error) {
      this.failed.push(error instanceof MissionsError ? described(error) : inspect(error));
      throw error;
    }
  }

  /** A call that failed is noted, and ends its round. */
  async #note(round: Promise<void> | undefined): Promise<void> {
    await round?.catch((error: unknown) => {
      if (!(error instanceof MissionsError)) this.failed.push(inspect(error));
    });
  }

  async #counted(...call: Parameters<typeof fetch>): Promise<Response> {
    const count = (kind: string): void => void this.raw.set(kind, (this.raw.get(kind) ?? 0) + 1);
    const response = await fetch(...call).catch((error: Error & { cause?: { code?: string } }) => {
      count(`no response: ${error.cause?.code ?? error.name}`);
      throw error;
    });
    if (response.status >= 500) {
      const { code, detail } = (await response.clone().json()) as { code: string; detail: string };
      count(`${response.status} ${code}: ${detail}`);
    }
    return response;
  }
}

const described = ({ code, detail, attempts, requestId }: MissionsError): string =>
  `${code} after ${attempts} attempts (request ${requestId}): ${detail}`;
