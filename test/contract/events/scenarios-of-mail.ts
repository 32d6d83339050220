import type { RequestedMail } from '@missions/contracts/email/email.ts';
import { requestedMail } from '@missions/contracts/email/requested.ts';
import { ensureEmail, ingestMessage } from '@missions/contracts/email/requests.ts';
import { newId } from '@missions/runtime/id.ts';
import { answer, bounceNotice, type Message, outOfOffice } from '../../mail/messages.ts';
import type { Stage } from './scenarios-of-time.ts';
import { expectStatus } from './scenarios.ts';

const [SARAH, JOHN, MIA] = ['sarah@example.com', 'john@example.org', 'mia@example.net'];

/** An e-mail to three people: two reply, one of them after an absence note, and the mail to the third bounces. */
export async function corresponded(stage: Stage): Promise<string> {
  const { api } = stage;
  const { id, tasks } = await api.mission({ title: 'Dine with Sarah and John', tasks: [{ title: 'Ask them' }] });
  const letter = {
    user_id: 'ada',
    agent_id: 'planner-7',
    conversation_id: 'conv-A',
    mission_id: id,
    task_id: tasks[0].id,
    to: [`Sarah Miller <${SARAH}>`, JOHN],
    cc: [MIA],
  };
  const { body: sent } = await expectStatus(
    201,
    api.post('emails', {
      ...letter,
      subject: 'Dinner',
      body: 'Which evening would suit you?',
      body_html: '<p>Which evening would suit you?</p>',
      expect_reply: true,
      expected_recipients: [SARAH, JOHN, MIA],
    }),
  );
  await stage.published('email.sent', id);
  await expectStatus(200, api.post(`emails/${sent.id}/follow-up`, { body: 'Have you had a look?' }));
  await arrives(stage, bounceNotice(sent, MIA as string));
  await arrives(stage, outOfOffice(sent, SARAH as string));
  await arrives(stage, answer(sent, SARAH as string, 'Friday, with pleasure.', { name: 'Sarah Miller' }));
  await arrives(stage, answer(sent, JOHN as string, 'Friday is fine.'));
  await stage.published('email.all_replied', id);
  return id;
}

/**
 * An e-mail without a reply. A caller may ask for a minute at least, so the mail is handed to the bridge as the mission
 * service would.
 */
export async function unanswered({ api, bus, customer }: Stage): Promise<string> {
  const { id } = await api.mission({ title: 'Write in vain' });
  const now = Date.now();
  const mail: RequestedMail = {
    ...requestedMail(
      { to: [SARAH as string], subject: 'Lunch', body: 'Today?', expect_reply: true, mission_id: id },
      { id: newId(), customer_id: customer, user_id: 'ada', at: new Date(now).toISOString() },
    ),
    expires_at: new Date(now + 1_500).toISOString(),
  };
  await bus.request(ensureEmail, { caller: backendOf(customer), input: mail });
  return id;
}

/** An e-mail of a mission that had ended before the bridge got to it. */
export async function tooLate({ api, bus, customer }: Stage): Promise<string> {
  const { id } = await api.mission({ title: 'Invite nobody' });
  await expectStatus(200, api.patch(`missions/${id}`, { status: 'cancelled' }));
  const mail = requestedMail(
    { to: [SARAH as string], subject: 'Supper', body: 'Today?', mission_id: id },
    { id: newId(), customer_id: customer, user_id: 'ada', at: new Date().toISOString() },
  );
  await bus.request(ensureEmail, { caller: backendOf(customer), input: mail });
  return id;
}

const backendOf = (customer_id: string) =>
  ({ kind: 'service', credential: 'stories', customer_id, user_id: 'ada', agent_id: null }) as const;

/** Delivers a message as a mail provider's webhook would. */
async function arrives({ bus, customer }: Stage, { raw, from, to }: Message): Promise<void> {
  const caller = {
    kind: 'service',
    credential: 'inbound-email',
    customer_id: customer,
    user_id: null,
    agent_id: null,
  } as const;
  const input = { raw: Buffer.from(raw).toString('base64'), envelope_to: [to], envelope_from: from };
  const { matched } = (await bus.request(ingestMessage, { caller, input })).json<{ matched: unknown[] }>();
  if (matched.length === 0) throw new Error(`a message belonged to nothing: ${raw}`);
}
