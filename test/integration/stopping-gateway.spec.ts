import { expect } from 'chai';
import { furtherGateway } from '@missions/test-support/further-gateway.ts';
import { Api } from '@missions/test-support/api.ts';
import type { Program } from '@missions/test-support/program.ts';
import { product, type SharedProduct } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { waitingForAda } from './client.ts';
import { openStream } from './event-stream.ts';

describe('a gateway that stops while callers wait', () => {
  let running: SharedProduct;
  let other: Program;
  before(async () => {
    running = await product();
    other = await furtherGateway('other-gateway', { NODE_ENV: 'production' });
  });
  afterEach(async () => {
    if (other.running) await other.stop();
  });

  const reads = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${running.approval.port}/metrics`)).text();
    return Number(
      /^missions_request_seconds_count\{service="approval",verb="get",outcome="ok"\} (\d+)$/m.exec(text)?.[1] ?? 0,
    );
  };

  it('responds to the callers at once with the state of the input request, and ends', async () => {
    await other.start();
    const at = { origin: `http://127.0.0.1:${other.port}`, secret: running.secret };
    const api = new Api(at);
    const asked = await waitingForAda(api);
    const stream = await openStream({ ...running, ...at }, { customer: api.customer, user: 'ada' });
    const before = await reads();
    const waiters = [30, 60].map((seconds) =>
      api.get(`missions/${asked.missionId}/input-requests/${asked.request.id}?wait=${seconds}`),
    );
    await waitUntil(async () => (await reads()) === before + 2 * waiters.length, { what: 'them to wait' });
    const stopped = other.stop();
    for (const { status, body } of await Promise.all(waiters)) {
      expect(status).to.equal(200);
      expect(body).to.deep.equal(asked.request);
    }
    expect((await stopped).code).to.equal(0);
    stream.close();
  });
});
