import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { folderTransport } from './folder-transport.ts';
import { noticePage } from './notice-page.ts';

describe('a notice in the folder of who has no mail server', () => {
  const notice = {
    customer_id: 'acme',
    id: '0d4b9a2e-0000-4000-8000-000000000000',
    mission_id: null,
    to_address: 'ada@example.org',
    token: 'a'.repeat(32),
    subject: 'Mission: <b>Trip</b> $& $1',
    body_text: 'A question waits',
    body_html:
      '<!doctype html>\n<html><head></head><body style="margin:0"><a href="https://missions.example/">Go</a></body></html>',
    headers: {},
    quiet: null,
    created_at: '2026-06-01T12:00:00.000Z',
    attempts: 1,
  };

  it('is a file for mail programs, and a page for browsers that runs and loads nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'missions-outbox-'));
    try {
      const transport = await folderTransport(folder);
      const own = { mailAddress: 'reply@localhost', mailDomain: 'localhost' };
      for (const _ of [1, 2])
        await transport.deliverNotice(notice, own, new AbortController().signal, () => Promise.resolve());
      const name = `20260601T120000000Z-${notice.id}`;
      expect(readdirSync(folder).toSorted()).to.deep.equal([`${name}.eml`, `${name}.html`]);
      expect(statSync(join(folder, `${name}.html`)).mode & 0o077).to.equal(0);
      const page = readFileSync(join(folder, `${name}.html`), 'utf8');
      expect(page).to.contain("default-src 'none'").and.to.contain('href="https://missions.example/"');
      expect(page).to.contain('To: ada@example.org\nSubject: Mission: &lt;b&gt;Trip&lt;/b&gt; $&amp; $1\n');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('has its policy before anything else in the head', () => {
    const page = noticePage('<html><head><style>a{}</style></head><body>x</body></html>', {
      to: '',
      subject: '',
      sent: '',
    });
    expect(page.indexOf('Content-Security-Policy')).to.be.within(1, page.indexOf('<style>'));
  });
});
