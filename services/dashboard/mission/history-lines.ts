import type { MissionEvent, Task } from '../store/shapes.ts';
import { awaited } from './standing.ts';
import { taskWord } from './words.ts';

/** Whose doing an entry is. `stranger`: its quotation was written outside of the product, and is no instruction. */
export type Author = 'you' | 'agent' | 'product' | 'stranger';

export interface Line {
  readonly by: Author;
  readonly text: string;
  /** Words of an agent or the user that follow: a task's title, an option. */
  readonly about?: string;
  /** A longer text, quoted. */
  readonly quote?: string;
  readonly until?: string;
  readonly requestId?: string;
}

type Members = Readonly<Record<string, unknown>>;
const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {});
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const without = <T extends object>(line: T): T =>
  Object.fromEntries(Object.entries(line).filter(([, value]) => value !== undefined && value !== '')) as T;

/**
 * An entry of the history in the words of this page: from its type and metadata, because its title is the product's own
 * English for agents. The title is used where it is the agent's or the user's text, and for what this page does not know.
 */
export function lineOf(event: MissionEvent): Line {
  const metadata = membersOf(event.metadata);
  const line = translate(event, metadata);
  return without({ requestId: textOf(metadata['request_id']), ...line } as Line);
}

function translate(event: MissionEvent, metadata: Members): Line {
  const { title, content } = event;
  switch (event.event_type) {
    case 'created':
      return { by: event.agent_id === null ? 'you' : 'agent', text: 'Created', about: title };
    case 'task_added':
      return { by: 'agent', text: 'Task added', about: title };
    case 'task_completed':
      return { by: 'agent', text: 'Task done', about: title, quote: content };
    case 'task_updated':
      return taskChange(title, content, metadata);
    case 'status_changed':
      return statusChange(title, content, metadata);
    case 'user_message':
      if (typeof metadata['approved_by'] === 'string')
        return { by: 'product', text: 'Approved', about: approvedBy(metadata), quote: content };
      return metadata['late'] === true
        ? { by: 'you', text: 'Answered a question that was no longer waited for', quote: content }
        : { by: 'you', text: 'Wrote', quote: content || title };
    case 'agent_message':
      return { by: 'agent', text: 'Wrote', quote: content || title };
    case 'external_event':
      if (metadata['unreachable'] === true) return unreachable(metadata);
      return fromOutside(title, content, metadata);
    case 'note':
      return note(title, content, metadata);
    case 'resumed':
      return { by: 'agent', text: 'Taken up in a conversation' };
    case 'replanned':
      return { by: 'agent', text: 'Back to planning' };
    case 'blocked':
      return {
        by: 'agent',
        text: `Waits for ${awaited(kindOf(metadata['key']))}`,
        about: namesOf(metadata['to']) ?? (title === metadata['key'] ? '' : title),
        until: textOf(metadata['until_at']),
      } as Line;
    case 'unblocked':
      return waitEnded(title, metadata);
    case 'input_requested':
      return { by: 'agent', text: 'Asked you', quote: content || title, until: textOf(metadata['expires_at']) } as Line;
    case 'input_responded':
      return answered(content, metadata);
    case 'input_expired':
      return { by: 'product', text: 'Nobody answered in time', about: content };
    case 'run_started':
      return { by: 'agent', text: runBegan(metadata), about: textOf(metadata['agent_id']) } as Line;
    case 'run_finished':
      return runEnded(content, metadata);
    case 'completed':
      return { by: 'agent', text: metadata['outcome'] === 'partial' ? 'Done in part' : 'Done', quote: content };
    case 'failed':
      return { by: 'agent', text: 'Failed', quote: content };
    case 'cancelled':
      return { by: 'you', text: 'Cancelled', quote: content };
    case 'stale':
      return {
        by: 'product',
        text: 'Nobody looked at it for long: it ends by itself',
        until: textOf(metadata['grace_period_ends_at']),
      } as Line;
    case 'restored':
      return { by: 'you', text: 'Restored, and paused' };
    default:
      return { by: 'product', text: title || event.event_type, quote: content };
  }
}

const unreachable = (metadata: Members): Line => ({
  by: 'product',
  text:
    metadata['ended'] === true
      ? 'A question has ended, and you could be told of it nowhere but here'
      : 'You can be told of a question nowhere but here: the settings have your address and your devices',
});

function taskChange(title: string, content: string, metadata: Members): Line {
  const { from, to } = membersOf(metadata['task_status']);
  if (to === undefined) return { by: 'agent', text: 'Task changed', about: title };
  if (from === 'failed' && to === 'ready') return { by: 'you', text: 'Task is tried again', about: title };
  return { by: 'agent', text: `Task: ${taskWord(to as Task['status'])}`, about: title, quote: content };
}

