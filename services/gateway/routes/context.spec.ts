import { expect } from 'chai';
import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import type { GatewayContext } from './register-operation.ts';
import { fillContext, fillGranted } from './context.ts';

const caller: Caller = { kind: 'agent', credential: 'spec', customer_id: 'acme', user_id: 'ada', agent_id: 'planner' };
const context = { brief: 'x', input_requests: null, emails: null };

/** Answers for the approval service; the email-bridge is away. */
const edge = {
  logger: createLogger({ service: 'spec', level: 'fatal' }),
  bus: {
    request: async ({ service }: { service: string }) => {
      if (service === 'email-bridge') throw new Problem('UNAVAILABLE', 'away');
      return { json: () => ({ input_requests: [{ id: 'q' }] }) };
    },
  },
} as unknown as GatewayContext;

describe('a context that others complete', () => {
  it('of a run that is granted names what could not be had, and is given out', async () => {
    const filled = await fillGranted(edge, caller, 'm', context);
    expect(filled).to.deep.equal({
      context: { brief: 'x', input_requests: [{ id: 'q' }], emails: [] },
      missing: ['emails'],
    });
  });

  it('that needs nobody else misses nothing', async () => {
    const whole = { brief: 'x', input_requests: [], emails: [] };
    expect(await fillGranted(edge, caller, 'm', whole)).to.deep.equal({ context: whole });
  });

  it('that can be asked for again is refused', async () => {
    const refusal = await fillContext(edge, caller, 'm', context).catch((error: unknown) => error);
    expect((refusal as Problem).code).to.equal('UNAVAILABLE');
  });
});
