import { runOwnerProgram } from '@missions/service-kit/owner-program.ts';
import { eraseMission } from '../store/erase-mission.ts';
import { notifierHoldings } from '../store/holdings.ts';

await runOwnerProgram({
  holdings: notifierHoldings,
  eraseMission: (tx, customerId, id) => eraseMission(tx, customerId, id, new Date().toISOString()),
});
