import type { JetStreamManager, MsgRequest, StoredMsg } from 'nats';
import { missionErased } from '@missions/contracts/mission/changes.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { mirroredStreams, type StreamName, streams } from '@missions/contracts/subjects.ts';
import type { Connection } from '../connection.ts';
import { natsProblem, undefinedIfNotFound } from '../errors.ts';
import { PROVISION } from '../streams.ts';
import { hasMirrors, mirrorsOf } from './mirrors.ts';
import { storedMessages } from './stream-scan.ts';

export interface ErasedMessages {
  stream: StreamName;
  /** How many messages were overwritten. */
  messages: number;
}

/** Whose messages. */
export interface MessageOwner {
  readonly customer_id: string;
  /** Null: the whole customer. */
  readonly user_id: string | null;
}

type Matches = (message: StoredMsg) => boolean;

/**
 * Overwrites the messages of erased missions in all streams and in their mirrors, with their headers, by JetStream's secure deletion
 * (decision 0019). The event `mission.erased` stays: it holds ids only, and services may still have to hear it. Dead
 * letters come last, because a message that is being given up on becomes one. May be repeated.
 * @param of ids of missions, by default those of the events `mission.erased` in the streams; or whose messages. @throws Problem
 */
export async function eraseMessages(
  connection: Connection,
  of?: readonly string[] | MessageOwner,
): Promise<ErasedMessages[]> {
  try {
    const manager = await connection.nc.jetstreamManager({ checkAPI: false });
    const isErased = of === undefined || isList(of) ? ofMissions(of ?? (await announcedIds(manager))) : ofOwner(of);
    const names = (Object.keys(streams) as StreamName[]).toSorted((a, b) => rank(a) - rank(b));
    const erased: ErasedMessages[] = [];
    const hasCopies = isErased !== null && (await hasMirrors(connection));
    for (const stream of names) {
      erased.push({ stream, messages: isErased ? await eraseIn(manager, stream, isErased) : 0 });
      // After the stream, from which nothing that is erased can be copied any more.
      if (isErased && hasCopies && (mirroredStreams as readonly StreamName[]).includes(stream))
        await eraseIn(await mirrorsOf(connection), stream, isErased);
    }
    return erased;
  } catch (error) {
    throw natsProblem(error, 'the streams');
  }
}

const rank = (stream: StreamName): number => (stream === 'DEADLETTER' ? 1 : 0);

async function eraseIn(manager: JetStreamManager, stream: StreamName, isErased: Matches): Promise<number> {
  const { state } = await infoOf(manager, stream);
  let erased = 0;
  for await (const messages of storedMessages(manager, stream, state))
    await Promise.all(
      messages.map(async (message) => {
        if (!isErased(message) || typeOf(message) === missionErased) return;
        // Without `no_erase`, the server overwrites the bytes of the message on its disk.
        if (await manager.streams.deleteMessage(stream, message.seq).catch(undefinedIfNotFound)) erased += 1;
      }),
    );
  return erased;
}

async function infoOf(manager: JetStreamManager, stream: StreamName) {
  const info = await manager.streams.info(stream).catch(undefinedIfNotFound);
  if (!info) throw new Problem('UNAVAILABLE', `stream ${stream} does not exist: ${PROVISION}`);
  return info;
}

/** The missions whose erasure the stream still holds. */
async function announcedIds(manager: JetStreamManager): Promise<string[]> {
  const ids: string[] = [];
  let from = 1;
  for (;;) {
    // The next message of that subject, from a number on (ADR-31 "JetStream direct get", also for STREAM.MSG.GET).
    const query = { seq: from, next_by_subj: missionErased } as MsgRequest;
    const message = await manager.streams.getMessage('MISSION', query).catch(undefinedIfNotFound);
    if (!message) return ids;
    ids.push(missionOf(message));
    from = message.seq + 1;
  }
}

const isList = (of: readonly string[] | MessageOwner): of is readonly string[] => Array.isArray(of);

/** Null where there is nothing to look for. */
function ofMissions(missionIds: readonly string[]): Matches | null {
  const ids = new Set(missionIds.map((id) => id.toLowerCase()));
  return ids.size > 0 ? (message) => ids.has(missionOf(message)) : null;
}

const ofOwner =
  ({ customer_id, user_id }: MessageOwner): Matches =>
  (message) => {
    const named = ownerOf(message);
    return named.customer_id === customer_id && (user_id === null || named.user_id === user_id);
  };

/** As `missionOf`: by the headers of an event, or else by the body. */
function ownerOf(message: StoredMsg): { customer_id?: unknown; user_id?: unknown } {
  const [customer, user] = ['ce-customerid', 'ce-userid'].map((name) => message.header?.get(name));
  try {
    if (customer) return { customer_id: decodeURIComponent(customer), user_id: decodeURIComponent(user ?? '') };
    return message.json<{ customer_id?: unknown; user_id?: unknown } | null>() ?? {};
  } catch {
    return {};
  }
}

/**
 * A message that is no event has no such header; it may be a dead letter with the mission in its body. Bodies name
 * missions by `mission_id`, or by the `id` of their `mission`.
 */
function missionOf(message: StoredMsg): string {
  const named = message.header?.get('ce-missionid');
  if (named) return named.toLowerCase();
  try {
    const body = message.json<{ mission_id?: unknown; mission?: { id?: unknown } }>();
    const id = body.mission_id ?? body.mission?.id;
    return typeof id === 'string' ? id.toLowerCase() : '';
  } catch {
    return '';
  }
}

const typeOf = ({ header }: StoredMsg): string | undefined => header?.get('ce-type');
