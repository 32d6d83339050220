import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

describe('deploy/operator.yml', () => {
  const text = read('deploy/operator.yml');
  const { services } = parse(text.replaceAll(/\$\{(\w+):\?[^}]*\}/g, '$1')) as { services: Record<string, any> };
  const compose = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, any> };

  it('adds one container of the same image and restrictions, which `up` does not start', () => {
    expect(Object.keys(services)).to.deep.equal(['operator']);
    const { mission } = compose.services;
    expect(services['operator']).to.deep.include({
      image: mission.image,
      profiles: ['operator'],
      cap_drop: mission.cap_drop,
      security_opt: mission.security_opt,
      read_only: true,
    });
    expect(existsSync(`${root}${services['operator'].entrypoint[1]}`)).to.equal(true);
  });

  it('uses only variables that deploy/env.example names', () => {
    const taken = [...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    expect(taken).to.have.length(20);
    const named = [...read('deploy/env.example').matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(named).to.include.members(taken);
  });

  it('connects to the databases of the services, and to NATS as the operators’ user', () => {
    const { environment } = services['operator'];
    for (const name of ['mission', 'approval', 'scheduler', 'email-bridge', 'notifier', 'gateway']) {
      const own = String(compose.services[name].environment.DATABASE_URL).replaceAll(/\$\{(\w+):\?[^}]*\}/g, '$1');
      expect(environment[`${name.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`], name).to.equal(own);
    }
    expect(new URL(environment.OPERATOR_NATS_URL)).to.include({ username: 'operator', host: 'nats:4222' });
    expect(new URL(environment.PROVISIONER_NATS_URL)).to.include({ username: 'provisioner', host: 'nats:4222' });
    expect(new URL(environment.ERASER_NATS_URL)).to.include({ username: 'eraser', host: 'nats:4222' });
  });
});
