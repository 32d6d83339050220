import type pg from 'pg';
import { execute, statement } from '../statement.ts';

/** An event that a stream has stored: its place in the outbox, and that in the stream. */
export interface Acknowledged {
  position: string;
  subject: string;
  stream: string;
  /** 0 if the bus does not say. */
  seq: number;
}

/** The newest message of a subject, a row of `published_subjects`. */
export interface Mark {
  subject: string;
  stream: string;
  /** When the stream was made. */
  created: string;
  seq: number;
}

/**
 * The rows are found by an array, not by a join with it: while the table was small, a join was planned as a scan of all of
 * it, and the relay's connection kept that plan.
 */
const markPublished = statement(
  'outbox.published',
  `with own as (select 1 from leaders where key = $3 and epoch = $4),
        done as (update outbox set published_at = now(),
                        stream_seq = ($2::bigint[])[array_position($1::bigint[], position)]
                  where position = any($1::bigint[]) and exists (select 1 from own))
   insert into published_subjects as known (subject, stream, stream_created, stream_seq)
   select subject, stream, created, seq
     from unnest($5::text[], $6::text[], $7::text[], $8::bigint[]) as mark(subject, stream, created, seq)
    where exists (select 1 from own)
   on conflict (subject) do update
      set stream = excluded.stream, stream_created = excluded.stream_created,
          stream_seq = case when known.stream_created = excluded.stream_created
                            then greatest(known.stream_seq, excluded.stream_seq) else excluded.stream_seq end`,
);

/** Marks a batch as published, with what the streams acknowledged. Does nothing without the lease. */
export async function markBatch(
  client: pg.Client,
  { key, epoch }: { key: string; epoch: string },
  acknowledged: readonly Acknowledged[],
  marks: readonly Mark[],
): Promise<void> {
  await execute(client, markPublished, [
    acknowledged.map(({ position }) => position),
    acknowledged.map(({ seq }) => seq || null),
    key,
    epoch,
    marks.map(({ subject }) => subject),
    marks.map(({ stream }) => stream),
    marks.map(({ created }) => created),
    marks.map(({ seq }) => seq),
  ]);
}