function statusChange(title: string, content: string, metadata: Members): Line {
  const pausedBy = metadata['paused_by'];
  if (pausedBy === 'user') return { by: 'you', text: 'Paused' };
  if (pausedBy === 'agent') return { by: 'agent', text: 'Paused' };
  if (pausedBy === 'system')
    return { by: 'product', text: 'Paused, because too many runs failed in a row', quote: content };
  if (pausedBy === null) return { by: 'you', text: 'The pause ended' };
  const { from, to } = membersOf(metadata['phase']);
  if (from === 'failed' && to === 'executing') return { by: 'you', text: 'What failed is tried again' };
  if (from === 'waiting' && (to === 'executing' || to === 'planning')) return { by: 'product', text: 'Goes on' };
  if (to === 'executing') return { by: 'agent', text: 'Work began' };
  if (to === 'waiting') return { by: 'product', text: 'Waits' };
  return { by: 'product', text: title, quote: content };
}

/** One of several who must. */
const approvedBy = ({ approved_by, on_behalf_of, given, quorum }: Members): string => {
  const of = typeof on_behalf_of === 'string' ? ` for ${on_behalf_of}` : '';
  return `${String(approved_by)}${of}, ${String(given)} of ${String(quorum)}`;
};

function note(title: string, content: string, metadata: Members): Line {
  if (metadata['restorable_until'] !== undefined)
    return { by: 'product', text: 'Deleted; you may restore it', until: textOf(metadata['restorable_until']) } as Line;
  const changed = metadata['changed'];
  if (Array.isArray(changed))
    return changed.length === 0
      ? { by: 'you', text: 'Kept' }
      : { by: 'agent', text: `Changed: ${changed.map((name) => FIELDS[String(name)] ?? String(name)).join(', ')}` };
  if (metadata['tracking_id'] !== undefined)
    return { by: 'agent', text: 'Mail to', about: namesOf(metadata['to']) ?? title, quote: content };
  return { by: 'agent', text: 'Note', about: title, quote: content };
}

const namesOf = (value: unknown): string | undefined => (Array.isArray(value) ? value.join(', ') : undefined);

/** Of mail the product knows who wrote what, and marks as untrusted what it was told. */
function fromOutside(title: string, content: string, metadata: Members): Line {
  const { snippet, reason, from_name } = membersOf(metadata['untrusted']);
  const from = textOf(metadata['from_address']);
  if (typeof snippet === 'string' && from !== undefined) {
    const text = metadata['kind'] === 'reply' ? 'Replied' : 'Mail that counts as no reply';
    return { by: 'stranger', text, about: textOf(from_name) ? `${String(from_name)} (${from})` : from, quote: snippet };
  }
  if (typeof reason === 'string')
    return { by: 'stranger', text: 'Could not be reached', about: textOf(metadata['recipient']) ?? '', quote: reason };
  if (metadata['not_sent_to'] !== undefined)
    return { by: 'product', text: 'Mail was not sent to', about: namesOf(metadata['not_sent_to']) ?? '' };
  return { by: 'stranger', text: 'Heard from outside', about: title, quote: content };
}

const FIELDS: Readonly<Record<string, string>> = {
  can_run_autonomously: 'runs by itself',
  max_lifetime_hours: 'lifetime',
  due_at: 'due time',
};

const kindOf = (key: unknown): string => (textOf(key) ?? '').split(':', 1)[0] ?? '';

const ENDINGS: Readonly<Record<string, string>> = {
  hand: 'Marked as received',
  timeout: 'The wait ran out',
  time: 'Its time has come',
  unreachable: 'Nobody can be reached',
  cancelled: 'The wait was cancelled',
  withdrawn: 'The question was withdrawn',
  signal: 'What it waited for has happened',
};

function waitEnded(title: string, metadata: Members): Line {
  const by = textOf(membersOf(metadata['resolution'])['by']) ?? '';
  const kind = kindOf(metadata['key']);
  const reply = kind === 'email_reply' && by === 'signal';
  return {
    by: by === 'hand' ? 'you' : 'product',
    text: reply ? 'The replies are there' : (ENDINGS[by] ?? 'No longer waits'),
    about: title === metadata['key'] ? '' : title,
  };
}

function answered(content: string, metadata: Members): Line {
  const response = membersOf(membersOf(metadata['resolution'])['response'] ?? metadata['response']);
  const chosen = textOf(response['selected_option']);
  const text = textOf(response['freeform_text']);
  if (response['via'] === 'timeout')
    return { by: 'product', text: 'Nobody answered: the default was taken', about: chosen } as Line;
  return { by: 'you', text: 'Answered', about: chosen, quote: text ?? (chosen === undefined ? content : '') } as Line;
}

const runBegan = ({ attempt }: Members): string =>
  typeof attempt === 'number' && attempt > 1 ? `A run began, attempt ${attempt}` : 'A run began';

function runEnded(content: string, { status }: Members): Line {
  if (status === 'succeeded') return { by: 'agent', text: 'The run ended' };
  if (status === 'expired')
    return { by: 'product', text: 'The run was given up: its agent went silent', quote: content };
  return { by: 'agent', text: 'The run failed', quote: content };
}
