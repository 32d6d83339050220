import { type StreamName, streams as definitions } from '@missions/contracts/subjects.ts';
import type { Logger } from '@missions/runtime/logger.ts';
import type { LeaderLease } from '../leader-lease.ts';
import { execute, statement } from '../statement.ts';
import type { Acknowledged, Mark } from './mark-published.ts';

/** The streams that a relay publishes into, as far as healing looks at them. Calls throw while the bus is away. */
export interface PublishedStreams {
  readonly names: readonly StreamName[];
  /** How often the connection to the bus has been lost. A stream can only have been exchanged while that happened. */
  losses(): number;
  /** Undefined if the stream does not exist. */
  identity(stream: StreamName): Promise<{ created: string; firstSeq: number; lastSeq: number } | undefined>;
  /** Sequence of the newest message of the subject that its stream holds; 0 if it holds none. */
  lastSequence(subject: string): Promise<number>;
}

/** What a stream has lost: all of it (`whole`), or the messages of single subjects after a sequence. */
interface Loss {
  whole: boolean;
  after: readonly { subject: string; seq: number }[];
}

type Identity = NonNullable<Awaited<ReturnType<PublishedStreams['identity']>>>;

const EVERY_MS = 60_000;
/** Rows per statement, so that each ends within the time limit of statements. */
const PAGE = 5_000;

const readMarks = statement(
  'outbox.marks',
  'select subject, stream, stream_created as created, stream_seq::float8 as seq from published_subjects',
);
const setMarks = statement(
  'outbox.set_marks',
  `insert into published_subjects (subject, stream, stream_created, stream_seq)
   select subject, $1, $2, seq from unnest($3::text[], $4::bigint[]) as mark(subject, seq)
    where exists (select 1 from leaders where key = $5 and epoch = $6)
   on conflict (subject) do update
      set stream = excluded.stream, stream_created = excluded.stream_created, stream_seq = excluded.stream_seq`,
);
/** Events from before sequences were remembered are published again too: nobody knows that the stream has them. */
const unmark = statement(
  'outbox.unmark',
  `with page as (select position from outbox where position > $1 order by position limit ${PAGE}),
        again as (
          update outbox set published_at = null, stream_seq = null
            from page
           where outbox.position = page.position and published_at is not null
             and exists (select 1 from leaders where key = $2 and epoch = $3)
             and (type like any($4::text[])
                  or exists (select 1 from unnest($5::text[], $6::bigint[]) as lost(subject, after)
                              where subject = type and (stream_seq is null or stream_seq > after)))
          returning 1)
   select (select max(position) from page)::text as last, (select count(*) from again)::int as again`,
);

/**
 * PostgreSQL is the record, the stream is the transport: what a stream has lost is published again, by marking its
 * events as not yet published (specification section 7, decision 0022). The relay sends them in their order, before
 * newer events of the same missions, and consumers know them by their ids.
 *
 * Looked at before the first event is published over a connection or by a new leader, and once a minute: whether the
 * stream is the one of before, and whether it still holds the newest message of each subject that it acknowledged. Only
 * this relay publishes on those subjects, and a stream that is set back loses its newest messages, so all later ones
 * are known to be missing.
 */
export class StreamHealing {
  readonly #streams: PublishedStreams;
  readonly #logger: Logger;
  #checked = { epoch: '', losses: -1, at: -Infinity };
  /** Of each stream, as it was last looked at. */
  readonly #identities = new Map<string, Identity>();
  /** By subject, the highest sequence that was acknowledged. */
  #highest = new Map<string, number>();
  /** Streams that gave a message a lower sequence than one before it: set back under an open connection. */
  readonly #setBack = new Set<string>();

  constructor(streams: PublishedStreams, logger: Logger) {
    this.#streams = streams;
    this.#logger = logger;
  }

  /** Whether the latest look still holds: nothing may be published otherwise. */
  holds({ epoch }: LeaderLease): boolean {
    return this.#checked.epoch === epoch && this.#checked.losses === this.#streams.losses();
  }

  /**
   * Looks at the streams when it is time to, and marks again what they have lost.
   * @returns whether events may be published; false while a stream does not exist.
   */
  async check(lease: LeaderLease): Promise<boolean> {
    const { epoch } = lease;
    const known = this.holds(lease);
    if (known && this.#setBack.size === 0 && performance.now() - this.#checked.at < EVERY_MS) return true;
    const losses = this.#streams.losses();
    const marks = await execute<Mark>(lease.client, readMarks);
    for (const stream of this.#streams.names) {
      const identity = await this.#streams.identity(stream);
      if (!identity) {
        this.#logger.error(
          { stream },
          'a stream does not exist, so no event is published: `missions provision` makes it',
        );
        return false;
      }
      await this.#compare(
        lease,
        stream,
        identity,
        marks.filter((mark) => mark.stream === stream),
        known,
      );
    }
    this.#highest = new Map((await execute<Mark>(lease.client, readMarks)).map(({ subject, seq }) => [subject, seq]));
    // Lost meanwhile: the server that answered may not be the one that is connected now.
    if (losses !== this.#streams.losses()) return false;
    this.#checked = { epoch, losses, at: performance.now() };
    return true;
  }

