import { randomUUID } from 'node:crypto';
import type { Api } from '@missions/test-support/api.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type Answered, answer, type Message } from '../mail/messages.ts';

/** A mail of a mission, and what was written back. */
export interface Correspondence {
  readonly missionId: string;
  readonly taskId: string;
  readonly trackingId: string;
  readonly people: readonly string[];
  /** Message-IDs of the answers that somebody took. */
  readonly taken: string[];
}

/** A request that a dead service held is not answered: better asked again soon, under its key. */
const PATIENCE_MS = 1_500;
const INSIST_MS = 60_000;

/** A mission's mail to those people, asked for again and again under one key until it is acknowledged. */
export async function write(api: Api, people: readonly string[]): Promise<Correspondence> {
  const mission = await again(api, 'missions', {
    user_id: 'ada',
    title: 'A question to many',
    tasks: [{ title: 'Hear them' }],
  });
  const mail = {
    user_id: 'ada',
    mission_id: mission.id,
    task_id: mission.tasks[0].id,
    to: people,
    subject: `Question ${mission.id}`,
    body: 'What do you think?',
    expect_reply: true,
  };
  const { id } = await again(api, 'emails', mail);
  return { missionId: mission.id, taskId: mission.tasks[0].id, trackingId: id, people, taken: [] };
}

/** The mail as its recipients see it; it may be on its way to the bridge still. */
export const seenOf = (api: Api, { trackingId }: Correspondence): Promise<Answered> =>
  waitUntil(
    async () => {
      const { status, body } = await api.get(`emails/${trackingId}`, { withinMs: PATIENCE_MS });
      return status === 200 && body.reply_to ? (body as Answered) : undefined;
    },
    { withinMs: INSIST_MS, everyMs: 50, what: `e-mail ${trackingId}` },
  );

/**
 * One person's answer. @param deliver resolves when somebody has taken it on himself: the listener, by its 250, or
 * the server of a mailbox.
 */
export async function writeBack(
  deliver: (message: Message) => Promise<void>,
  seen: Answered,
  correspondence: Correspondence,
  person: string,
): Promise<void> {
  const message = answer(seen, person, `I am ${person}, and I agree.`);
  await deliver(message);
  correspondence.taken.push(message.id);
}

async function again(api: Api, path: string, body: object): Promise<any> {
  const headers = { 'idempotency-key': randomUUID() };
  const answered = await waitUntil(
    async () => {
      const got = await api.post(path, body, { headers, withinMs: PATIENCE_MS });
      return got.status < 500 ? got : undefined;
    },
    { withinMs: INSIST_MS, everyMs: 50, what: `an answer to ${path}` },
  );
  if (answered.status !== 201) throw new Error(`answered ${answered.status} ${answered.text}`);
  return answered.body;
}
