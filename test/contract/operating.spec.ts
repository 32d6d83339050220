import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { shellBlocks } from '../e2e/readme.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

/** `missions <command> …` in inline code, in one line each. */
const commandsIn = (text: string): string[] =>
  [...text.matchAll(/`missions ([a-z][^`]*)`/g)].map(([, command = '']) => command.replaceAll(/\s+/g, ' '));

describe('the page for operators', () => {
  const page = read('shared/docs/operating.md');
  const rules = read('deploy/observe/rules.yml');
  /** By command: each form of its call. */
  const usages = new Map<string, string[]>();

  before(() => {
    const { stdout } = spawnSync(process.execPath, [`${root}deploy/cli/missions.ts`, '--help'], { encoding: 'utf8' });
    for (const [, usage = '', name = ''] of stdout.matchAll(/^ {2}missions ((\S+).*)$/gm))
      usages.set(name, [...(usages.get(name) ?? []), usage]);
  });

  it('says for each alert what to do, and names no other', () => {
    const { groups } = parse(rules) as { groups: { rules: { alert: string }[] }[] };
    const alerts = groups.flatMap((group) => group.rules.map(({ alert }) => alert));
    expect([...new Set(page.match(/\bMissions[A-Z]\w+/g))]).to.have.members(alerts);
  });

  it('names only commands and options that exist, as do the alerts, the handbook and the page for deploying', () => {
    const texts = [page, rules, read('shared/docs/handbook.md'), read('deploy/README.md')];
    const commands = texts.flatMap(commandsIn).filter((command) => command !== '…');
    expect(commands.length).to.be.greaterThan(20);
    for (const command of commands) {
      const [name = '', ...words] = command.split(' ');
      const known = (usages.get(name) ?? []).join(' ');
      expect(known, command).not.to.equal('');
      const verb = words.filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('--'))[0];
      for (const word of [verb, ...words.filter((word) => word.startsWith('--'))])
        if (word !== undefined && !words[words.indexOf(word) - 1]?.startsWith('--'))
          expect(known, command).to.match(new RegExp(`(^|[ |[])${word}($|[ \\]|])`));
    }
  });

  it('has containers do only what docker-compose.yml has', () => {
    const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
      services: Record<string, { volumes?: string[] }>;
    };
    const lines = shellBlocks(page).flatMap((block) => block.match(/^docker compose .+$/gm) ?? []);
    expect(lines.length).to.be.greaterThan(6);
    for (const line of lines) {
      const [, called = '', inside = ''] =
        /^docker compose (?:up|exec -T)((?: --\w+| [a-z-]+(?= |$))*)(.*)$/.exec(line) ?? [];
      const named = called.split(' ').filter((word) => word !== '' && !word.startsWith('--'));
      const [first] = named;
      if (line.includes(' exec ')) expect(services, line).to.have.property(first ?? '');
      else for (const name of named) expect(services, line).to.have.property(name);
      for (const [path] of inside.matchAll(/\/docker-entrypoint\S+/g))
        expect(services['postgres']?.volumes?.join('\n'), line).to.contain(`:${path}:`);
    }
  });
});
