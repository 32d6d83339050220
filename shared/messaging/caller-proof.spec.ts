import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { connect, type Msg, type NatsConnection } from 'nats';
import { problemFrom } from '@missions/contracts/errors.ts';
import { asGateway, callerKeyEnv, SCHEDULER_KEY, standingInFor } from '@missions/test-support/caller-keys.ts';
import { servers } from '@missions/test-support/stack.ts';
import type { Bus } from './bus.ts';
import { type CallerKeys, proveCaller } from './caller-proof.ts';
import { connectBus } from './connect.ts';
import { endpoint } from './endpoint.ts';
import { headersOf, names } from './headers.ts';
import { caller, contract, refusal, silent } from './testing/request-fixtures.ts';

const MINUTE = 60_000;

describe('the proof of who calls', () => {
  const create = contract('create');
  const patch = contract('patch');
  const body = Buffer.from(JSON.stringify({ caller, input: { title: 'as Ann' } }));
  const other = Buffer.from(JSON.stringify({ caller: { ...caller, user_id: 'bob' }, input: { title: 'as Ann' } }));
  const gatewayKey = { as: 'gateway', keys: [callerKeyEnv('mission')['CALLER_KEY'] ?? ''] };
  const opened: Bus[] = [];
  let raw: NatsConnection;
  let executed: string[];

  const open = async (name: string, callerKeys?: CallerKeys): Promise<Bus> => {
    const { natsUrl } = await servers();
    const bus = await connectBus({ servers: natsUrl, name, logger: silent, ...(callerKeys && { callerKeys }) });
    opened.push(bus);
    return bus;
  };
  const serve = async (service: 'mission' | 'approval', keys?: CallerKeys): Promise<void> => {
    const bus = await open(service, keys);
    const endpoints = ['create', 'patch'].map((verb) =>
      endpoint(contract(verb, service), async ({ caller: by }) => {
        executed.push(`${service} ${verb} by ${by.user_id}`);
        return { body: '1' };
      }),
    );
    await bus.serve(service, endpoints);
  };
  /** What the service says to a request that somebody has put together by hand. */
  const send = async (subject: string, bytes: Uint8Array, proof?: string): Promise<string> => {
    const headers = headersOf({ [names.callerProof]: proof });
    const reply: Msg = await raw.request(subject, bytes, { headers, timeout: 5_000 });
    return reply.string();
  };
  const refused = (reply: string): string => {
    const { code, detail, members } = problemFrom(JSON.parse(reply));
    expect(members).to.deep.equal({ reason: 'caller_unproven' });
    return `${code}: ${detail}`;
  };

  beforeEach(async () => {
    executed = [];
    raw = await connect({ servers: (await servers()).natsUrl });
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((bus) => bus.drain()));
    await raw.close();
  });

  it('lets a request of the gateway pass, and none that is not signed, or signed with another key', async () => {
    await serve('mission', standingInFor('mission'));
    expect(await send(create.subject, body, proveCaller(gatewayKey, create.subject, body))).to.equal('1');
    expect(refused(await send(create.subject, body)))
      .to.contain('FORBIDDEN')
      .and.contain('is not signed');
    const guessed = proveCaller({ as: 'gateway', keys: ['guessed'] }, create.subject, body);
    expect(refused(await send(create.subject, body, guessed))).to.contain('CALLER_KEY here');
    for (const nonsense of ['1;gateway', ';;;;', '1;gateway;9999999999999;x;', `2;${guessed.slice(2)}`])
      expect(refused(await send(create.subject, body, nonsense))).to.contain('is not proven');
    expect(executed).to.deep.equal(['mission create by ann']);
  });

  it('is worth nothing on another subject, at another service, or with another body', async () => {
    await serve('mission', standingInFor('mission'));
    await serve('approval', standingInFor('approval'));
    const captured = proveCaller(gatewayKey, create.subject, body);
    for (const [subject, bytes] of [
      [patch.subject, body],
      [contract('create', 'approval').subject, body],
      [create.subject, other],
    ] as const)
      expect(refused(await send(subject, bytes, captured)), subject).to.contain('signature of gateway is wrong');
    expect(executed).to.deep.equal([]);
    expect(await send(create.subject, body, captured)).to.equal('1');
  });

  it('holds while each of two clocks is ten minutes off, and not for longer', async () => {
    await serve('mission', standingInFor('mission'));
    const signedAt = (shift: number) => proveCaller(gatewayKey, create.subject, body, Date.now() + shift);
    for (const shift of [-20 * MINUTE, 20 * MINUTE])
      expect(await send(create.subject, body, signedAt(shift)), `${shift} ms`).to.equal('1');
    for (const shift of [-21 * MINUTE, 21 * MINUTE])
      expect(refused(await send(create.subject, body, signedAt(shift)))).to.match(/signed 12\d\d s .*set the clocks/);
    const [version, as, , id, mac] = signedAt(-21 * MINUTE).split(';');
    const moved = [version, as, Date.now(), id, mac].join(';');
    expect(refused(await send(create.subject, body, moved))).to.contain('signature of gateway is wrong');
    expect(executed).to.have.length(2);
  });

  it('lets another service send the requests that are its own, and no more', async () => {
    const believes = [
      {
        name: 'scheduler',
        keys: [SCHEDULER_KEY],
        variable: 'SCHEDULER_CALLER_KEY',
        subjects: new Set([create.subject]),
      },
    ];
    await serve('mission', { believes });
    const key = { as: 'scheduler', keys: [SCHEDULER_KEY] };
    expect(await send(create.subject, body, proveCaller(key, create.subject, body))).to.equal('1');
    expect(refused(await send(patch.subject, body, proveCaller(key, patch.subject, body)))).to.contain(
      'scheduler sends no such request',
    );
    expect(executed).to.deep.equal(['mission create by ann']);
  });

  it('is needed by default: a service without keys refuses everything', async () => {
    await serve('mission');
    expect(refused(await send(create.subject, body, proveCaller(gatewayKey, create.subject, body)))).to.contain(
      'not known here',
    );
  });

  it('can be given a new key by the steps of the page of operators, whichever side makes each of them first', async () => {
    const page = readFileSync(new URL('../docs/operating.md', import.meta.url), 'utf8');
    const [, cell = ''] = /^\| `CALLER_KEY_…`.*?\| (.*?)\. /m.exec(page) ?? [];
    const steps = ['old', ...cell.matchAll(/`([\w,]+)`/g).map(([, keys = '']) => keys)].map((keys) => keys.split(','));
    expect(steps.at(-1)).to.deep.equal(['new']);
    const signing = (keys: string[]): CallerKeys => ({ signs: { mission: { as: 'gateway', keys } } });
    const believing = (keys: string[]): CallerKeys => ({
      believes: [{ name: 'gateway', keys, variable: 'CALLER_KEY' }],
    });
    for (const [n, next] of steps.entries()) {
      const before = steps[n - 1] ?? next;
      for (const [sender, addressee] of [
        [next, before],
        [before, next],
        [next, next],
      ] as const) {
        await serve('mission', believing(addressee));
        const gateway = await open('gateway', signing(sender));
        const { body } = await gateway.request(create, { caller, input: { title: 't' } });
        expect(body, `${sender.join()} to ${addressee.join()}`).to.equal('1');
        await Promise.all(opened.splice(0).map((bus) => bus.drain()));
      }
    }
  });

  it('that is refused is told to the sender as a fault of the two services, not of its caller', async () => {
    await serve('mission', { believes: [{ name: 'gateway', keys: ['another'], variable: 'CALLER_KEY' }] });
    const gateway = await open('gateway', asGateway);
    const problem = await refusal(gateway.request(create, { caller, input: { title: 't' } }));
    expect(problem.code).to.equal('UNAVAILABLE');
    expect(problem.message).to.equal('The mission service does not believe this service who calls; its log says why.');
  });
});
