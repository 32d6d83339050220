import { expect } from 'chai';
import { delays, topics, wishesIn } from './wishes.ts';

const form = (fields: readonly (readonly [string, string])[]): FormData => {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  return data;
};
const NIGHT = [
  ['quiet', 'on'],
  ['from', '22:30'],
  ['to', '07:00'],
] as const;

describe('the wishes that a form says', () => {
  it('are every topic, with each channel where it is ticked', () => {
    const { channels } = wishesIn(
      form([
        ['mail', 'question'],
        ['mail', 'stale'],
        ['push', 'done'],
      ]),
    );
    expect(Object.keys(channels)).to.deep.equal(Object.keys(topics));
    const mailed = Object.entries(channels).filter(([, { mail }]) => mail);
    expect(mailed.map(([topic]) => topic)).to.deep.equal(['question', 'stale']);
    const pushed = Object.entries(channels).filter(([, { push }]) => push);
    expect(pushed.map(([topic]) => topic)).to.deep.equal(['done']);
  });

  it('let devices show what is asked only where that is ticked', () => {
    expect(wishesIn(form([['push_text', 'on']]))).to.include({ push_text: true });
    expect(wishesIn(form([]))).to.include({ push_text: false });
  });

  it('have quiet hours on the days that are ticked, in their order, and none without a day', () => {
    expect(wishesIn(form([...NIGHT, ['weekday', 'sun'], ['weekday', 'mon']])).quiet_hours).to.deep.equal({
      from: '22:30',
      to: '07:00',
      weekdays: ['mon', 'sun'],
    });
    expect(wishesIn(form(NIGHT)).quiet_hours).to.equal(null);
    expect(wishesIn(form([...NIGHT.slice(1), ['weekday', 'mon']])).quiet_hours).to.equal(null);
  });

  it('have a digest at midnight, which is not the same as none', () => {
    expect(
      wishesIn(
        form([
          ['digest', '0'],
          ['delay', '15'],
        ]),
      ),
    ).to.include({ digest_hour: 0, mail_after_minutes: 15 });
    expect(wishesIn(form([['digest', '']]))).to.include({ digest_hour: null });
  });

  it('keep a delay that another program has set', () => {
    expect(delays(60).map(([minutes]) => minutes)).to.deep.equal([0, 15, 60, 240, 1440]);
    expect(delays(7)[1]).to.deep.equal([7, 'after 7 minutes']);
  });
});
