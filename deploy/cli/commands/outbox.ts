import { parseArgs } from 'node:util';
import { services } from '../local/services.ts';
import type { Command, Outcome } from './command.ts';
import { ask } from './program.ts';
import { section, since, span } from './table.ts';

/** The services that keep an outbox. The gateway's tables are written without events. */
export const withOutbox = services.filter(({ database, edge }) => database && !edge).map(({ name }) => name);

export const outbox: Command = {
  usage: ['outbox [--service <name>]'],
  about: 'events that are committed and not yet published, per service, with the oldest of them',
  async run(args, around): Promise<Outcome> {
    const { values } = parseArgs({ args: [...args], options: { service: { type: 'string' } } });
    const known = withOutbox;
    if (values.service !== undefined && !known.includes(values.service))
      return { code: 2, problems: [`--service must be one of ${known.join(', ')}.`] };
    const asked = values.service === undefined ? known : [values.service];
    const answers = await Promise.all(
      asked.map((service) => ask({ service, program: 'outbox', needs: { database: true } }, around)),
    );
    const value = answers.flatMap((answer) => answer.value ?? []);
    const text = [
      section(
        'Outboxes',
        ['service', 'copies', 'unpublished', 'oldest', 'events kept since'],
        value.map((one) => [
          one.service,
          one.copies,
          one.pending,
          one.pending ? span(one.oldestMs) : '-',
          since(one.kept_since),
        ]),
        'none could be read',
      ),
      ...value
        .filter((one) => one.oldest.length > 0)
        .map((one) =>
          section(
            `Longest unpublished of ${one.service}`,
            ['position', 'event', 'mission', 'committed'],
            one.oldest.map((row: any) => [row.position, row.type, row.mission_id, since(row.time)]),
            'none',
          ),
        ),
    ].join('\n\n');
    return {
      code: Math.max(...answers.map(({ code }) => code)),
      value,
      text,
      problems: answers.flatMap(({ code, said }, index) => (code === 0 ? [] : [`${asked[index]}: ${said}`])),
    };
  },
};

export const rebuildStream: Command = {
  usage: ['rebuild-stream <STREAM> [--dry-run]'],
  about:
    'publishes again the events that a stream has lost; those it holds are left alone (what was published is kept for 72 h)',
  async run(args, around): Promise<Outcome> {
    const value: any[] = [];
    const problems: string[] = [];
    let code = 0;
    // One after the other: they read the stream under one name.
    for (const service of withOutbox) {
      const answer = await ask(
        { service, program: 'rebuild-stream', args, needs: { database: true, nats: true } },
        around,
      );
      if (answer.value) value.push(answer.value);
      if (answer.code !== 0)
        problems.push(
          answer.said.startsWith(service) || answer.code === 2 ? answer.said : `${service}: ${answer.said}`,
        );
      code = Math.max(code, answer.code);
      if (answer.code === 2) break;
    }
    const text = section(
      'Events',
      ['service', 'kept', 'missing', 'published again', 'taken for repetitions', 'kept since'],
      value.map((one) => [
        one.service,
        one.kept,
        one.missing,
        one.republished,
        one.taken_for_repetitions,
        since(one.since),
      ]),
      'none',
    );
    return { code, value, text, problems };
  },
};
