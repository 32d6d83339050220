import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { fitTogether, VERSION, versionHeader } from '@missions/contracts/version.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { MissionsClient } from './client.ts';

describe('the version of a server', () => {
  const warnings: string[] = [];
  const warn = console.warn;
  before(() => (console.warn = (text: string) => warnings.push(text)));
  after(() => (console.warn = warn));

  it('is that of the packages, and stands in every response of the gateway', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(VERSION).to.equal(version);
    const { origin } = await product();
    for (const path of ['/readyz', '/openapi.json', '/api/v1/missions', '/nowhere'])
      expect((await fetch(`${origin}${path}`)).headers.get(versionHeader), path).to.equal(VERSION);
    expect(await (await fetch(`${origin}/readyz`)).json()).to.include({ version: VERSION });
  });

  it('warns plainly and once when the client was made for another one, and says which to install', async () => {
    const client = (version: string) =>
      new MissionsClient({
        baseUrl: 'http://127.0.0.1:1',
        credential: 'key',
        userId: 'ada',
        fetch: () => Promise.resolve(Response.json({ missions: [] }, { headers: { [versionHeader]: version } })),
      });
    await client(VERSION).listMissions();
    expect(warnings).to.deep.equal([]);
    for (let call = 0; call < 2; call++) await client('7.3.1').listMissions();
    expect(warnings).to.deep.equal([
      `@missions/client ${VERSION} talks to a Missions server 7.3.1, which it was not made for: calls may be refused or ` +
        'misread. Install @missions/client@^7.0.0.',
    ]);
  });

  it('fits by semver', () => {
    expect(fitTogether('0.1.0', '0.1.9')).to.equal(true);
    expect(fitTogether('0.1.0', '0.2.0')).to.equal(false);
    expect(fitTogether('1.1.0', '1.9.0')).to.equal(true);
    expect(fitTogether('1.1.0', '2.1.0')).to.equal(false);
  });
});
