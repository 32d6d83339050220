import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { events } from '@missions/contracts/events.ts';
import { product } from '@missions/test-support/shared-product.ts';

describe('the description of the events', () => {
  let origin: string;
  before(async () => {
    ({ origin } = await product());
  });

  it('is served at /asyncapi.json without a credential, as the contracts have it', async () => {
    const answer = await fetch(`${origin}/asyncapi.json`);
    expect([answer.status, answer.headers.get('content-type')]).to.deep.equal([200, 'application/json; charset=utf-8']);
    const committed = new URL(import.meta.resolve('@missions/contracts/asyncapi/asyncapi.json'));
    expect(await answer.json()).to.deep.equal(JSON.parse(readFileSync(committed, 'utf8')));
  });

  it('is shown at /docs/events, with every event, from this gateway alone and without a script', async () => {
    const answer = await fetch(`${origin}/docs/events`);
    const html = await answer.text();
    expect([answer.status, answer.headers.get('content-type')]).to.deep.equal([200, 'text/html; charset=utf-8']);
    expect(Object.keys(events).filter((type) => !html.includes(`id="${type}"`))).to.deep.equal([]);
    expect(html)
      .to.contain('<code>mission_id</code>')
      .and.not.match(/<script|style=|:\/\//);
    expect(answer.headers.get('content-security-policy')).to.contain("default-src 'none'");
    for (const [, path = ''] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g))
      expect((await fetch(`${origin}${path}`)).status, path).to.equal(200);
  });
});
