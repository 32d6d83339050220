import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { parse } from 'yaml';
import { type Compose, compose, ours, read, root, service } from './compose-files.ts';

describe('the containers of docker-compose.yml', () => {
  it('bounds the memory of every container, as Kubernetes does', () => {
    const operator = (parse(read('deploy/operator.yml')) as Compose).services;
    const kubernetes = {
      ...Object.fromEntries(['postgres', 'nats'].map((name) => [name, `small/${name}.yaml`])),
      ...Object.fromEntries(['provision', 'eraser'].map((name) => [name, 'base/jobs.yaml'])),
    };
    for (const [name, container] of Object.entries({ ...compose.services, ...operator })) {
      expect(container.mem_limit, name).to.match(/^\d+[mg]$/);
      const file = `deploy/kubernetes/${kubernetes[name] ?? `base/${name}.yaml`}`;
      if (!existsSync(`${root}${file}`)) continue;
      const limits = [...read(file).matchAll(/limits: \{ memory: (\d+[MG])i \}/g)].map(([, limit]) =>
        limit?.toLowerCase(),
      );
      expect(new Set(limits), file).to.deep.equal(new Set([container.mem_limit]));
    }
    expect(service('postgres').shm_size).to.equal('256m');
  });

  it('waits until each service is ready, asks it without a Node of its own, and disables no check', () => {
    for (const name of [...ours, 'keep-streams']) {
      const [, program, , script] = service(name).healthcheck?.test ?? [];
      expect(program, name).to.equal('bash');
      expect(script, name).to.contain('GET /readyz').and.contain('/127.0.0.1/${HEALTH_PORT:-$AGENT_PORT} ');
      const { HEALTH_PORT, AGENT_PORT } = service(name).environment ?? {};
      expect(HEALTH_PORT ?? AGENT_PORT, name).to.match(/^\d+$/);
    }
    // `up --wait` fails at a check that is disabled: what serves nothing has none.
    expect(read('deploy/Dockerfile')).not.to.contain('HEALTHCHECK');
    for (const name of ['provision', 'eraser']) expect(service(name).healthcheck, name).to.equal(undefined);
  });

  it('answers the health check by the status of /readyz', async () => {
    const [program = '', ...args] = service('mission').healthcheck?.test?.slice(1) ?? [];
    let status = 200;
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/readyz' ? status : 404).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const port = String((server.address() as AddressInfo).port);
    const ask = async (HEALTH_PORT: string): Promise<unknown> =>
      (await once(spawn(program, args, { env: { ...process.env, HEALTH_PORT }, stdio: 'ignore' }), 'exit'))[0];
    try {
      expect(await ask(port)).to.equal(0);
      status = 503;
      expect(await ask(port)).to.equal(1);
    } finally {
      server.close();
    }
    expect(await ask(port)).to.equal(1);
  });
});
