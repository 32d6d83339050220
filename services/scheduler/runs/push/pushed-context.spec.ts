import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listInputRequests } from '@missions/contracts/approval/requests.ts';
import { listEmailsOfMission } from '@missions/contracts/email/requests.ts';
import type { Bus } from '@missions/messaging/bus.ts';
import { connectBus } from '@missions/messaging/connect.ts';
import { endpoint } from '@missions/messaging/endpoint.ts';
import { standingInFor } from '@missions/test-support/caller-keys.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { FakeMissionService } from '../../testing/mission-service.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { scheduler } from '../../service.ts';
import { silent } from '../../testing/scratch.ts';

interface Post {
  readonly context: { input_requests: { id: string }[]; emails: { id: string }[] };
  readonly missing?: string[];
}

describe('the context of a pushed run, with the permissions that are deployed', () => {
  let own: DeployedServers;
  let missions: FakeMissionService;
  let running: RunningService;
  let agent: Server;
  const buses: Bus[] = [];
  const posts: Post[] = [];
  before(async () => {
    own = await startDeployedServers();
    const database = await own.freshDatabase({ services: ['scheduler'] });
    missions = await FakeMissionService.start(own.natsUrlFor('mission'));
    agent = createServer((request, response) => {
      void request.toArray().then((chunks) => {
        posts.push(JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as Post);
        response.writeHead(202).end();
      });
    }).listen(0, '127.0.0.1');
    await once(agent, 'listening');
    const env = {
      AGENT_PUSH_URL: `http://127.0.0.1:${(agent.address() as AddressInfo).port}/runs`,
      AGENT_PUSH_SECRET: 'a-secret-of-at-least-24-characters',
      AGENT_PUSH_ALLOW_PRIVATE: 'true',
    };
    running = await startInProcess(scheduler, {
      databaseUrl: database.urlFor('scheduler'),
      natsUrl: own.natsUrlFor('scheduler'),
      env,
    });
  });
  after(async () => {
    agent?.closeAllConnections();
    agent?.close();
    await running?.stop();
    for (const bus of buses) await bus.drain();
    await missions?.close();
    await own?.stop();
  });

  const startOwner = async (
    name: 'approval' | 'email-bridge',
    serve: (bus: Bus) => Promise<unknown>,
  ): Promise<void> => {
    const bus = await connectBus({
      servers: own.natsUrlFor(name),
      name,
      logger: silent,
      callerKeys: standingInFor(name),
    });
    buses.push(bus);
    await serve(bus);
    await bus.flush();
  };
  const pushed = async (): Promise<Post> => {
    const already = posts.length;
    const mission = missions.create();
    missions.contextMembers.set(mission.id, { input_requests: null, emails: null });
    await missions.change(mission);
    return waitUntil(() => posts[already], { what: 'the post' });
  };

  it('it names the parts whose owning services are away, and has the parts of the others', async () => {
    expect(await pushed()).to.deep.include({ missing: ['emails', 'input_requests'] });
    expect(posts.at(-1)?.context).to.deep.include({ input_requests: [], emails: [] });

    const requests: unknown[] = [];
    await startOwner('approval', (bus) =>
      bus.serve('approval', [
        endpoint(listInputRequests, async ({ caller, input }) => {
          requests.push([caller.customer_id, caller.user_id, input.status]);
          return { body: { input_requests: [{ id: `request of ${input.mission_id}` }], next_cursor: null } };
        }),
      ]),
    );
    const half = await pushed();
    expect(half.missing).to.deep.equal(['emails']);
    expect(half.context.input_requests).to.have.length(1);
    expect(requests).to.deep.equal([['acme', 'ann', ['pending', 'responded', 'expired']]]);

    await startOwner('email-bridge', (bus) =>
      bus.serve('email-bridge', [
        endpoint(listEmailsOfMission, async ({ input }) => ({
          body: { emails: [{ id: `mail of ${input.mission_id}` }] },
        })),
      ]),
    );
    const whole = await pushed();
    expect(whole).not.to.have.property('missing');
    expect(whole.context.emails).to.have.length(1);
  });
});
