import { expect } from 'chai';
import { appendFileSync, existsSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolders } from '@missions/test-support/scratch-folder.ts';
import { endOfLog, LogTail, rotate } from './log-tail.ts';

describe('the tail of a log', () => {
  const scratch = scratchFolders();
  const line = (level: string, msg: string, rest: object = {}) => `${JSON.stringify({ level, msg, ...rest })}\n`;

  function tail(): { file: string; poll: () => string[] } {
    const file = join(scratch(), 'mission.log');
    writeFileSync(file, line('error', 'of an earlier start'));
    const shown: string[] = [];
    const log = new LogTail('mission', file, (text) => shown.push(text));
    return {
      file,
      poll: () => {
        log.poll();
        return shown.splice(0);
      },
    };
  }

  it('shows warnings, errors and lines that are not JSON, from now on', () => {
    const { file, poll } = tail();
    appendFileSync(
      file,
      line('info', 'fine') +
        line('warn', 'slow') +
        line('error', 'lost', { err: { message: 'no route' } }) +
        'SyntaxError: x\n',
    );
    expect(poll()).to.deep.equal(['mission: WARN slow', 'mission: ERROR lost: no route', 'mission: SyntaxError: x']);
    expect(poll()).to.deep.equal([]);
  });

  it('shows a line once it is complete', () => {
    const { file, poll } = tail();
    const whole = line('warn', 'slow');
    appendFileSync(file, whole.slice(0, 10));
    expect(poll()).to.deep.equal([]);
    appendFileSync(file, whole.slice(10));
    expect(poll()).to.deep.equal(['mission: WARN slow']);
  });

  it('shows eight of many lines, and counts the others', () => {
    const { file, poll } = tail();
    appendFileSync(file, line('warn', 'slow').repeat(100));
    const shown = poll();
    expect(shown).to.have.length(9);
    expect(shown.at(-1)).to.equal(`mission: … and 92 more in ${file}`);
  });

  it('continues with a file that takes the place of the first', () => {
    const { file, poll } = tail();
    renameSync(file, `${file}.1`);
    writeFileSync(file, line('warn', 'x'));
    expect(poll()).to.deep.equal(['mission: WARN x']);
  });

  it('keeps one earlier file once the log has reached 20 MiB', () => {
    const { file } = tail();
    rotate(file);
    expect(existsSync(`${file}.1`)).to.equal(false);
    truncateSync(file, 21 * 1024 * 1024);
    rotate(file);
    expect([existsSync(file), existsSync(`${file}.1`)]).to.deep.equal([false, true]);
  });

  it('repeats nothing of an earlier start in the message about a process that failed', () => {
    const file = join(scratch(), 'mission.log');
    writeFileSync(file, 'MAIL_DOMAIN must be the name of a host\n');
    const from = statSync(file).size;
    expect(endOfLog(file, 15, from)).to.equal('(nothing was logged)');
    appendFileSync(file, 'one\ntwo\nthree\n');
    expect(endOfLog(file, 15, from)).to.equal('one\ntwo\nthree');
    expect(endOfLog(file, 2, from)).to.equal('two\nthree');
    writeFileSync(file, 'another file\n');
    expect(endOfLog(file, 15, from)).to.equal('another file');
  });
});
