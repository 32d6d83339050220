import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Component {
  purl: string;
  hashes?: { alg: string; content: string }[];
  properties: { name: string; value: string }[];
}
interface Locked {
  version: string;
  integrity?: string;
  dev?: boolean;
  link?: boolean;
  extraneous?: boolean;
}

describe('the bill of materials', () => {
  const root = resolve(import.meta.dirname, '../..');
  const lock = JSON.parse(readFileSync(resolve(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  let components: Map<string, Component>;

  before(() => {
    const { stdout, stderr } = spawnSync('npm', ['run', '--silent', 'sbom'], { cwd: root, encoding: 'utf8' });
    expect(stdout, stderr).to.match(/^\{/);
    const bill = JSON.parse(stdout) as { bomFormat: string; components: Component[] };
    expect(bill.bomFormat).to.equal('CycloneDX');
    components = new Map(bill.components.map((component) => [component.purl, component]));
  });

  const installed = Object.entries(lock.packages).flatMap(([path, { version, integrity, dev, link, extraneous }]) =>
    link || extraneous || !path.includes('node_modules/')
      ? []
      : [{ name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length), version, integrity, dev }],
  );
  const purl = (name: string, version: string) => `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
  const forDevelopment = (component: Component | undefined) =>
    component?.properties.some(({ name }) => name === 'cdx:npm:package:development');

  it('lists every production dependency of the lock file with its hash, and marks none as for development', () => {
    const production = installed.filter(({ dev }) => dev !== true);
    expect(production.length).to.be.greaterThan(200);
    const wrong = production.filter(({ name, version, integrity = '' }) => {
      const component = components.get(purl(name, version));
      const sha512 = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
      return forDevelopment(component) !== false || !component?.hashes?.some(({ content }) => content === sha512);
    });
    expect(wrong.map(({ name, version }) => `${name}@${version}`)).to.deep.equal([]);
  });

  it('lists the programs that npm brings for a local run', () => {
    const { optionalDependencies } = JSON.parse(readFileSync(resolve(root, 'deploy/package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>;
    };
    for (const [name, version] of Object.entries(optionalDependencies))
      expect([...components.keys()]).to.include(purl(name, version));
  });
});
