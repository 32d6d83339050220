import { renderLine, renderLines } from '@missions/runtime/terminal-text.ts';
import { programCommand } from '../command.ts';
import { section, since, table } from '../table.ts';

interface DeadLetter {
  sequence: number;
  at: string;
  service: string;
  subject: string;
  event_id: string;
  mission_id: string;
  attempts: number;
  reason: string;
}

/** The document of `show`. */
type DeadLetterDetail = DeadLetter & { headers: Record<string, string>; body: string };

type Disposed = Pick<DeadLetter, 'sequence' | 'service' | 'subject' | 'event_id' | 'mission_id'>;

/** The document of `replay` or `drop`. */
interface DisposalReport {
  replayed?: Disposed[];
  failed?: { sequence: number; error: string }[];
  dropped?: Disposed[];
}

export const deadLetters = programCommand<DeadLetter[] | DeadLetterDetail | DisposalReport>(
  {
    usage: [
      'dead-letters list [--service <name>] [--limit <n>]',
      'dead-letters show <seq>',
      'dead-letters replay <seq> | --all [--service <name>]',
      'dead-letters drop <seq>',
    ],
    about:
      'messages that could not be handled; a replayed one goes to all consumers of its stream, and those that had ' +
      'its effect do not have it again',
  },
  { service: 'gateway', program: 'dead-letters', needs: { nats: 'operator', database: 'if known' } },
  (document) => {
    if (Array.isArray(document)) return renderList(document);
    return 'body' in document ? renderDetail(document) : renderDisposals(document);
  },
);

const renderList = (list: readonly DeadLetter[]): string =>
  section(
    'Dead letters',
    ['seq', 'when', 'service', 'event', 'mission', 'attempts', 'reason'],
    list.map((letter) => [
      letter.sequence,
      since(letter.at),
      letter.service,
      letter.subject,
      letter.mission_id,
      letter.attempts,
      letter.reason,
    ]),
    'none',
  );

function renderDetail({ headers, body, ...fields }: DeadLetterDetail): string {
  return [
    table(['field', 'value'], Object.entries(fields)),
    section('Headers', ['name', 'value'], Object.entries(headers), 'none'),
    `Body\n${renderBody(body)}`,
  ].join('\n\n');
}

/**
 * Indented JSON, or the text as one JSON string: anybody may have written the body. JSON escapes only some of the
 * characters that a terminal obeys, so the rest are replaced.
 */
function renderBody(body: string): string {
  try {
    return renderLines(JSON.stringify(JSON.parse(body), null, 2));
  } catch {
    return renderLine(JSON.stringify(body));
  }
}

function renderDisposals({ replayed = [], failed = [], dropped = [] }: DisposalReport): string {
  const disposed = (verb: string, list: readonly Disposed[]): string[] =>
    list.map(({ sequence, subject, event_id }) => `${verb} ${sequence} (${renderLine(`${subject} ${event_id}`)})`);
  const lines = [
    ...disposed('Replayed', replayed),
    ...failed.map(({ sequence, error }) => `Not replayed ${sequence}: ${renderLine(error)}`),
    ...disposed('Dropped', dropped),
  ];
  return lines.length > 0 ? lines.join('\n') : 'There was none to replay.';
}
