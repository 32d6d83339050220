import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionErased } from '@missions/contracts/mission/changes.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { databaseProblem } from '@missions/persistence/error-mapping.ts';
import { erasedAmong } from '@missions/persistence/tombstones.ts';
import { claimEvents } from '@missions/persistence/inbox.ts';
import { transaction } from '@missions/persistence/transaction.ts';
import { eraseMission } from '../store/erase-mission.ts';
import { executeCommand } from '../commands/execute-command.ts';
import type { Context } from '../commands/context.ts';
import { subscribedSubjects, commandFor } from './subscriptions.ts';

const CONSUMER = 'email-bridge';

/**
 * Carries out what events ask for, each once: its id is claimed in the transaction of its effect. A batch is one transaction, in the order
 * of the stream; when one of it fails, each comes again by itself.
 * @throws when any of them cannot be carried out (now): then none has been.
 */
export async function handleEvents(context: Context, events: readonly EventEnvelope[]): Promise<void> {
  const told = events.flatMap((event) => {
    const task = commandFor(context, event);
    return task || event.type === missionErased ? [{ event, task }] : [];
  });
  if (told.length === 0) return;
  await transaction(context.db, async (tx) => {
    const fresh = await claimEvents(
      tx,
      CONSUMER,
      told.map(({ event }) => event.id),
    );
    // Of an e-mail of no mission only its timer is heard of.
    const erased = await erasedAmong(
      tx,
      told.map(({ event }) => event.mission_id).filter((id) => id !== ''),
    );
    for (const { event, task } of told) {
      // Taken out, for a batch may hold the same event twice.
      if (!fresh.delete(event.id) || erased.has(event.mission_id)) continue;
      if (!task) {
        await eraseMission(tx, event.customer_id, event.mission_id, context.clock.now().toISOString());
        erased.add(event.mission_id);
        continue;
      }
      const { decision } = await executeCommand(tx, context, task);
      if (decision.kind === 'premature') throw new Error(`${event.type} came early: ${decision.because}`);
      if (decision.kind === 'refused')
        context.logger.warn(
          { email: task.id, event: event.id, because: decision.detail },
          'refused what an event asked for',
        );
    }
  });
}

export async function startConsuming(bus: Bus, context: Context): Promise<{ stop(): Promise<void> }> {
  const consumptions = await Promise.all(
    (['MISSION', 'SCHEDULER'] as const).map((stream) =>
      bus.consume({
        stream,
        service: CONSUMER,
        subjects: subscribedSubjects[stream],
        handleBatch: (events) => handleEvents(context, events),
        handleOne: (event) => handleEvents(context, [event]),
        classify: databaseProblem,
      }),
    ),
  );
  return { stop: async () => void (await Promise.all(consumptions.map((one) => one.stop()))) };
}
