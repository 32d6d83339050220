import { Problem } from '@missions/contracts/errors.ts';
import type { NewTask, WaitFor } from '@missions/contracts/mission/bodies.ts';
import { blockerReference } from '@missions/contracts/waits.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import type { CreateMission } from '../domain/create.ts';
import type { Command } from '../domain/decide.ts';
import type { Mission } from '../domain/state.ts';
import { isMissionOf, waitsFor } from '../store/awaited-missions.ts';

interface Awaited {
  /** undefined: the call names no mission. */
  readonly reference: string | undefined;
  /** JSON pointer to it in the body. */
  readonly path: string;
}

/**
 * Refuses a wait for a mission that could never end: none, one of another user (which looks the same), the waiting
 * mission itself, or one that waits for it. Checked when a call names the mission, be it for a task that waits later:
 * when such a wait opens, nobody may be there to hear of it.
 * @throws {Problem} `VALIDATION_FAILED`, `CIRCULAR_DEPENDENCY`
 */
export async function requireAwaited(
  tx: Tx,
  waiter: Mission | (Pick<Mission, 'customer_id' | 'user_id'> & { readonly id: null }),
  command: Command | CreateMission,
): Promise<void> {
  for (const { reference, path } of awaitedBy(command)) {
    const id = reference?.toLowerCase();
    if (id === undefined)
      throw invalid(path, 'name the awaited mission by its id, as {"kind": "mission", "reference": "<mission id>"}');
    if (id === waiter.id) throw invalid(path, 'a mission cannot wait for its own end; name another mission');
    if (!(await isMissionOf(tx, waiter, id)))
      throw invalid(
        path,
        `this user has no mission ${id.slice(0, 80)} to wait for; list the missions to find its id, or wait for the kind webhook`,
      );
    if (waiter.id !== null && (await waitsFor(tx, id, waiter)))
      throw new Problem(
        'CIRCULAR_DEPENDENCY',
        `Mission ${id} waits for this mission, directly or through others, so each would wait for the other's end. ` +
          'Remove one of the waits, or let one mission do the work of both.',
        { cycle: [waiter.id, id], errors: [{ path, message: 'waits for this mission' }] },
      );
  }
}

/** Whether a command names a mission to wait for. */
export const awaitsMissions = (command: Command | CreateMission): boolean => awaitedBy(command).length > 0;

function awaitedBy(command: Command | CreateMission): readonly Awaited[] {
  switch (command.type) {
    case 'CreateMission':
      return ofTasks(command.mission.tasks ?? [], (index) => `/tasks/${index}`);
    case 'AddTasks':
      return ofTasks(command.tasks, (index) => (command.tasks.length > 1 ? `/tasks/${index}` : ''));
    case 'PatchMission':
    case 'PatchTask': {
      const reference = blockerReference('mission', command.patch.blocked_by ?? '');
      return reference ? [{ reference, path: '/blocked_by' }] : [];
    }
    default:
      return [];
  }
}

const ofTasks = (tasks: readonly NewTask[], pathOf: (index: number) => string): readonly Awaited[] =>
  tasks.flatMap(({ wait_for, wait_for_external, external_event_type }, index) => {
    if (wait_for) return ofWait(wait_for, `${pathOf(index)}/wait_for`);
    const flat = external_event_type === 'mission' && wait_for_external !== false;
    return flat ? [{ reference: undefined, path: `${pathOf(index)}/external_event_type` }] : [];
  });

const ofWait = ({ waits, ...one }: WaitFor, path: string): readonly Awaited[] =>
  waits
    ? waits.flatMap((wait, index) => ofWait(wait, `${path}/waits/${index}`))
    : one.kind === 'mission'
      ? [{ reference: one.reference, path: `${path}/reference` }]
      : [];

const invalid = (path: string, message: string): Problem =>
  new Problem('VALIDATION_FAILED', `${path.slice(1).replaceAll('/', '.')}: ${message}.`, {
    errors: [{ path, message }],
  });
