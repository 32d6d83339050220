import { eraseResultsOfMission } from '@missions/persistence/idempotency.ts';
import { addTombstone } from '@missions/persistence/tombstones.ts';
import { eraseEventsOfMission } from '@missions/persistence/outbox/erase.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';

/**
 * Messages and replies are deleted with their e-mail (`on delete cascade`). The name of each file that a message may
 * have been written into is left for `smtp/erase-files.ts`; a lease says how long its sender may still be writing. Mail
 * that could not be read is known by the addresses that it came to, and by the Message-IDs that it names.
 */
const eraseWhere = (condition: string, mission: string): string => `with
        gone as (delete from email where ${condition} returning id, token),
        sent as (select m.* from message m join gone on m.customer_id = $2 and m.email_id = gone.id),
        told as (delete from notice where ${condition} returning *),
        files as (insert into file_to_erase (file, mission_id, held_until)
          select translate(iso(created_at), '-:.', '') || '-' || id || case when copy > 1 then '-' || copy else '' end
              || '.eml', ${mission}, coalesce(locked_until, now())
            from sent, generate_series(1, jsonb_array_length(deliveries)) copy
            where attempts > 0
          union all select translate(iso(created_at), '-:.', '') || '-' || id || '.eml', ${mission},
              coalesce(locked_until, now()) from told where attempts > 0
          on conflict do nothing),
        tokens as (select token from gone where token is not null
          union all select a.token from reply_address a join gone on a.customer_id = $2 and a.email_id = gone.id),
        unread as (delete from unread_mail u
          where exists (select from tokens where position(tokens.token in u.recipients::text) > 0)
             or exists (select from sent where position(convert_to(sent.message_id, 'UTF8') in u.head) > 0) returning 1)
   select array(select id::text from gone) as ids,
          ((select count(*) from gone) + (select count(*) from sent) + (select count(*) from unread)
             + (select count(*) from told) + (select count(*) from reply r join gone on r.customer_id = $2 and r.email_id = gone.id))::int as rows`;

const erase = statement('email.erase', eraseWhere('mission_id = $1 and customer_id = $2', '$1::uuid'));

/** In `file_to_erase`, of an e-mail without a mission. */
const NO_MISSION = "'00000000-0000-0000-0000-000000000000'::uuid";
const eraseUnbound = statement(
  'email.erase_unbound',
  eraseWhere('mission_id is null and customer_id = $2 and ($1::text is null or user_id = $1)', NO_MISSION),
);

/**
 * Erases the e-mails of a mission, the results that are stored for repeated calls, and the events about them. The
 * mission's id stays as a tombstone, so that an event that is delivered late, or again, does not bring an e-mail back
 * (specification section 8 "Life cycle"). May be repeated. @returns the number of rows
 */
export async function eraseMission(tx: Tx, customerId: string, missionId: string, at: string): Promise<number> {
  await addTombstone(tx, customerId, missionId, at);
  const [gone] = await tx.run<{ ids: string[]; rows: number }>(erase, [missionId, customerId]);
  const results = await eraseResultsOfMission(tx, missionId, gone?.ids);
  return (gone?.rows ?? 0) + results + (await eraseEventsOfMission(tx, customerId, missionId));
}

/** Erases what was sent without a mission, of a user or of a whole customer. @returns the number of rows */
export async function eraseWithoutMission(tx: Tx, customerId: string, userId: string | null): Promise<number> {
  const [gone] = await tx.run<{ rows: number }>(eraseUnbound, [userId, customerId]);
  return gone?.rows ?? 0;
}
