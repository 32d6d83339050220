import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { keeperConfig } from '@missions/service-kit/config.ts';
import { findKubectl } from '@missions/test-support/kubectl.ts';

type Thing = Record<string, any>;

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const documents = (text: string): Thing[] => parseAllDocuments(text).map((it) => it.toJS() as Thing);
const services = readdirSync(`${root}services`).filter(
  (name) => name !== 'agent' && existsSync(`${root}services/${name}/main.ts`),
);
const secrets = new Map(
  documents(read('deploy/kubernetes/secrets.example.yaml')).map((it) => [it['metadata'].name, it]),
);

/** The example's values, with random ones where it says so. */
const filled = (secret: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(secrets.get(secret)?.['stringData'] as Record<string, string>).map(([name, value]) => [
      name,
      value.replaceAll(/PASSWORD|SECRET|KEY_\w+/g, (word) => createHash('sha256').update(word).digest('hex')),
    ]),
  );

const readConfigOf = async (name: string): Promise<(env: object) => unknown> => {
  if (name === 'keep-streams') return (env) => keeperConfig(env as never);
  const members = Object.entries((await import(`@missions/${name}/config.ts`)) as Record<string, unknown>);
  const found = members.find(([member, value]) => member.endsWith('Config') && typeof value === 'function');
  return found?.[1] as (env: object) => unknown;
};

