import { runOwnerProgram } from '@missions/service-kit/owner-program.ts';
import { eraseMission } from '../store/erase-mission.ts';
import { approvalHoldings } from '../store/holdings.ts';

await runOwnerProgram({
  holdings: approvalHoldings,
  eraseMission: (tx, customerId, id) => eraseMission(tx, customerId, id, new Date().toISOString()),
});
