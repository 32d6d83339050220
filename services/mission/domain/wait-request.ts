import type { FieldError } from '@missions/contracts/errors.ts';
import type { WaitFor, WaitOfList } from '@missions/contracts/mission/bodies.ts';
import { type BlockerKind, blockerKinds } from '@missions/contracts/mission/vocabulary.ts';
import { isTime } from '@missions/contracts/schema.ts';
import { Refused } from './decision.ts';
import type { Wait } from './state.ts';

/**
 * The wait that a caller asks for, with every default filled in (specification section 3.4). `until` says of signals
 * which of several ends the wait, and of a time when it ends.
 */
interface Place {
  /** Of a wait without a reference. */
  readonly reference: string;
  readonly onSignal: Wait['on_signal'];
  /** JSON pointer to the wait in the body. */
  readonly path: string;
}

const DEFAULT_TIMEOUT_HOURS = 24;

export function waitOf(input: WaitFor, place: Place): Wait {
  const { kind, waits, ...rest } = input;
  if (waits !== undefined) return listOf({ ...input, waits }, place);
  if (kind === undefined)
    throw invalid(`${place.path}/kind`, 'name the kind of the wait, or give several waits in waits');
  return oneOf({ kind, ...rest }, place);
}

/** Several waits are one wait with others beside it. */
function listOf(input: WaitFor & { readonly waits: readonly WaitOfList[] }, { path, ...place }: Place): Wait {
  const { kind, reference, until = 'all', waits, timeout_hours, ...shared } = input;
  if (kind !== undefined || reference !== undefined)
    throw invalid(`${path}/waits`, 'takes the place of kind and reference: name each wait in the list, or only one');
  if (until !== 'all' && until !== 'any')
    throw invalid(`${path}/until`, 'must be all or any beside waits; a time is a wait of the list, of the kind time');
  const ends = until === 'any' && waits.some((wait) => wait.kind === 'time');
  const [first, ...others] = waits.map((wait, index): Wait => {
    const isTimed = wait.kind === 'time';
    const common = isTimed ? ownOf(shared) : { ...shared, ...(timeout_hours !== undefined && { timeout_hours }) };
    const one = oneOf({ ...common, ...wait }, { ...place, path: `${path}/waits/${index}` });
    // The time ends them all, and no default may end one before it.
    const timed = ends && timeout_hours === undefined && wait.timeout_hours === undefined;
    return timed ? { ...one, timeout_hours: null } : one;
  }) as [Wait, ...Wait[]];
  return { ...first, others, first_ends: until === 'any' };
}

const ownOf = ({ on_signal, reason }: Omit<WaitFor, 'kind' | 'waits'>): Pick<WaitFor, 'on_signal' | 'reason'> => ({
  ...(on_signal !== undefined && { on_signal }),
  ...(reason !== undefined && { reason }),
});

type OneWait = Omit<WaitFor, 'kind' | 'waits'> & { readonly kind: BlockerKind };

function oneOf(input: OneWait, { reference, onSignal, path }: Place): Wait {
  const common = { on_signal: input.on_signal ?? onSignal, reason: input.reason ?? '' };
  if (input.kind === 'time')
    return {
      ...common,
      kind: 'time',
      reference: timeOf(input, path),
      timeout_hours: null,
      until: 'any',
      on_timeout: 'resume',
      accept_after: null,
    };
  const { until = 'all' } = input;
  if (until !== 'all' && until !== 'any')
    throw invalid(`${path}/until`, 'must be all or any; to wait for a time, use the kind time');
  return {
    ...common,
    kind: input.kind,
    reference: input.reference ?? reference,
    timeout_hours: input.timeout_hours ?? DEFAULT_TIMEOUT_HOURS,
    until,
    on_timeout: input.on_timeout ?? 'fail',
    accept_after: input.accept_after === undefined ? null : new Date(input.accept_after).toISOString(),
  };
}

const ofSignals = ['reference', 'timeout_hours', 'accept_after', 'on_timeout'] as const;

/** The time is the wait's reference, in UTC, so that its key says what it waits for. */
function timeOf(input: OneWait, path: string): string {
  const { until = '' } = input;
  if (!isTime(until))
    throw invalid(`${path}/until`, 'must be the time at which the task goes on, as 2027-01-31T09:00:00Z (RFC 3339)');
  const foreign = ofSignals.find((name) => input[name] !== undefined);
  if (foreign !== undefined)
    throw invalid(`${path}/${foreign}`, 'means nothing for the kind time, which ends at until; leave it out');
  return new Date(until).toISOString();
}

/**
 * `kind:reference` with a known kind is an external wait; any other text is the reason of a manual wait (specification
 * section 5).
 */
export function parseBlockedBy(text: string, reason: string, path: string): Wait {
  const colon = text.indexOf(':');
  const kind = blockerKinds.find((known) => known === text.slice(0, Math.max(colon, 0)));
  if (kind === 'human_input') {
    throw new Refused(
      'VALIDATION_FAILED',
      'A wait for the user is opened by an input request: POST …/input-requests. blocked_by cannot open it.',
      { errors: [{ path, message: 'human_input waits are opened by requesting input' }] },
    );
  }
  const reference = kind && kind !== 'manual' ? text.slice(colon + 1).trim() : '';
  const place = { reference, onSignal: 'resume', path } as const;
  const because = reason && { reason };
  if (kind === 'time' && isTime(reference)) return oneOf({ kind, until: reference, ...because }, place);
  // Words behind `time:` are a reason, as they were before there were waits for a time; a number is a mistake.
  if (kind === 'time' && /^\d/.test(reference))
    throw invalid(path, 'must name a time as time:2027-01-31T09:00:00Z (RFC 3339)');
  if (kind && kind !== 'manual' && kind !== 'time' && reference)
    return oneOf({ kind, reference: text.slice(colon + 1), ...because }, place);
  const label = kind === 'manual' ? text.slice(colon + 1) : text;
  return oneOf({ kind: 'manual', reference: label, reason: reason || label }, { ...place, reference: label });
}

function invalid(path: string, message: string): Refused {
  const errors: FieldError[] = [{ path, message }];
  return new Refused('VALIDATION_FAILED', `${path}: ${message}`, { errors });
}
