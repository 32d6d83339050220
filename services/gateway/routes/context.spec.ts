import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { Reply } from '@missions/messaging/request.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { completeGrantedContext, withContext, withInputRequests } from './context.ts';
import type { GatewayContext, ResponseContext } from './register-operation.ts';

const caller: Caller = { kind: 'agent', credential: 'spec', customer_id: 'acme', user_id: 'ada', agent_id: 'planner' };
const context = { brief: 'x', input_requests: null, emails: null };
const call = { caller, params: { mission_id: '0197a2b4-1c2d-7e3f-8a4b-5c6d7e8f9a0b' } } as unknown as ResponseContext;

/** The approval service answers; the email-bridge does not. */
const inputs: unknown[] = [];
const gateway = {
  logger: createLogger({ service: 'spec', level: 'fatal' }),
  bus: {
    request: async ({ service }: { service: string }, { input }: { input: { status?: string[] } }) => {
      if (service === 'email-bridge') throw new Problem('UNAVAILABLE', 'away');
      inputs.push(input.status);
      return { json: () => ({ input_requests: [{ id: 'q' }] }) };
    },
  },
} as unknown as GatewayContext;

describe('completing a context with what other services store', () => {
  beforeEach(() => void inputs.splice(0));

  it('the context of a granted run is given out, and names the parts that could not be had', async () => {
    const completed = await completeGrantedContext(gateway, caller, 'm', context);
    expect(completed).to.deep.equal({
      context: { brief: 'x', input_requests: [{ id: 'q' }], emails: [] },
      missing: ['emails'],
    });
    expect(inputs).to.deep.equal([['pending', 'responded', 'expired']]);
  });

  it('a context says how many entries of a part are left out', async () => {
    const counting = {
      ...gateway,
      bus: { request: async () => ({ json: () => ({ input_requests: [{ id: 'q' }], omitted: 3 }) }) },
    } as unknown as GatewayContext;
    const mapper = withInputRequests(counting, ['pending']);
    const shown = await mapper(
      new Reply(JSON.stringify({ input_requests: null, omitted: { recent_events: 2 } })),
      call,
    );
    expect(JSON.parse(shown as string)).to.deep.equal({
      input_requests: [{ id: 'q' }],
      omitted: { recent_events: 2, input_requests: 3 },
    });
  });

  it('a context without gaps asks no other service and names nothing as missing', async () => {
    const whole = { brief: 'x', input_requests: [], emails: [] };
    expect(await completeGrantedContext(gateway, caller, 'm', whole)).to.deep.equal({ context: whole });
    expect(inputs).to.deep.equal([]);
  });

  it('a resume, which is on record, is answered also while a part cannot be had, and names it', async () => {
    const resumed = await withContext(gateway)(new Reply(JSON.stringify(context)), call);
    expect(JSON.parse(resumed as string)).to.deep.equal({
      brief: 'x',
      input_requests: [{ id: 'q' }],
      emails: [],
      missing: ['emails'],
    });
  });

  it('a mission is shown with the input requests of the statuses that the route names', async () => {
    const mapper = withInputRequests(gateway, ['pending']);
    const body = await mapper(new Reply('{"id":"m","input_requests" : null,"emails":null}'), call);
    expect(JSON.parse(body as string)).to.deep.equal({ id: 'm', input_requests: [{ id: 'q' }], emails: null });
    expect(inputs).to.deep.equal([['pending']]);
  });
});
