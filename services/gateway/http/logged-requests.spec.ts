import { once } from 'node:events';
import Router from '@koa/router';
import { expect } from 'chai';
import Koa from 'koa';
import { requestContext } from '@missions/http/request-context.ts';
import { createLogger } from '@missions/runtime/logger.ts';

describe('the log of requests', () => {
  it('has their paths, but no token that stands in one', async () => {
    const lines: string[] = [];
    const logger = createLogger({
      service: 'test',
      level: 'debug',
      destination: { write: (line) => void lines.push(line) },
    });
    const router = new Router();
    for (const path of ['/a/:token', '/missions/:id']) router.get(path, (ctx) => void (ctx.body = 'here'));
    const server = new Koa().use(requestContext(logger)).use(router.routes()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    for (const path of ['/a/s3cret', '/missions/42']) await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    server.close();
    expect(lines.map((line) => (JSON.parse(line) as { path: string }).path)).to.deep.equal([
      '/a/:token',
      '/missions/42',
    ]);
    expect(lines.join('')).not.to.contain('s3cret');
  });
});
