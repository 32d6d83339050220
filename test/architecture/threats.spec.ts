import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

const folder = new URL('../../shared/docs/', import.meta.url);
const threats = readFileSync(new URL('threats.md', folder), 'utf8');
const server = readFileSync(new URL('../../deploy/nats/server.conf', import.meta.url), 'utf8');

/** The rows below a heading, without the table's head. */
const rowsOf = (heading: string): string[][] => {
  const [, section = ''] = threats.split(`## ${heading}`);
  const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => line.split('|').slice(1, -1));
};

/** Of the file's specs, as expressions: a title may have parts that differ from case to case. */
const titlesIn = (file: URL): RegExp[] =>
  [...readFileSync(file, 'utf8').matchAll(/\b(?:it|describe)\(\s*(['"`])(.*?)\1,/gs)].map(([, , title = '']) => {
    const parts = title.replaceAll("\\'", "'").split(/\$\{[^}]*\}/);
    return new RegExp(`^${parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('.+')}$`);
  });

describe('the worst that a stolen login can do', () => {
  const rows = rowsOf('A stolen service login');

  it('is told of every user of the NATS server', () => {
    const users = [...server.matchAll(/^\s*user: (\S+)$/gm)].map(([, user]) => user);
    expect(rows.map(([login]) => login?.replaceAll(/[` ]/g, ''))).to.have.members(users);
  });

  for (const [login = '', , ends = ''] of rows)
    it(`is told of ${login.trim()} with the test that shows where it ends`, () => {
      const named = [...ends.matchAll(/\[[^\]]+\]\(([^)]+)\): "([^"]+)"/g)];
      expect(named, 'tests in the last column, as [file](path): "title"').not.to.have.length(0);
      for (const [, path = '', title = ''] of named) {
        const file = new URL(path, folder);
        expect(existsSync(file), path).to.equal(true);
        expect(
          titlesIn(file).some((one) => one.test(title)),
          `${path} has no test "${title}"`,
        ).to.equal(true);
      }
    });
});
