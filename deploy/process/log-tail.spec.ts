import { expect } from 'chai';
import { appendFileSync, existsSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { LogTail, rotate } from './log-tail.ts';

describe('the view of a log', () => {
  const scratch = scratchFolders();
  const line = (level: string, msg: string, rest: object = {}) => `${JSON.stringify({ level, msg, ...rest })}\n`;

  function view(): { file: string; said: string[]; look: () => string[] } {
    const file = join(scratch(), 'mission.log');
    writeFileSync(file, line('error', 'of an earlier start'));
    const said: string[] = [];
    const log = new LogTail('mission', file, (text) => said.push(text));
    return {
      file,
      said,
      look: () => {
        log.look();
        return said.splice(0);
      },
    };
  }

  it('shows warnings, errors and what is no log line, from now on', () => {
    const { file, look } = view();
    appendFileSync(
      file,
      line('info', 'fine') +
        line('warn', 'slow') +
        line('error', 'lost', { err: { message: 'no route' } }) +
        'SyntaxError: x\n',
    );
    expect(look()).to.deep.equal(['mission: WARN slow', 'mission: ERROR lost: no route', 'mission: SyntaxError: x']);
    expect(look()).to.deep.equal([]);
  });

  it('waits for the end of a line', () => {
    const { file, look } = view();
    const whole = line('warn', 'slow');
    appendFileSync(file, whole.slice(0, 10));
    expect(look()).to.deep.equal([]);
    appendFileSync(file, whole.slice(10));
    expect(look()).to.deep.equal(['mission: WARN slow']);
  });

  it('shows few of many', () => {
    const { file, look } = view();
    appendFileSync(file, line('warn', 'slow').repeat(100));
    const shown = look();
    expect(shown).to.have.length(9);
    expect(shown.at(-1)).to.equal(`mission: … and 92 more in ${file}`);
  });

  it('goes on with a file that was put in its place', () => {
    const { file, look } = view();
    renameSync(file, `${file}.1`);
    writeFileSync(file, line('warn', 'x'));
    expect(look()).to.deep.equal(['mission: WARN x']);
  });

  it('keeps one earlier file when it has grown', () => {
    const { file } = view();
    rotate(file);
    expect(existsSync(`${file}.1`)).to.equal(false);
    truncateSync(file, 21 * 1024 * 1024);
    rotate(file);
    expect([existsSync(file), existsSync(`${file}.1`)]).to.deep.equal([false, true]);
  });
});
