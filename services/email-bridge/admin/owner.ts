import { runOwnerProgram } from '@missions/service-kit/owner-program.ts';
import { eraseMission, eraseWithoutMission } from '../store/erase-mission.ts';
import { countAllFilesToErase } from '../store/files-to-erase.ts';
import { emailHoldings } from '../store/holdings.ts';

/** Files of sent messages are removed by the service, as those of a mission (`erase.ts`). */
await runOwnerProgram({
  holdings: emailHoldings,
  eraseMission: (tx, customerId, id) => eraseMission(tx, customerId, id, new Date().toISOString()),
  eraseBeside: (tx, { customer_id, user_id }) => eraseWithoutMission(tx, customer_id, user_id),
  underWay: {
    count: countAllFilesToErase,
    message:
      'Files of sent messages are left in the folder outbox. The e-mail service removes them when it runs; a message ' +
      'that was just being sent takes two minutes. Call this again then.',
  },
});
