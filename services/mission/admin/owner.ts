import { byOperator } from '@missions/contracts/audit.ts';
import { statement } from '@missions/persistence/statement.ts';
import { newId } from '@missions/runtime/id.ts';
import { operatorName } from '@missions/service-kit/config.ts';
import { runOwnerProgram } from '@missions/service-kit/owner-program.ts';
import { erasedEvent } from '../domain/events.ts';
import { eraseMission } from '../store/erase-mission.ts';
import { missionHoldings } from '../store/holdings.ts';

const unpublished = statement(
  'operate.unpublished_erasures',
  `select count(*)::int as n from outbox
    where customer_id = $1 and ($2::text is null or user_id = $2) and published_at is null`,
);

/** Missions are erased as `erase.ts` does, each with its event `mission.erased`; those must be published. */
await runOwnerProgram({
  holdings: missionHoldings,
  eraseMission(tx, customer_id, mission_id) {
    const at = new Date().toISOString();
    const by = byOperator(operatorName());
    return eraseMission(
      tx,
      { customer_id, mission_id },
      at,
      (deleted) => erasedEvent(deleted, { id: newId(), at }),
      by,
    );
  },
  underWay: {
    async count(tx, { customer_id, user_id }) {
      const [row] = await tx.run<{ n: number }>(unpublished, [customer_id, user_id]);
      return row?.n ?? 0;
    },
    message:
      'The rows are erased, but the events mission.erased are not all published, so the streams may still be given ' +
      'events. Start the mission service and NATS, and call this again.',
  },
});
