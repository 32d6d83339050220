import { runService } from '@missions/runtime/lifecycle.ts';
import { collectProcessMetrics } from '@missions/runtime/metrics.ts';
import { startTelemetry } from '@missions/runtime/telemetry.ts';
import { approvalConfig } from './config.ts';
import { startApproval } from './service.ts';

await runService('approval', async (life) => {
  const config = approvalConfig();
  life.onStop('telemetry', await startTelemetry('approval'));
  collectProcessMetrics('approval');
  await startApproval(life, config);
});
