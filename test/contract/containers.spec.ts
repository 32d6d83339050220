import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { parse } from 'yaml';
import {
  type Compose,
  type Service,
  compose,
  filled,
  interpolate,
  ours,
  read,
  root,
  service,
} from './compose-files.ts';

/** What deploy/cluster.yml adds to a service. */
type ClusterService = Omit<Service, 'build'> & {
  build?: null;
  extends?: { file: string; service: string };
  networks?: { default: { aliases: string[] } };
};

interface ClusterFile {
  services: Record<string, ClusterService>;
  volumes: Record<string, unknown>;
}

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

describe('deploy/cluster.yml', () => {
  /** Of Compose: the one takes away what a file before has, the other stands in its place. */
  const customTags = [
    { tag: '!reset', resolve: () => null },
    { tag: '!override', collection: 'seq' as const, resolve: (sequence: unknown) => sequence },
  ];
  const text = read('deploy/cluster.yml');
  const { services, volumes } = parse(interpolate(filled, text), { merge: true, customTags }) as ClusterFile;
  const servers = ['nats', 'nats-2', 'nats-3'];

  it('has a second copy of each service, from the same definition, which the first one’s name finds too', () => {
    const copies = ours.filter((name) => name !== 'agent').map((name) => `${name}-2`);
    const own = ['postgres', 'provision', 'keep-streams', ...servers];
    expect(Object.keys(services)).to.have.members([...copies, ...own]);
    for (const copy of [...copies, 'nats-2', 'nats-3']) {
      const name = copy.replace(/-\d$/, '');
      expect(services[copy]?.extends, copy).to.deep.equal({ file: 'docker-compose.yml', service: name });
      expect(services[copy]?.networks?.default.aliases, copy).to.deep.equal([name]);
    }
  });

  it('publishes no port twice, and builds the image once', () => {
    for (const [name, { ports }] of Object.entries(compose.services)) {
      const second = services[`${name}-2`];
      if (!second) continue;
      expect(second.ports?.length, name).to.equal(ports?.length);
      for (const port of second.ports ?? [])
        expect(port)
          .to.match(/^127\.0\.0\.1:/)
          .and.not.be.oneOf(ports ?? []);
      expect(second.build === null, name).to.equal(compose.services[name]?.build !== undefined);
    }
    expect(text.match(/ports: !override /g)).to.have.length(2);
  });

  it('makes three servers one cluster, each with a volume of its own, and keeps each stream on all', () => {
    const arguments_ = servers.map((name) => services[name]?.command ?? []);
    for (const [at, own] of arguments_.entries()) {
      expect(own)
        .to.include(`--name=nats-${at + 1}`)
        .and.include('--cluster_name=missions');
      expect(own.join(' ').match(/nats:\/\/route:[^@]+@nats-[123]:6222/g)).to.have.length(3);
      const [volume = ''] = services[servers[at] ?? '']?.volumes ?? [];
      expect(volume).to.equal(`nats-${at + 1}-data:/data`);
      expect(volumes).to.have.property(`nats-${at + 1}-data`);
    }
    expect(services['nats']?.networks?.default.aliases).to.deep.equal(['nats-1']);
    for (const name of ['provision', 'keep-streams'])
      expect(services[name]?.environment, name).to.deep.equal({ STREAM_REPLICAS: 3 });
  });

  it('lets PostgreSQL take the connections of two copies of each', () => {
    const limit = Number(services['postgres']?.command?.join(' ').match(/max_connections=(\d+)/)?.[1]);
    // DATABASE_POOL, two direct ones, and the operators' commands.
    expect(limit).to.be.greaterThan((ours.length - 1) * 2 * (10 + 2) + 10);
  });
});