  /** The message was removed by hand: the stream took the event for a duplicate of it, and does not hold it. */
  isRemoved({ stream, seq }: Pick<Acknowledged, 'stream' | 'seq'>): boolean {
    const identity = this.#identities.get(stream);
    return identity !== undefined && seq < identity.firstSeq;
  }

  /** An event could not be stored: its stream may be gone, and another one of its name in its place at the next try. */
  doubt(): void {
    this.#checked.at = -Infinity;
  }

  /** Notices a stream that was set back under an open connection: a new message has a sequence of before. */
  acknowledged({ subject, stream, seq }: Omit<Acknowledged, 'position'>): void {
    if (seq <= (this.#highest.get(subject) ?? 0)) this.#setBack.add(stream);
  }

  /** What is to be remembered of a batch: of each subject, the newest message. */
  marksOf(batch: readonly Acknowledged[]): Mark[] {
    const newest = new Map<string, Acknowledged>();
    for (const ack of batch) if (ack.seq > (newest.get(ack.subject)?.seq ?? 0)) newest.set(ack.subject, ack);
    return [...newest.values()].map(({ subject, stream, seq }) => {
      this.#highest.set(subject, Math.max(seq, this.#highest.get(subject) ?? 0));
      return { subject, stream, created: this.#identities.get(stream)?.created ?? '', seq };
    });
  }

  async #compare(
    lease: LeaderLease,
    stream: StreamName,
    identity: Identity,
    marks: readonly Mark[],
    known: boolean,
  ): Promise<void> {
    this.#identities.set(stream, identity);
    const loss = await this.#lossOf(stream, identity, marks, known);
    if (loss.whole || loss.after.length > 0) {
      const events = await this.#publishAgain(lease, stream, loss);
      this.#logger.warn(
        { stream, whole: loss.whole, subjects: loss.after.map(({ subject }) => subject), events },
        'a stream has lost events; they are published again',
      );
    }
    const subjects = loss.whole ? marks.map(({ subject }) => ({ subject, seq: 0 })) : [...loss.after];
    const [pattern] = definitions[stream].subjects;
    if (loss.whole || marks.length === 0) subjects.push({ subject: pattern ?? stream, seq: 0 });
    const changed = new Map(subjects.map(({ subject, seq }) => [subject, seq]));
    if (changed.size > 0)
      await execute(lease.client, setMarks, [
        stream,
        identity.created,
        [...changed.keys()],
        [...changed.values()],
        lease.key,
        lease.epoch,
      ]);
    this.#setBack.delete(stream);
  }

  async #lossOf(stream: StreamName, identity: Identity, marks: readonly Mark[], known: boolean): Promise<Loss> {
    const { created, firstSeq, lastSeq } = identity;
    if (this.#setBack.has(stream) || marks.some((mark) => mark.created !== created)) return { whole: true, after: [] };
    const stored = marks.filter(({ seq }) => seq > 0);
    // Over the connection of before, the ends of the stream show enough.
    const suspect = !known || stored.some(({ seq }) => seq > lastSeq || seq < firstSeq);
    if (!suspect) return { whole: false, after: [] };
    const last = await Promise.all(
      stored.map(async ({ subject, seq }) => ({
        subject,
        before: seq,
        seq: await this.#streams.lastSequence(subject),
      })),
    );
    return { whole: false, after: last.filter(({ before, seq }) => seq < before) };
  }

  /** @returns how many events are marked as not published. */
  async #publishAgain(lease: LeaderLease, stream: StreamName, { whole, after }: Loss): Promise<number> {
    const patterns = whole ? patternsOf(stream) : [];
    let events = 0;
    for (let position: string | null = '0'; position !== null;) {
      const [row]: { last: string | null; again: number }[] = await execute(lease.client, unmark, [
        position,
        lease.key,
        lease.epoch,
        patterns,
        after.map(({ subject }) => subject),
        after.map(({ seq }) => seq),
      ]);
      events += row?.again ?? 0;
      position = row?.last ?? null;
    }
    return events;
  }
}

/** The stream's subjects as patterns of SQL's `like`. */
export const patternsOf = (stream: StreamName): string[] =>
  definitions[stream].subjects.map((subject) => subject.replaceAll('_', '\\_').replaceAll('*', '%'));
