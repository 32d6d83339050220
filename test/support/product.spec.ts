import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { Api } from './api.ts';
import { startDeployedServers, type DeployedServers } from './deployed-servers.ts';
import { type Product, serviceNames, startProduct } from './product.ts';

describe('the product of a test', () => {
  let servers: DeployedServers;
  let product: Product;

  before(async () => {
    servers = await startDeployedServers();
    product = await startProduct({ database: await servers.freshDatabase(), natsUrlFor: servers.natsUrlFor });
  });
  after(async () => {
    await product?.stop();
    await servers?.stop();
  });

  it('serves calls, and its logs can be read', async () => {
    const mission = await new Api(product).mission();
    expect(mission).to.include({ title: 'Test Mission', version: 1 });
    expect(product.logs()).to.contain('── mission').and.contain('"started"');
  });

  it('restarts a killed service on the same port', async () => {
    const { mission } = product;
    const before = mission.pid;
    await mission.kill();
    expect(mission.running).to.equal(false);
    const away = await new Api(product).post('missions', { user_id: 'ada', title: 'Too early' });
    expect(away.status).to.equal(503);
    expect(away.headers.get('retry-after')).to.equal('1');
    await mission.start();
    expect(mission.pid).not.to.equal(before);
    await new Api(product).mission();
  });

  it('reports the log of a service that does not start', async () => {
    await product.gateway.stop();
    const error = await product.gateway.start({ HUB_SERVICE_SECRET: 'short' }).catch((caught: Error) => caught);
    expect(error).to.be.instanceOf(Error).with.property('message').that.contains('HUB_SERVICE_SECRET');
    await product.gateway.start();
  });

  it('stops in good order and leaves no process or folder', async () => {
    const { folder } = product;
    const exits = await Promise.all(serviceNames.map((name) => product[name].stop()));
    expect(exits).to.deep.equal(serviceNames.map(() => ({ code: 0, signal: null })));
    await product.stop();
    expect(existsSync(folder)).to.equal(false);
  });
});
