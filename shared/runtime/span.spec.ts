import { expect } from 'chai';
import { currentContext, withContext } from './context.ts';
import { inSpan } from './span.ts';
import { parseTraceparent } from './trace.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const inside = () => Promise.resolve(currentContext());

describe('a span without telemetry', () => {
  it('is a new step of the incoming trace', async () => {
    const context = await inSpan('handle', { kind: 'server', parent: PARENT, requestId: 'r-1' }, inside);
    expect(context?.requestId).to.equal('r-1');
    expect(parseTraceparent(context?.traceparent)?.traceId).to.equal('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(context?.traceparent).to.not.equal(PARENT);
  });

  it('inherits trace and request id from the surrounding context', async () => {
    const context = await withContext({ traceparent: PARENT, requestId: 'r-2' }, () =>
      inSpan('step', { kind: 'internal' }, inside),
    );
    expect(context?.requestId).to.equal('r-2');
    expect(context?.traceparent).to.contain('4bf92f3577b34da6a3ce929d0e0e4736');
  });

  it('begins a new trace if there is none', async () => {
    const context = await inSpan('first', { kind: 'server' }, inside);
    expect(parseTraceparent(context?.traceparent)).to.not.equal(undefined);
  });

  it('rejects with the error of its step', async () => {
    const failure = new Error('no');
    const outcome = await inSpan('fails', { kind: 'internal' }, () => Promise.reject(failure)).catch(
      (error: unknown) => error,
    );
    expect(outcome).to.equal(failure);
  });
});
