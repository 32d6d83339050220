import { runService } from '@missions/runtime/lifecycle.ts';
import { collectProcessMetrics } from '@missions/runtime/metrics.ts';
import { startTelemetry } from '@missions/runtime/telemetry.ts';
import { schedulerConfig } from './config.ts';
import { startScheduler } from './service.ts';

await runService('scheduler', async (life) => {
  const config = schedulerConfig();
  life.onStop('telemetry', await startTelemetry('scheduler'));
  collectProcessMetrics('scheduler');
  await startScheduler(life, config);
});
