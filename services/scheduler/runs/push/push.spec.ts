import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { claimRun, finishRun, heartbeatRun } from '@missions/contracts/scheduler/runs.ts';
import { connectStandalone } from '@missions/persistence/session.ts';
import { callerKeyEnv } from '@missions/test-support/caller-keys.ts';
import { startServers, type TestServers } from '@missions/test-support/stack.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { schedulerConfig } from '../../config.ts';
import { FakeMissionService } from '../../testing/mission-service.ts';
import { type RunningService, startInProcess } from '@missions/service-kit/testing/service-under-test.ts';
import { scheduler } from '../../service.ts';
import { send } from './send.ts';

const SECRET = 'a-secret-of-at-least-24-characters';

interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}
interface PostedRun {
  readonly id: string;
  readonly fence: number;
  readonly attempt: number;
  readonly at: number;
}

/** An agent's endpoint, whose response to the runs of each mission a test chooses. */
class Agent {
  readonly posted: Posted[] = [];
  answer: (missionId: string, response: ServerResponse, request: IncomingMessage) => void = (_, response) =>
    void response.writeHead(202).end();
  readonly #server: Server;
  sent = 0;

  constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/runs`;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    this.posted.push({ headers: request.headers, body, at: performance.now() });
    const { run } = JSON.parse(body) as { run?: { mission_id: string } };
    this.answer(run?.mission_id ?? '', response, request);
  }

  /** Sends up to 50 MB, which the scheduler must not read. */
  flood(response: ServerResponse): void {
    response.on('error', () => {});
    response.writeHead(200);
    const chunk = Buffer.alloc(65_536);
    const more = (): void => {
      while (this.sent < 50_000_000 && !response.destroyed) {
        this.sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('pushing runs', () => {
  let own: TestServers;
  let database: TestDatabase;
  let missions: FakeMissionService;
  let agent: Agent;
  let endpoint: string;
  let running: RunningService;

  before(async () => (own = await startServers()));
  after(() => own.stop());
  beforeEach(async () => {
    database = await own.freshDatabase({ services: ['scheduler'] });
    missions = await FakeMissionService.start(own.natsUrl);
    agent = new Agent();
    endpoint = await agent.listen();
    const env = {
      AGENT_PUSH_URL: endpoint,
      AGENT_PUSH_SECRET: SECRET,
      AGENT_PUSH_ALLOW_PRIVATE: 'true',
      RUNS_PER_CUSTOMER: '2',
    };
    running = await startInProcess(scheduler, { databaseUrl: database.urlFor('scheduler'), natsUrl: own.natsUrl, env });
  });
  afterEach(async () => {
    agent.close();
    await running.stop();
    await missions.close();
  });

  const runsOf = async (): Promise<{ mission_id: string; status: string; error: string }[]> => {
    const client = await connectStandalone({
      url: database.urlFor('scheduler'),
      schema: 'scheduler',
      statementTimeoutMs: 5_000,
      name: 'spec',
    });
    try {
      return (await client.query('select mission_id, status, error from run')).rows as {
        mission_id: string;
        status: string;
        error: string;
      }[];
    } finally {
      await client.end();
    }
  };
  const postsOf = (id: string): PostedRun[] =>
    agent.posted.flatMap(({ body, at }) => {
      const { run } = JSON.parse(body) as { run: { id: string; mission_id: string; fence: number; attempt: number } };
      return run.mission_id === id ? [{ ...run, at }] : [];
    });
  const posted = (id: string, times: number) =>
    waitUntil(() => postsOf(id).length >= times, { withinMs: 40_000, what: `${times} posts of a run` });
  /** What the operators' program says. */
  const endpoints = async (): Promise<Record<string, unknown>[]> => {
    const program = fileURLToPath(new URL('../../admin/push-endpoint.ts', import.meta.url));
    const env = { ...process.env, DATABASE_URL: database.urlFor('scheduler') };
    return JSON.parse((await promisify(execFile)(process.execPath, [program], { env })).stdout) as Record<
      string,
      unknown
    >[];
  };

  it('a pushed run is posted with its context, signed as Standard Webhooks specifies', async () => {
    const mission = missions.create();
    await missions.change(mission);
    const { headers, body } = await waitUntil(() => agent.posted[0], { what: 'the post' });
    const { run, context } = JSON.parse(body) as {
      run: { id: string; mission_id: string; fence: number; status: string };
      context: { mission: { id: string } };
    };
    expect([run.mission_id, run.fence, run.status, context.mission.id]).to.deep.equal([
      mission.id,
      1,
      'claimed',
      mission.id,
    ]);
    expect(headers['webhook-id']).to.equal(run.id);
    const age = Date.now() / 1_000 - Number(headers['webhook-timestamp']);
    expect(age).to.be.within(-1, 120);
    const signed = createHmac('sha256', SECRET)
      .update(`${run.id}.${String(headers['webhook-timestamp'])}.${body}`)
      .digest('base64');
    expect(headers['webhook-signature']).to.equal(`v1,${signed}`);
    expect((await runsOf()).map(({ status }) => status)).to.deep.equal(['claimed']);
  });

  it('the agent that got a pushed run extends and finishes it with its own key', async () => {
    const mission = missions.create();
    await missions.change(mission);
    await posted(mission.id, 1);
    const [{ id: run_id, fence } = { id: '', fence: 0 }] = postsOf(mission.id);
    const { customer_id, user_id } = mission;
    const caller = { kind: 'agent', credential: 'key', customer_id, user_id, agent_id: 'worker' } as const;
    const beaten = await missions.bus.request(heartbeatRun, { caller, input: { run_id, fence } });
    expect(beaten.json<{ orders: unknown }>().orders).to.deep.equal([]);
    await missions.bus.request(finishRun, { caller, input: { run_id, fence, status: 'succeeded' } });
    expect((await runsOf()).map(({ status }) => status)).to.deep.equal(['succeeded']);
  });

  it('an endpoint that hangs, fails, redirects or sends 50 MB delays no other customer’s runs', async () => {
    const names = ['hangs', 'fails', 'redirects', 'floods', 'cuts'] as const;
    const bad = Object.fromEntries(names.map((name) => [name, missions.create({ customer_id: name })])) as Record<
      (typeof names)[number],
      ReturnType<FakeMissionService['create']>
    >;
    const more = Array.from({ length: 6 }, () => missions.create({ customer_id: 'hangs' }));
    const good = Array.from({ length: 2 }, () => missions.create({ customer_id: 'good' }));
    const hanging = new Set([bad.hangs, ...more].map(({ id }) => id));
    agent.answer = (id, response, request) => {
      if (hanging.has(id)) return;
      if (id === bad.fails.id) response.writeHead(500).end('x');
      else if (id === bad.redirects.id) response.writeHead(307, { location: '/runs' }).end();
      else if (id === bad.floods.id) agent.flood(response);
      else if (id === bad.cuts.id) request.socket.destroy();
      else response.writeHead(200).end();
    };
    for (const mission of [bad.hangs, ...more]) await missions.change(mission);
    const hung = () =>
      agent.posted.filter(({ body }) =>
        hanging.has((JSON.parse(body) as { run: { mission_id: string } }).run.mission_id),
      ).length;
    await waitUntil(() => hung() === 2, { what: 'two that hang' });
    for (const name of ['fails', 'redirects', 'floods', 'cuts'] as const) await missions.change(bad[name]);
    for (const mission of good) await missions.change(mission);
    const taken = async (id: string): Promise<boolean> =>
      (await runsOf()).some(({ mission_id, status }) => mission_id === id && status === 'claimed') &&
      agent.posted.some(({ body }) => body.includes(id));
    for (const mission of good) await waitUntil(() => taken(mission.id), { what: 'a good one' });
    expect(await taken(bad.floods.id)).to.equal(true);
    await waitUntil(() => agent.sent > 0, { what: 'the flood' });
    expect(agent.sent).to.be.lessThan(20_000_000);
    expect(hung()).to.equal(2);
    for (const name of ['fails', 'redirects', 'cuts'] as const) await posted(bad[name].id, 2);
    await waitUntil(() => hung() > 2, { withinMs: 40_000, what: 'another try of what hung' });
    expect((await runsOf()).filter(({ status }) => status !== 'claimed' && status !== 'queued')).to.deep.equal([]);
  });

  it('a run that the agent did not take is queued again and posted when the agent asked for it, not before', async () => {
    const mission = missions.create();
    agent.answer = (_, response) => {
      const isFirst = postsOf(mission.id).length === 1;
      response.writeHead(isFirst ? 503 : 202, isFirst ? { 'retry-after': '3' } : {}).end();
    };
    await missions.change(mission);
    await posted(mission.id, 1);
    await waitUntil(async () => (await endpoints())[0]?.['reached'] === false, { what: 'the state of the endpoint' });
    const [down] = await endpoints();
    expect(down).to.include({ address: endpoint, failures: 1, error: 'the agent answered 503' });
    expect(down?.['next_attempt_at']).to.be.a('string');
    await posted(mission.id, 2);
    const [first, second] = postsOf(mission.id) as [PostedRun, PostedRun];
    expect(second).to.include({ id: first.id, fence: first.fence + 1, attempt: 1 });
    expect(second.at - first.at).to.be.at.least(3_000);
    expect((await runsOf()).map(({ status }) => status)).to.deep.equal(['claimed']);
    await waitUntil(async () => (await endpoints())[0]?.['reached'] === true, {
      what: 'the endpoint that works again',
    });
    expect((await endpoints())[0]).to.include({ failures: 0, error: '', next_attempt_at: null });
  });

  it('an agent that does not take a run six times in a row fails no run and pauses no mission', async () => {
    const mission = missions.create();
    agent.answer = (_, response, request) => {
      const tries = postsOf(mission.id).length;
      if (tries === 1) request.socket.destroy();
      else response.writeHead(tries <= 6 ? 429 : 202, { 'retry-after': '0' }).end();
    };
    await missions.change(mission);
    await posted(mission.id, 7);
    expect((await runsOf()).map(({ status, error }) => [status, error])).to.deep.equal([['claimed', '']]);
    expect(missions.settled).to.deep.equal([]);
    expect(mission.status).to.equal('active');
  });

  it('another agent may claim a run that the endpoint did not take', async () => {
    const mission = missions.create();
    agent.answer = (_, response) => void response.writeHead(503, { 'retry-after': '3600' }).end();
    await missions.change(mission);
    const caller = { kind: 'agent', credential: 'key', customer_id: mission.customer_id, user_id: null } as const;
    const reply = await waitUntil(
      async () => {
        const input = { wait_seconds: 20, lease_seconds: 120 };
        const answer = await missions.bus.request(
          claimRun,
          { caller: { ...caller, agent_id: 'robot' }, input },
          { timeoutMs: 30_000 },
        );
        return answer.json<{ run: { mission_id: string } | null }>().run ?? undefined;
      },
      { what: 'the run' },
    );
    expect(reply.mission_id).to.equal(mission.id);
  });

  it('a redirect is not followed', async () => {
    agent.answer = (_, response) => void response.writeHead(307, { location: '/runs' }).end();
    const error = await send({ url: endpoint, secret: SECRET, allowPrivate: true }, 'id', new Date(0), '{}').catch(
      (cause: unknown) => cause,
    );
    expect(String(error)).to.contain('answered 307');
    expect(agent.posted).to.have.length(1);
  });

  it('a private address is refused unless it is allowed', async () => {
    const url = endpoint.replace('127.0.0.1', 'localhost');
    for (const to of [
      url,
      url.replace('localhost', '127.0.0.1'),
      url.replace('localhost', '[::1]'),
      url.replace('localhost', '2130706433'),
    ]) {
      const error = await send({ url: to, secret: SECRET, allowPrivate: false }, 'id', new Date(0), '{}').catch(
        (cause: unknown) => cause,
      );
      expect(String(error), to).to.contain('private address');
    }
  });
});

describe('the settings of pushing', () => {
  const env = { DATABASE_URL: 'postgres://x@h/d', NATS_URL: 'nats://h', ...callerKeyEnv('scheduler') };
  it('runs are not pushed without a URL, and a URL needs a secret', () => {
    expect(schedulerConfig(env).push).to.equal(undefined);
    expect(() => schedulerConfig({ ...env, AGENT_PUSH_URL: 'http://agent/runs' })).to.throw('AGENT_PUSH_SECRET');
    expect(schedulerConfig({ ...env, AGENT_PUSH_URL: 'http://agent/runs', AGENT_PUSH_SECRET: 's' }).push).to.deep.equal(
      { url: 'http://agent/runs', secret: 's', allowPrivate: false },
    );
  });
  it('production needs https and a long secret', () => {
    const production = { ...env, NODE_ENV: 'production', AGENT_PUSH_SECRET: SECRET };
    expect(() => schedulerConfig({ ...production, AGENT_PUSH_URL: 'http://agent/runs' })).to.throw(
      'AGENT_PUSH_URL must start with https',
    );
    expect(() =>
      schedulerConfig({ ...production, AGENT_PUSH_URL: 'https://agent/runs', AGENT_PUSH_SECRET: 'short' }),
    ).to.throw('at least 24');
  });
});
