import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import Koa from 'koa';
import { type HttpServer, startHttpServer } from './server.ts';

describe('an HTTP server that closes', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let server: HttpServer;
  let entered = Promise.withResolvers<void>();
  let gate = Promise.withResolvers<void>();

  before(async () => {
    const app = new Koa();
    app.use(async (ctx) => {
      entered.resolve();
      if (ctx.path === '/slow') await gate.promise;
      ctx.body = ctx.path;
    });
    server = await startHttpServer(app, 0, '127.0.0.1');
  });
  beforeEach(() => {
    entered = Promise.withResolvers();
    gate = Promise.withResolvers();
  });
  after(() => agent.destroy());

  const get = async (path: string): Promise<{ said: string; connection: string | undefined }> => {
    const call = request({ port: server.address.port, host: '127.0.0.1', path, agent });
    call.end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    return { said: await text(response), connection: response.headers.connection };
  };

  it('tells the caller of an answer in hand, and the next one, that the connection ends', async () => {
    expect(await get('/fast')).to.deep.equal({ said: '/fast', connection: 'keep-alive' });
    const slow = get('/slow');
    await entered.promise;
    const closed = server.close();
    gate.resolve();
    expect(await slow).to.deep.equal({ said: '/slow', connection: 'close' });
    expect(await get('/fast')).to.deep.equal({ said: '/fast', connection: 'close' });
    await closed;
    const refused = await get('/fast').catch((error: NodeJS.ErrnoException) => error.code);
    expect(refused).to.equal('ECONNREFUSED');
  });
});
