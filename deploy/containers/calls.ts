import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { MissionsClient } from '@missions/client/client.ts';
import type { ClientOptions } from '@missions/client/options.ts';
import { UserClient } from '@missions/client/user-client.ts';
import { waitFor } from '../process/wait-for.ts';

/** What a mission of the README waits for: its user's answer, and a reply by mail. */
export interface Waits {
  readonly missionId: string;
  readonly questionId: string;
  readonly trackingId: string;
  readonly replyTo: string;
}

const WITHIN_MS = 60_000;

/** The calls of `shared/docs/first-calls.md`, by the client. */
export class FirstCalls {
  readonly #agent: MissionsClient;
  readonly #user: UserClient;
  readonly #mailPort: number;

  constructor(options: ClientOptions, mailPort: number) {
    this.#agent = new MissionsClient({ ...options, userId: 'ada', agentId: 'gardener' });
    this.#user = new UserClient({ ...options, userId: 'ada' });
    this.#mailPort = mailPort;
  }

  /** Creates a mission, resumes it elsewhere, asks its user and sends mail. */
  async begin(): Promise<Waits> {
    const { id } = await this.#agent.createMission({
      title: 'Agree with Sarah when to talk about the Q1 budget',
      conversation_id: 'conv-A',
      tasks: [
        { ref: 'slot', title: 'Find a slot in my calendar' },
        { ref: 'ok', title: 'Ask whether the slot is right', depends_on: ['slot'] },
        { title: 'Book it', depends_on: ['ok'] },
      ],
    });
    const { brief } = await this.#agent.resumeMission(id, { conversation_id: 'conv-B' });
    assert.match(brief, /Q1 budget/);
    const question = await this.#agent.askUser(id, {
      prompt: 'Tuesday at ten?',
      options: [
        { id: 'yes', label: 'Yes' },
        { id: 'no', label: 'No' },
      ],
    });
    const mail = await this.#agent.sendEmail({
      mission_id: id,
      expect_reply: true,
      to: ['sarah@example.com'],
      subject: 'Q1 budget',
      body: 'Does Tuesday at ten suit you?',
    });
    await this.#until(
      'the mail was not sent',
      async () => (await this.#agent.getEmail(mail.tracking_id)).sent_at !== null,
    );
    return {
      missionId: id,
      questionId: question.request_id,
      trackingId: mail.tracking_id,
      replyTo: mail.reply_to ?? '',
    };
  }

  /** The user answers and Sarah replies; the mission goes on. */
  async end({ missionId, questionId, trackingId, replyTo }: Waits): Promise<void> {
    assert.equal((await this.#agent.getMission(missionId)).status, 'waiting');
    await this.#user.respondToInputRequest(questionId, { selected_option: 'yes' });
    const message = 'From: sarah@example.com\r\nSubject: Re: Q1 budget\r\n\r\nTuesday at ten is fine.\r\n';
    const from = ['--mail-from', 'sarah@example.com', '--mail-rcpt', replyTo, '--upload-file', '-'];
    execFileSync('curl', ['-sS', `smtp://127.0.0.1:${this.#mailPort}`, ...from], { input: message });
    await this.#until(`mission ${missionId} does not go on`, async () => {
      const { status } = await this.#agent.getMission(missionId);
      return status === 'active' && (await this.#agent.getEmail(trackingId)).replies.length === 1;
    });
  }

  /** An agent claims a run, writes within it and finishes it. */
  async run(): Promise<void> {
    const mission = await this.#agent.createMission({
      title: 'Keep the plants alive',
      can_run_autonomously: true,
      tasks: [{ title: 'Water them' }],
    });
    const claimed = await this.#agent.claimRun({ agent_id: 'gardener', wait_seconds: 30, lease_seconds: 120 });
    const { id, fence, mission_id: claimedOf } = claimed?.run ?? {};
    const task = claimed?.context?.next_tasks[0];
    assert.equal(claimedOf, mission.id);
    assert.ok(id && fence && task);
    const done = { status: 'completed', result: { litres: 2 } } as const;
    await this.#agent.updateMissionTask(mission.id, task.id, done, { run: { id, fence } });
    await this.#agent.heartbeatRun(id, { fence });
    assert.equal((await this.#agent.finishRun(id, { fence, status: 'succeeded' })).status, 'succeeded');
    await this.#agent.updateMission(mission.id, { status: 'completed' });
  }

  async #until(otherwise: string, holds: () => Promise<boolean>): Promise<void> {
    await waitFor(async () => (await holds()) || undefined, {
      withinMs: WITHIN_MS,
      everyMs: 100,
      timeoutMessage: () => `${otherwise} within ${WITHIN_MS} ms`,
    });
  }
}
