import { startHttpServer } from '@missions/http/server.ts';
import { MissionsClient } from '@missions/client/client.ts';
import { systemClock } from '@missions/runtime/clock.ts';
import { serveHealth } from '@missions/runtime/health-server.ts';
import { runService } from '@missions/runtime/lifecycle.ts';
import { VERSION } from '@missions/contracts/version.ts';
import { collectProcessMetrics, registry } from '@missions/runtime/metrics.ts';
import { startTelemetry } from '@missions/runtime/telemetry.ts';
import { History } from './chat/history.ts';
import { InTurn } from './chat/in-turn.ts';
import { agentConfig } from './config.ts';
import { gatewayAnswers } from './health.ts';
import { createApp } from './http/app.ts';
import { keyCheck } from './http/keys.ts';
import { chooseModel } from './model/choose.ts';
import { startRunner } from './runs/runner.ts';

await runService('agent', async ({ logger, health, onStop }) => {
  const config = agentConfig();
  logger.level = config.logLevel;
  onStop('telemetry', await startTelemetry('agent'));
  collectProcessMetrics('agent', VERSION);
  const { healthPort: port, healthHost: host } = config;
  const probes = await serveHealth({ port, host, health, metrics: registry });
  onStop('health server', () => probes.close());

  const { missionsUrl, missionsKey, defaultUserId, maxSteps, maxSeconds, maxTokens, leaseSeconds } = config;
  const client = new MissionsClient({ baseUrl: missionsUrl, credential: missionsKey });
  const chosen = chooseModel(config);
  const turn = { chosen, client, limits: { maxSteps, maxSeconds, maxTokens }, clock: systemClock, logger };
  health.add('gateway', gatewayAnswers(client, missionsUrl, defaultUserId));

  const context = {
    ...turn,
    checkKey: keyCheck(config.apiKeys),
    defaultUserId,
    history: new History(),
    inTurn: new InTurn(),
  };
  const server = await startHttpServer(createApp({ context, health }), config.port, config.host);
  const runner = config.runs ? startRunner({ ...turn, leaseSeconds }) : undefined;
  // Both at once: each may wait for the work it has in hand, and they share one deadline.
  onStop('chats and runs', async () => void (await Promise.all([server.close(), runner?.stop()])));
  logger.info(
    { address: server.address, healthPort: probes.port, model: chosen.label, runs: config.runs },
    chosen.isBuiltIn ? 'listening; NO LANGUAGE MODEL: built-in rules answer' : 'listening',
  );
});