for (const [overlay, copies, servers] of [
  ['small', 1, 1],
  ['ha', 2, 3],
] as const)
  describe(`deploy/kubernetes/${overlay}`, () => {
    let things: Thing[] | undefined;
    before(() => {
      let kubectl: string;
      try {
        kubectl = findKubectl();
      } catch (error) {
        process.stderr.write(`\n  !!! NO KUBECTL: deploy/kubernetes/${overlay} is not rendered. ${String(error)}\n`);
        return;
      }
      const path = `${root}deploy/kubernetes/${overlay}`;
      things = documents(execFileSync(kubectl, ['kustomize', path], { encoding: 'utf8', stdio: 'pipe' }));
    });
    const of = (kind: string): Thing[] => (things ?? []).filter((it) => it['kind'] === kind);
    const podsOf = (): Thing[] => [
      ...['Deployment', 'StatefulSet', 'Job'].flatMap(of).map((it) => it['spec'].template),
      ...of('CronJob').map((it) => it['spec'].jobTemplate.spec.template),
    ];
    const deployments = (): Thing[] => of('Deployment');

    it('has a deployment for each service and for what keeps the streams, and replaces each before it ends', () => {
      if (!things) return;
      const names = deployments().map((it) => it['metadata'].name);
      expect(names).to.have.members([...services, 'keep-streams']);
      for (const { metadata, spec } of deployments()) {
        expect(spec.replicas, metadata.name).to.equal(metadata.name === 'keep-streams' ? 1 : copies);
        expect(spec.strategy.rollingUpdate, metadata.name).to.deep.equal({ maxUnavailable: 0, maxSurge: 1 });
        const [container] = spec.template.spec.containers;
        expect(existsSync(`${root}${container.command[1]}`), container.command[1]).to.equal(true);
        expect(container.image).to.equal('registry.example.com/missions:latest');
        for (const [probe, path] of Object.entries({
          startupProbe: '/readyz',
          readinessProbe: '/readyz',
          livenessProbe: '/healthz',
        }))
          expect(container[probe].httpGet, probe).to.deep.equal({ path, port: 'metrics' });
        expect(container.resources).to.include.keys('requests', 'limits');
        expect(container.lifecycle.preStop.exec.command).to.deep.equal(['sleep', '5']);
      }
    });

    it('gives no pod a writable root, a capability, the rights of root, or an account of the cluster', () => {
      if (!things) return;
      expect(podsOf().length).to.be.greaterThan(9);
      for (const { metadata, spec } of podsOf()) {
        const name = JSON.stringify(metadata.labels);
        expect(spec.securityContext, name).to.deep.include({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(spec.securityContext.runAsUser, name).to.be.greaterThan(0);
        expect(spec.automountServiceAccountToken, name).to.equal(false);
        for (const { securityContext } of spec.containers)
          expect(securityContext, name).to.deep.equal({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
      }
    });

    it('holds no secret, and refers only to those of the example and to configuration that it has', () => {
      if (!things) return;
      expect(of('Secret')).to.deep.equal([]);
      const maps = of('ConfigMap').map((it) => it['metadata'].name as string);
      for (const { spec } of podsOf())
        for (const { secretRef, configMapRef } of spec.containers.flatMap((it: Thing) => it['envFrom'] ?? [])) {
          if (secretRef) expect([...secrets.keys()]).to.include(secretRef.name);
          if (configMapRef) expect(maps).to.include(configMapRef.name);
        }
      for (const volume of podsOf().flatMap(({ spec }) => spec.volumes ?? []))
        if (volume.configMap) expect(maps).to.include(volume.configMap.name);
    });

    it('lets one pod of each at most be taken away at a time', () => {
      if (!things) return;
      const budgets = of('PodDisruptionBudget').map(({ metadata, spec }) => [metadata.name, spec.maxUnavailable]);
      expect(budgets).to.have.deep.members([...services, 'keep-streams', 'nats'].map((name) => [name, 1]));
    });

    it('selects by every policy, service and budget the pods that it has', () => {
      if (!things) return;
      const labels = podsOf().map(({ metadata }) => metadata.labels as Record<string, string>);
      const selectors = [
        ...of('Service').map(({ spec }) => spec.selector),
        ...of('NetworkPolicy').map(({ spec }) => spec.podSelector.matchLabels),
        ...of('PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels),
      ] as Record<string, string>[];
      for (const selector of selectors) {
        const isIts = (own: Record<string, string>) =>
          Object.entries(selector).every(([key, value]) => own[key] === value);
        expect(labels.filter(isIts), JSON.stringify(selector)).not.to.have.length(0);
      }
    });

    it(`runs ${servers} NATS, with every password of its configuration, and keeps each stream as often`, () => {
      if (!things) return;
      const [nats] = of('StatefulSet').filter((it) => it['metadata'].name === 'nats');
      expect(nats?.['spec'].replicas).to.equal(servers);
      const routes = String(nats?.['spec'].template.spec.containers[0].args).match(/nats-\d\.nats-peers:6222/g) ?? [];
      expect(routes).to.have.length(servers === 1 ? 0 : servers);
      const taken = [...read('deploy/nats/server.conf').matchAll(/password:\s*\$(\w+)/g)].map(([, name]) => name);
      expect(secrets.get('missions-nats')?.['stringData']).to.include.all.keys(taken);
      const [settings] = of('ConfigMap').filter((it) => it['metadata'].name.startsWith('missions-settings'));
      expect(settings?.['data'].STREAM_REPLICAS).to.equal(servers === 1 ? undefined : String(servers));
    });

    for (const name of [...services, 'keep-streams'])
      it(`starts ${name} in production with the example’s secrets, each of which it reads`, async () => {
        if (!things) return;
        const [deployment] = deployments().filter((it) => it['metadata'].name === name);
        const own = deployment?.['spec'].template.spec.containers[0].env as { name: string; value: string }[];
        const secret = filled(`missions-${name}`);
        const env = { ...secret, ...Object.fromEntries(own.map((it) => [it.name, it.value])), NODE_ENV: 'production' };
        const asked = new Set<string>();
        const watched = new Proxy(env, {
          get: (target, variable) => (
            asked.add(String(variable)),
            (target as Record<string, string>)[String(variable)]
          ),
        });
        (await readConfigOf(name))(watched);
        expect(Object.keys(env).filter((variable) => !asked.has(variable))).to.deep.equal([]);
      });
  });
