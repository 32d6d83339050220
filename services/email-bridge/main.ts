import { runService } from '@missions/runtime/lifecycle.ts';
import { collectProcessMetrics } from '@missions/runtime/metrics.ts';
import { startTelemetry } from '@missions/runtime/telemetry.ts';
import { emailConfig } from './config.ts';
import { startEmailBridge } from './service.ts';

await runService('email-bridge', async (life) => {
  const config = emailConfig();
  life.onStop('telemetry', await startTelemetry('email-bridge'));
  collectProcessMetrics('email-bridge');
  await startEmailBridge(life, config);
});
