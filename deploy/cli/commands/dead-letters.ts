import type { Command, Outcome } from './command.ts';
import { ask } from './program.ts';
import { section, since, table } from './table.ts';

export const deadLetters: Command = {
  usage: [
    'dead-letters list [--service <name>] [--limit <n>]',
    'dead-letters show <seq>',
    'dead-letters replay <seq> | --all [--service <name>]',
    'dead-letters drop <seq>',
  ],
  about:
    'messages that could not be handled; a replayed one goes to all consumers of its stream, and those that had its effect do not have it again',
  async run(args, around): Promise<Outcome> {
    const { code, value, said } = await ask(
      { service: 'gateway', program: 'dead-letters', args, needs: { nats: true } },
      around,
    );
    return { code, value, ...(value && { text: shown(value) }), problems: said ? [said] : [] };
  },
};

function shown(value: any): string {
  if (Array.isArray(value)) {
    return section(
      'Dead letters',
      ['seq', 'when', 'service', 'event', 'mission', 'attempts', 'reason'],
      value.map((one) => [
        one.sequence,
        since(one.at),
        one.service,
        one.subject,
        one.mission_id,
        one.attempts,
        one.reason,
      ]),
      'none',
    );
  }
  if (value.body !== undefined) {
    const { headers, body, ...fields } = value;
    return `${table(['field', 'value'], Object.entries(fields))}\n\n${section('Headers', ['name', 'value'], Object.entries(headers), 'none')}\n\nBody\n${pretty(body)}`;
  }
  const lines = (what: string, list: any[] = []) =>
    list.map((one) => `${what} ${one.sequence}${one.subject ? ` (${one.subject} ${one.event_id})` : `: ${one.error}`}`);
  const all = [
    ...lines('Replayed', value.replayed),
    ...lines('Not replayed', value.failed),
    ...lines('Dropped', value.dropped),
  ];
  return all.length > 0 ? all.join('\n') : 'There was none to replay.';
}

/** JSON with its control characters escaped; anything else as one JSON string, for a stranger's bytes are not for a terminal. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return JSON.stringify(body);
  }
}
