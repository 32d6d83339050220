import type { MsgHdrs, StoredMsg } from 'nats';
import { Problem } from '@missions/contracts/errors.ts';
import { deadLetterSubject, streams } from '@missions/contracts/subjects.ts';
import { deadLetterHeaders } from '../consumer/dead-letters.ts';
import { natsProblem } from '../errors.ts';
import { headersOf, names } from '../headers.ts';
import type { Connection } from '../connection.ts';
import { store } from '../publish.ts';
import { noneIfNotFound, scanStream } from './stream-scan.ts';

const STREAM = 'DEADLETTER';

/** A message that was given up, and why. What its headers do not say is ''. */
export interface DeadLetter {
  /** Its number among the dead letters. */
  sequence: number;
  at: string;
  /** Who gave it up. */
  service: string;
  subject: string;
  reason: string;
  attempts: number;
  event_id: string;
  customer_id: string;
  mission_id: string;
  /** Where it was. */
  stream: string;
  stream_sequence: number;
}

export interface DeadLetterDetail extends DeadLetter {
  headers: Record<string, string>;
  body: string;
}

/** Operators' view of the dead letters. @throws Problem from each; NOT_FOUND for a sequence that is not there. */
export class DeadLetterAdmin {
  readonly #link: Connection;

  constructor(link: Connection) {
    this.#link = link;
  }

  /** Oldest first. */
  async list(): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    await scanStream(this.#link, STREAM, ({ seq, subject, headers, info }) =>
      letters.push(letterOf(seq, subject, headers, new Date(info.timestampNanos / 1e6))),
    );
    return letters;
  }

  async show(sequence: number): Promise<DeadLetterDetail> {
    const { seq, subject, header, time, data } = await this.#get(sequence);
    return {
      ...letterOf(seq, subject, header, time),
      headers: Object.fromEntries([...header].map(([name, values]) => [name, values.join(', ')])),
      body: new TextDecoder().decode(data),
    };
  }

  /**
   * Publishes the message as it first came: its subject, headers and body. Every consumer of its stream gets it, and those that have had its effect
   * know it by its id. The letter is removed only after that; a crash in between leaves it, and a second replay does no harm.
   */
  async replay(sequence: number): Promise<DeadLetterDetail> {
    const letter = await this.show(sequence);
    const { data, header } = await this.#get(sequence);
    if (!isOfAStream(letter.subject))
      throw new Problem(
        'INVALID_TRANSITION',
        `Letter ${sequence} came on '${letter.subject}', which no stream keeps: it can only be shown and dropped.`,
      );
    const kept = [...header].filter(([name]) => !ours.has(name) && !name.toLowerCase().startsWith('nats-'));
    const original = Object.fromEntries(kept.map(([name, values]) => [name, values[0]]));
    const publish = (id: string) =>
      store(this.#link, letter.subject, data, headersOf({ ...original, [names.messageId]: id }));
    const again = `replay:${sequence}:${letter.event_id}`;
    const { duplicate } = await publish(letter.event_id || again);
    // The stream knows the ids of the last two minutes, and drops a replay that comes so soon. Consumers go by `ce-id`.
    if (duplicate) await publish(again);
    await this.#remove(sequence);
    return letter;
  }

  async drop(sequence: number): Promise<DeadLetterDetail> {
    const letter = await this.show(sequence);
    await this.#remove(sequence);
    return letter;
  }

  async #get(sequence: number): Promise<StoredMsg> {
    const message = await this.#managed(
      async ({ streams }) => await streams.getMessage(STREAM, { seq: sequence }).catch(noneIfNotFound),
    );
    if (!message) throw new Problem('NOT_FOUND', `There is no dead letter ${sequence}.`);
    return message;
  }

  async #remove(sequence: number): Promise<void> {
    await this.#managed(({ streams }) => streams.deleteMessage(STREAM, sequence));
  }

  async #managed<T>(
    call: (manager: Awaited<ReturnType<Connection['nc']['jetstreamManager']>>) => Promise<T>,
  ): Promise<T> {
    try {
      const manager = await this.#link.nc.jetstreamManager({ checkAPI: false });
      return await this.#link.whileConnected(() => call(manager));
    } catch (error) {
      throw natsProblem(error, 'the dead letters');
    }
  }
}

const ours = new Set<string>(Object.values(deadLetterHeaders));
const prefix = deadLetterSubject('');

function letterOf(sequence: number, subject: string, headers: MsgHdrs | undefined, time: Date): DeadLetter {
  const read = (name: string): string => headers?.get(name) ?? '';
  return {
    sequence,
    at: time.toISOString(),
    service: subject.slice(prefix.length),
    subject: read(deadLetterHeaders.subject),
    reason: read(deadLetterHeaders.reason),
    attempts: Number(read(deadLetterHeaders.attempts)),
    event_id: read('ce-id'),
    customer_id: decoded(read('ce-customerid')),
    mission_id: read('ce-missionid'),
    stream: read(deadLetterHeaders.stream),
    stream_sequence: Number(read(deadLetterHeaders.sequence)),
  };
}

/** A letter may be there because its headers are not what they should be. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const isOfAStream = (subject: string): boolean =>
  Object.values(streams).some(
    ({ name, subjects }) =>
      name !== STREAM &&
      subjects.some((pattern) => subject.split('.').length === 2 && subject.startsWith(pattern.replace('*', ''))),
  );
