import type { MailObservations } from './mail-observations.ts';
import type { Correspondence } from './mail-rounds.ts';

/** One sentence for each e-mail, reply, event or mission that is lost, doubled or stuck. */
export function violations(observations: MailObservations): string[] {
  const { written, emails, unpublished } = observations;
  const known = new Set(written.map(({ trackingId }) => trackingId));
  return [
    ...written.flatMap((one) => [...sent(one, observations), ...answered(one, observations)]),
    ...emails.flatMap(({ id, mission_id }) =>
      known.has(id) ? [] : [`e-mail ${id} was acknowledged to no caller, in mission ${mission_id}`],
    ),
    ...(unpublished > 0 ? [`${unpublished} events were never published`] : []),
  ];
}

/** The e-mail reached each recipient at least once, always under one Message-ID. */
function sent(
  { trackingId, missionId, people }: Correspondence,
  { emails, copies, events }: MailObservations,
): string[] {
  const [email, ...more] = emails.filter((one) => one.id === trackingId);
  if (!email) return [`e-mail ${trackingId} was acknowledged and is lost`];
  const found = more.length > 0 ? [`e-mail ${trackingId} is there twice`] : [];
  const own = copies.filter(({ subject }) => subject.endsWith(missionId));
  for (const person of people)
    if (!own.some(({ to }) => to === person)) found.push(`e-mail ${trackingId} did not reach ${person}`);
  for (const { to, message_id } of own)
    if (message_id !== email.message_id)
      found.push(`e-mail ${trackingId} went to ${to} as ${message_id}, and is ${email.message_id}`);
  const times = events.filter((one) => one.tracking_id === trackingId && one.type === 'email.sent').length;
  if (times !== 1) found.push(`e-mail ${trackingId} has ${times} events email.sent`);
  return found;
}

/**
 * Each accepted reply is stored once, published once and recorded once in the mission's history; the last reply resumed
 * the task once.
 */
function answered(
  { trackingId, missionId, taskId, people, taken }: Correspondence,
  { emails, replies, events, entries, ends, tasks, missions }: MailObservations,
): string[] {
  const found: string[] = [];
  const say = (fault: string): void => void found.push(`e-mail ${trackingId}: ${fault}`);
  const stored = replies.filter((one) => one.tracking_id === trackingId);
  for (const id of taken) {
    const times = stored.filter(({ message_id }) => message_id === id).length;
    if (times !== 1) say(`the reply ${id} was accepted, and is stored ${times} times`);
  }
  for (const { message_id, kind } of stored) {
    if (!taken.includes(message_id)) say(`${message_id} is stored, and was never sent`);
    if (kind !== 'reply') say(`${message_id} is stored as ${kind}`);
  }
  const published = events.filter((one) => one.tracking_id === trackingId);
  for (const { id } of stored) {
    const times = published.filter((one) => one.type === 'email.replied' && one.about === id).length;
    if (times !== 1) say(`the reply ${id} was published ${times} times`);
    const entered = entries.filter((one) => one.reply_id === id).length;
    if (entered !== 1) say(`the reply ${id} stands in the history ${entered} times`);
  }
  if (taken.length < people.length) return found;
  const finals = published.filter((one) => one.type === 'email.all_replied').length;
  if (finals !== 1) say(`all recipients have replied, and email.all_replied was published ${finals} times`);
  const status = emails.find((one) => one.id === trackingId)?.status;
  if (status !== 'all_replied') say(`all recipients have replied, and its status is ${status}`);
  const freed = ends.filter((one) => one.mission_id === missionId && one.key === `email_reply:${trackingId}`).length;
  if (freed !== 1) say(`its wait ended ${freed} times`);
  const task = tasks.find((one) => one.id === taskId)?.status;
  if (task !== 'in_progress') say(`all recipients have replied, and its task is ${task}`);
  if (missions.find((one) => one.id === missionId)?.phase === 'waiting') say('its mission waits for ever');
  return found;
}
