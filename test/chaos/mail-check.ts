import type { MailObservations } from './mail-observations.ts';
import type { Correspondence } from './mail-rounds.ts';

/** Everything that is lost, doubled or stuck, in words. */
export function violations(observations: MailObservations): string[] {
  const { written, emails, unpublished } = observations;
  const known = new Set(written.map(({ trackingId }) => trackingId));
  return [
    ...written.flatMap((one) => [...sent(one, observations), ...answered(one, observations)]),
    ...emails.flatMap(({ id }) => (known.has(id) ? [] : [`e-mail ${id} was acknowledged to nobody`])),
    ...(unpublished > 0 ? [`${unpublished} events were never published`] : []),
  ];
}

/** It reached each of them at least once, in one shape. */
function sent({ trackingId, missionId, people }: Correspondence, { emails, copies, told }: MailObservations): string[] {
  const [email, ...more] = emails.filter((one) => one.id === trackingId);
  if (!email) return [`e-mail ${trackingId} was acknowledged and is lost`];
  const found = more.length > 0 ? [`e-mail ${trackingId} is there twice`] : [];
  const own = copies.filter(({ subject }) => subject.endsWith(missionId));
  for (const person of people)
    if (!own.some(({ to }) => to === person)) found.push(`e-mail ${trackingId} did not reach ${person}`);
  for (const { to, message_id } of own)
    if (message_id !== email.message_id)
      found.push(`e-mail ${trackingId} went to ${to} as ${message_id}, and is ${email.message_id}`);
  const times = told.filter((one) => one.tracking_id === trackingId && one.type === 'email.sent').length;
  if (times !== 1) found.push(`e-mail ${trackingId} was told to be sent ${times} times`);
  return found;
}

/** Each answer that was taken is kept once, told once and heard once; and the last of them freed its task, once. */
function answered(
  { trackingId, missionId, taskId, people, taken }: Correspondence,
  { emails, replies, told, entries, ends, tasks, missions }: MailObservations,
): string[] {
  const found: string[] = [];
  const say = (fault: string): void => void found.push(`e-mail ${trackingId}: ${fault}`);
  const kept = replies.filter((one) => one.tracking_id === trackingId);
  for (const id of taken) {
    const times = kept.filter(({ message_id }) => message_id === id).length;
    if (times !== 1) say(`the answer ${id} was taken, and is kept ${times} times`);
  }
  for (const { message_id, kind } of kept) {
    if (!taken.includes(message_id)) say(`${message_id} is kept, and nobody sent it`);
    if (kind !== 'reply') say(`${message_id} is kept as ${kind}`);
  }
  const heard = told.filter((one) => one.tracking_id === trackingId);
  for (const { id } of kept) {
    const times = heard.filter((one) => one.type === 'email.replied' && one.about === id).length;
    if (times !== 1) say(`the reply ${id} was told ${times} times`);
    const entered = entries.filter((one) => one.reply_id === id).length;
    if (entered !== 1) say(`the reply ${id} stands in the history ${entered} times`);
  }
  if (taken.length < people.length) return found;
  const finals = heard.filter((one) => one.type === 'email.all_replied').length;
  if (finals !== 1) say(`all have answered, which was told ${finals} times`);
  const status = emails.find((one) => one.id === trackingId)?.status;
  if (status !== 'all_replied') say(`all have answered, and it is ${status}`);
  const freed = ends.filter((one) => one.mission_id === missionId && one.key === `email_reply:${trackingId}`).length;
  if (freed !== 1) say(`its wait ended ${freed} times`);
  const task = tasks.find((one) => one.id === taskId)?.status;
  if (task !== 'in_progress') say(`all have answered, and its task is ${task}`);
  if (missions.find((one) => one.id === missionId)?.phase === 'waiting') say('its mission waits for ever');
  return found;
}
