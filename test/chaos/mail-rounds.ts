import { randomUUID } from 'node:crypto';
import type { Api } from '@missions/test-support/api.ts';
import { type Answered, answer, type Message } from '../mail/messages.ts';
import { Patience } from './patience.ts';

/** An e-mail of a mission, and the replies to it. */
export interface Correspondence {
  readonly missionId: string;
  readonly taskId: string;
  readonly trackingId: string;
  readonly people: readonly string[];
  /** Message-IDs of the replies that the bridge or the mailbox accepted. */
  readonly taken: string[];
}

/** A killed service never responds to the requests that it held, so a caller soon retries under the same key. */
const PATIENCE_MS = 1_500;

/** Creates a mission and requests its e-mail; each call is retried under its own key until it is acknowledged. */
export async function write(api: Api, people: readonly string[], patience = new Patience()): Promise<Correspondence> {
  const mission = await again(api, patience, 'missions', {
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
  const { id } = await again(api, patience, 'emails', mail);
  return { missionId: mission.id, taskId: mission.tasks[0].id, trackingId: id, people, taken: [] };
}

/** The e-mail as its recipients see it. Waits while the e-mail is still on its way to the bridge. */
export const seenOf = (api: Api, { trackingId }: Correspondence): Promise<Answered> =>
  new Patience().until(
    async () => {
      const { status, body } = await api.get(`emails/${trackingId}`, { withinMs: PATIENCE_MS });
      return status === 200 && body.reply_to ? (body as Answered) : undefined;
    },
    { what: `e-mail ${trackingId}` },
  );

/**
 * Sends one person's reply. @param deliver resolves when the reply was accepted: by the bridge's listener with its 250,
 * or by the server of a mailbox.
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

async function again(api: Api, patience: Patience, path: string, body: object): Promise<any> {
  const headers = { 'idempotency-key': randomUUID() };
  const answered = await patience.until(
    async () => {
      const got = await api.post(path, body, { headers, withinMs: PATIENCE_MS });
      return got.status < 500 ? got : undefined;
    },
    { what: `an answer to ${path}` },
  );
  if (answered.status !== 201) throw new Error(`answered ${answered.status} ${answered.text}`);
  return answered.body;
}
