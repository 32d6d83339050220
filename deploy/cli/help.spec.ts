import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

describe('the help of the operators’ command', () => {
  const MISSIONS = fileURLToPath(new URL('missions.ts', import.meta.url));
  const helpOf = (...args: string[]): string => {
    const { status, stdout } = spawnSync(process.execPath, [MISSIONS, ...args, '--help'], { encoding: 'utf8' });
    expect(status).to.equal(0);
    return stdout;
  };
  const namedIn = (text: string): string[] => [
    ...new Set([...text.matchAll(/^ {2}missions ([a-z-]+)/gm)].map(([, name = '']) => name)),
  ];
  const explained = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('      '));
  let all: string;
  let ofCommand: Map<string, string>;

  before(() => {
    all = helpOf();
    ofCommand = new Map(namedIn(all).map((name) => [name, helpOf(name)]));
  });

  it('lists the commands, and none under a name that says it twice', () => {
    expect(namedIn(all)).to.include.members(['status', 'list', 'show', 'dead-letters', 'keys']);
    expect(namedIn(all)).not.to.include('missions');
  });

  it('says more about one command than the list does, and nothing of the others', () => {
    const inTheList = explained(all).join(' ');
    for (const [name, text] of ofCommand) {
      expect(namedIn(text)).to.deep.equal([name]);
      expect(
        explained(text).some((line) => !inTheList.includes(line)),
        name,
      ).to.equal(true);
    }
  });

  it('explains in lines that fit into a terminal', () => {
    for (const text of [all, ...ofCommand.values()])
      expect(explained(text).filter((line) => line.length > 106)).to.deep.equal([]);
  });
});
