import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';

const SHAPE = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SENT = `00-${TRACE}-00f067aa0ba902b7-01`;

describe('X-Request-ID and traceparent', () => {
  let api: Api;

  before(async () => {
    api = new Api(await product());
  });

  it('are generated for each request that sends none', async () => {
    const [one, other] = [await api.get('missions?user_id=ada'), await api.get('missions?user_id=ada')];
    for (const { headers } of [one, other]) {
      expect(headers.get('x-request-id')).to.match(/^[0-9a-f-]{36}$/);
      expect(headers.get('traceparent')).to.match(SHAPE);
    }
    expect(one.headers.get('x-request-id')).not.to.equal(other.headers.get('x-request-id'));
    expect(SHAPE.exec(one.headers.get('traceparent') ?? '')?.[1]).not.to.equal(
      SHAPE.exec(other.headers.get('traceparent') ?? '')?.[1],
    );
  });

  it('are kept and returned, with successes and refusals alike', async () => {
    const headers = { 'x-request-id': 'req-42:a/b', traceparent: SENT };
    for (const answer of [
      await api.get('missions?user_id=ada', { headers }),
      await api.get('missions/none', { headers }),
      await api.get('/nope', { headers }),
      await api.get('missions?user_id=ada', { headers: { ...headers, authorization: null } }),
      await api.post('missions', '{', { headers }),
    ]) {
      expect(answer.headers.get('x-request-id'), answer.text).to.equal('req-42:a/b');
      const [, trace, span] = SHAPE.exec(answer.headers.get('traceparent') ?? '') ?? [];
      expect(trace).to.equal(TRACE);
      expect(span).not.to.equal('00f067aa0ba902b7');
      if (answer.status >= 400) expect(answer.body.request_id).to.equal('req-42:a/b');
    }
  });

  it('are replaced when they are malformed or too long', async () => {
    for (const sent of ['x'.repeat(129), 'a b', 'a"b', 'é', '<script>']) {
      const answer = await api.get('missions?user_id=ada', { headers: { 'x-request-id': sent } });
      expect(answer.headers.get('x-request-id'), sent).to.match(/^[0-9a-f-]{36}$/);
    }
    for (const sent of [
      `ff${SENT.slice(2)}`,
      `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      SENT.toUpperCase(),
      'nonsense',
      `${SENT}-more`,
    ]) {
      const answer = await api.get('missions?user_id=ada', { headers: { traceparent: sent } });
      const [, trace] = SHAPE.exec(answer.headers.get('traceparent') ?? '') ?? [];
      expect(trace, sent).to.be.a('string').and.not.equal(TRACE);
    }
  });
});
