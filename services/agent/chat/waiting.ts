import type { MissionsClient, ResponseTo } from '@missions/client/client.ts';
import { at } from '@missions/agent-tools/rendering/lines.ts';
import { quoted, untrusted } from '@missions/agent-tools/rendering/quoting.ts';
import type { Logger } from '@missions/runtime/logger.ts';

type Waits = ResponseTo<'listNotifications'>['notifications'];

/** So long a chat waits to hear what waits for its user. */
const PATIENCE_MS = 5_000;
/** The rest waits for the next conversation. */
const AT_ONCE = 10;

/** What the beginning of a conversation tells its user. */
export interface Beginning {
  /** Before the model's own words, so that it is told whatever the model does. */
  readonly preface: string;
  /** The same for the model, quoted: agents and strangers have written it. */
  readonly note: string;
  readonly ids: readonly string[];
}

/** Undefined if nothing waits. A chat goes on without what it cannot find out. */
export async function beginningOf(client: MissionsClient, logger: Logger): Promise<Beginning | undefined> {
  let waits: Waits;
  try {
    waits = (await client.listNotifications({ signal: AbortSignal.timeout(PATIENCE_MS) })).notifications;
  } catch (error) {
    logger.warn({ err: error }, 'a chat begins without what waits for its user');
    return undefined;
  }
  const told = waits.slice(0, AT_ONCE);
  if (told.length === 0) return undefined;
  const more = waits.length > told.length ? `\n- and ${waits.length - told.length} more` : '';
  const text = `${told.map(lineOf).join('\n')}${more}`;
  return {
    preface: `Waiting for you:\n${text}\n\n`,
    note: `Before your reply the user is shown what waits for them:\n${untrusted('what waits for the user', text)}`,
    ids: told.map(({ id }) => id),
  };
}

/** The user has been told. If that cannot be noted, they are told once more in another conversation. */
export async function noteTold(client: MissionsClient, logger: Logger, { ids }: Beginning): Promise<void> {
  try {
    await client.markNotificationsTold([...ids]);
  } catch (error) {
    logger.warn({ err: error }, 'what a user was told could not be noted');
  }
}

function lineOf({ kind, text, mission_title, until }: Waits[number]): string {
  const of = `the mission ${quoted(mission_title)}`;
  const said = text === '' ? '' : `: ${quoted(text, 300)}`;
  const by = until === null ? '' : `, until ${at(until)}`;
  switch (kind) {
    case 'question':
      return `- a question of ${of}${said}${by}`;
    case 'outcome':
      return `- a question of ${of} has ended without your answer${said}`;
    case 'stale':
      return `- ${of} ends soon if nobody goes on with it${by}`;
    case 'paused':
      return `- ${of} was paused${said}`;
    case 'failed':
      return `- ${of} has failed${said}`;
    case 'done':
      return `- ${of} is done${said}`;
    default:
      return kind satisfies never;
  }
}
