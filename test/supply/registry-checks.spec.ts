import { expect } from 'chai';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach } from 'mocha';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { askRegistry, REGISTRY_CHECKS, type Outcome, type RegistryCheck } from './registry-checks.ts';

describe('a check of the registry', () => {
  const scratch = scratchFolders();
  const [audit, signatures] = REGISTRY_CHECKS as readonly [RegistryCheck, RegistryCheck];
  const open: Server[] = [];
  afterEach(() => {
    for (const server of open.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  /** A project with one production dependency. */
  function project(): string {
    const cwd = scratch();
    const root = { name: 'sample', version: '1.0.0', dependencies: { padding: '1.3.0' } };
    writeFileSync(join(cwd, 'package.json'), JSON.stringify(root));
    const packages = { '': root, 'node_modules/padding': { version: '1.3.0' } };
    writeFileSync(join(cwd, 'package-lock.json'), JSON.stringify({ ...root, lockfileVersion: 3, packages }));
    return cwd;
  }

  async function registry(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    open.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  const padding = {
    name: 'padding',
    'dist-tags': { latest: '1.3.0' },
    versions: { '1.3.0': { name: 'padding', version: '1.3.0' } },
  };
  /** The registry describes the package, and answers `advisories` about it. */
  const answering = (advisories: unknown) =>
    registry(({ url }, response) => void response.end(JSON.stringify(url === '/padding' ? padding : advisories)));
  const ask = (url: string, withinMs = 50_000): Promise<Outcome> =>
    askRegistry(audit, { cwd: project(), withinMs, registry: url });
  const advisory = (severity: string) => ({
    padding: [{ id: severity, url: 'https://example.com/1', title: 'Pads', severity, vulnerable_versions: '<=1.3.0' }],
  });

  it('passes if the registry knows of no vulnerability', async () => {
    expect(await ask(await answering({}))).to.deep.equal({ verdict: 'passed', text: 'no known vulnerability' });
  });

  it('fails if a production dependency has a vulnerability that is high, and names it', async () => {
    expect(await ask(await answering(advisory('high')))).to.deep.equal({ verdict: 'failed', text: 'padding (high)' });
  });

  it('names a moderate vulnerability, and passes', async () => {
    expect(await ask(await answering(advisory('moderate')))).to.deep.equal({
      verdict: 'passed',
      text: 'padding (moderate)',
    });
  });

  it('is skipped, with the reason, if the registry has no such endpoint', async () => {
    const url = await registry((_request, response) => void response.writeHead(405).end());
    const { verdict, text } = await ask(url);
    expect(verdict).to.equal('skipped');
    expect(text).to.contain('405');
  });

  it('is skipped, with the reason, if there is no registry', async () => {
    const { verdict, text } = await ask('http://127.0.0.1:9/');
    expect(verdict).to.equal('skipped');
    expect(text).to.contain('did not answer');
  });

  it('is skipped if the registry takes the call and is silent', async () => {
    const { verdict, text } = await ask(await registry(() => {}), 1_000);
    expect({ verdict, text }).to.deep.equal({
      verdict: 'skipped',
      text: 'the registry did not answer within 1 s',
    });
  });

  it('of signatures fails for a wrong one and for none, and takes an error for no answer', () => {
    expect(signatures.judge({ invalid: [], missing: [] })?.verdict).to.equal('passed');
    expect(signatures.judge({ invalid: [{ name: 'a' }], missing: [{ name: 'b' }] })).to.deep.equal({
      verdict: 'failed',
      text: 'wrong signature: a; no signature: b',
    });
    expect(signatures.judge({ error: { code: 'E404' } })).to.equal(undefined);
  });
});
