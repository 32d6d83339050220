import { expect } from 'chai';
import { Api } from '@missions/test-support/api.ts';
import { type DeployedServers, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import { type Product, startProduct } from '@missions/test-support/product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';

describe('a wait for a time, in the product', () => {
  let servers: DeployedServers;
  let product: Product;
  let api: Api;
  before(async () => {
    servers = await startDeployedServers();
    product = await startProduct({ database: await servers.freshDatabase(), natsUrlFor: servers.natsUrlFor });
    api = new Api(product);
  });
  after(async () => {
    await product?.stop();
    await servers?.stop();
  });

  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
  const tasksOf = async (id: string): Promise<any[]> => (await api.get(`missions/${id}`)).body.tasks;

  it('goes on when the scheduler’s timer fires, not before and not as failed, though both services were killed', async () => {
    const until = inSeconds(3);
    const wait_for = { kind: 'time', until };
    const { id, tasks } = await api.mission({
      tasks: [
        { title: 'Sleep', ref: 'sleep', wait_for },
        { title: 'Wake', depends_on: ['sleep'] },
      ],
    });
    expect(tasks.map(({ status }: { status: string }) => status)).to.deep.equal(['waiting_external', 'pending']);
    for (const service of ['mission', 'scheduler'] as const) {
      await product[service].kill();
      await product[service].start();
    }
    const [slept, woken] = await waitUntil(
      async () => {
        const now = await tasksOf(id);
        return now?.[0]?.status === 'completed' && now;
      },
      { withinMs: 60_000, what: 'the time to come' },
    );
    expect(slept).to.include({ error: '' });
    expect(slept.result.ended_by).to.include({ by: 'time', key: `time:${until}` });
    expect(slept.completed_at >= until, `${slept.completed_at} ≥ ${until}`).to.equal(true);
    expect(woken.status).to.equal('ready');
  });

  it('or for a signal: the signal that comes first ends it, and its time changes nothing more', async () => {
    const until = inSeconds(2);
    const waits = [
      { kind: 'webhook', reference: 'door' },
      { kind: 'time', until },
    ];
    const rival = await api.mission({ tasks: [{ title: 'Doze', wait_for: { kind: 'time', until } }] });
    const { id } = await api.mission({
      tasks: [{ title: 'Door', wait_for: { until: 'any', waits, on_signal: 'resume' } }],
    });
    const signal = await api.post('signals', { kind: 'webhook', reference: 'door', user_id: 'ada' });
    expect(signal.body).to.include({ waiters: 1 });
    await waitUntil(async () => (await tasksOf(rival.id))[0].status === 'completed', { what: 'the time to be past' });
    const [task] = await tasksOf(id);
    expect(task).to.include({ status: 'in_progress' });
    expect(task.result.ended_by).to.include({ by: 'signal', key: 'webhook:door' });
  });
});
