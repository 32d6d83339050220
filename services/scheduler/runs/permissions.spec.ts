import { expect } from 'chai';
import { claimRun, finishRun, type Run } from '@missions/contracts/scheduler/runs.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { asGateway } from '@missions/test-support/caller-keys.ts';
import { startDeployedServers, type DeployedServers } from '@missions/test-support/deployed-servers.ts';
import { FakeMissionService } from '../testing/mission-service.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { scheduler } from '../service.ts';
import { silent } from '../testing/scratch.ts';

describe('autonomous runs, with the permissions that are deployed', () => {
  let own: DeployedServers;
  let missions: FakeMissionService;
  const copies: RunningService[] = [];
  before(async () => {
    own = await startDeployedServers();
    const database = await own.freshDatabase({ services: ['scheduler'] });
    missions = await FakeMissionService.start(own.natsUrlFor('mission'));
    for (let i = 0; i < 2; i++)
      copies.push(
        await startInProcess(scheduler, {
          databaseUrl: database.urlFor('scheduler'),
          natsUrl: own.natsUrlFor('scheduler'),
        }),
      );
  });
  after(async () => {
    for (const copy of copies) await copy.stop();
    await missions?.close();
    await own?.stop();
  });

  it('a run is claimed and finished through the gateway’s user, whichever replica dispatches it', async () => {
    const gateway = await connectBus({
      servers: own.natsUrlFor('gateway'),
      name: 'gateway',
      logger: silent,
      callerKeys: asGateway,
    });
    try {
      const caller = {
        kind: 'agent',
        credential: 'key',
        customer_id: 'acme',
        user_id: null,
        agent_id: 'robot',
      } as const;
      for (let i = 0; i < 6; i++) {
        const waiting = gateway.request(
          claimRun,
          { caller, input: { wait_seconds: 20, lease_seconds: 120 } },
          { timeoutMs: 25_000 },
        );
        const began = performance.now();
        await missions.change(missions.create());
        const { run } = (await waiting).json<{ run: Run }>();
        expect(performance.now() - began, 'a wait that no hint ended').to.be.lessThan(18_000);
        const finished = (
          await gateway.request(finishRun, {
            caller,
            input: { run_id: run.id, fence: run.fence ?? 0, status: 'succeeded' },
          })
        ).json<Run>();
        expect(finished.status).to.equal('succeeded');
      }
    } finally {
      await gateway.drain();
    }
  });
});
