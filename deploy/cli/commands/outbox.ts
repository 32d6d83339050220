import { parseArgs } from 'node:util';
import { streams } from '@missions/contracts/subjects.ts';
import { services } from '../../local/services.ts';
import type { Command, CommandResult } from '../command.ts';
import { runProgram } from '../program.ts';
import { section, since, span } from '../table.ts';
import { provisionProgram } from './provision.ts';

/** The gateway is left out: writes to its tables publish no events. */
export const servicesWithOutbox = services.filter(({ database, edge }) => database && !edge).map(({ name }) => name);

export interface OutboxReport {
  service: string;
  /** Running processes of the service. */
  copies: number;
  pending: number;
  /** Age of the oldest pending event, in milliseconds. */
  oldestMs: number;
  /** Time of the oldest published event that the outbox still keeps. */
  kept_since: string | null;
  oldest: { position: string; type: string; mission_id: string; time: string }[];
}

export const outbox: Command = {
  usage: ['outbox [--service <name>]'],
  about: 'events that are committed and not yet published, per service, with the oldest of them',
  async run(args, context): Promise<CommandResult> {
    const { values } = parseArgs({ args: [...args], options: { service: { type: 'string' } } });
    if (values.service !== undefined && !servicesWithOutbox.includes(values.service))
      return { code: 2, problems: [`--service must be one of ${servicesWithOutbox.join(', ')}.`] };
    const names = values.service === undefined ? servicesWithOutbox : [values.service];
    const results = await Promise.all(
      names.map((service) =>
        runProgram<OutboxReport>({ service, program: 'outbox', needs: { database: true } }, context),
      ),
    );
    const value = results.flatMap((result) => result.value ?? []);
    return {
      code: Math.max(...results.map(({ code }) => code)),
      value,
      text: renderOutboxes(value),
      problems: results.flatMap(({ code, stderr }, index) => (code === 0 ? [] : [`${names[index]}: ${stderr}`])),
    };
  },
};

const renderOutboxes = (reports: readonly OutboxReport[]): string =>
  [
    section(
      'Outboxes',
      ['service', 'copies', 'unpublished', 'oldest', 'events kept since'],
      reports.map((report) => [
        report.service,
        report.copies,
        report.pending,
        report.pending ? span(report.oldestMs) : '-',
        since(report.kept_since),
      ]),
      'none could be read',
    ),
    ...reports
      .filter(({ oldest }) => oldest.length > 0)
      .map(({ service, oldest }) =>
        section(
          `Longest unpublished of ${service}`,
          ['position', 'event', 'mission', 'committed'],
          oldest.map(({ position, type, mission_id, time }) => [position, type, mission_id, since(time)]),
          'none',
        ),
      ),
  ].join('\n\n');

interface RebuildReport {
  stream: string;
  service: string;
  kept: number;
  missing: number;
  republished: number;
  taken_for_repetitions: number;
  since: string | null;
}

export const rebuildStream: Command = {
  usage: ['rebuild-stream <STREAM>|--all [--dry-run]'],
  about:
    'publishes again the events that a stream, or each, has lost; those it holds are left alone ' +
    '(what was published is kept for 72 h)',
  async run(args, context): Promise<CommandResult> {
    const value: RebuildReport[] = [];
    const problems: string[] = [];
    let code = 0;
    // A stream that is gone is made anew, and its consumers with it. Without the address for that, the program says
    // that the stream is missing.
    if (args.some((arg) => arg in streams || arg === '--all') && !args.includes('--dry-run')) {
      const made = await runProgram(provisionProgram, context);
      if (made.code === 1) return { code: 1, problems: [made.stderr] };
    }
    // In sequence: the programs of all services read a stream by a consumer of the same name.
    for (const service of servicesWithOutbox) {
      const result = await runProgram<RebuildReport[]>(
        { service, program: 'rebuild-stream', args, needs: { database: true, nats: 'operator' } },
        context,
      );
      value.push(...(result.value ?? []));
      if (result.code !== 0) {
        const namesItself = result.stderr.startsWith(service) || result.code === 2;
        problems.push(namesItself ? result.stderr : `${service}: ${result.stderr}`);
      }
      code = Math.max(code, result.code);
      if (result.code === 2) break;
    }
    return { code, value, text: renderRebuilt(value), problems };
  },
};

const renderRebuilt = (reports: readonly RebuildReport[]): string =>
  section(
    'Events',
    ['stream', 'service', 'kept', 'missing', 'published again', 'taken for repetitions', 'kept since'],
    reports.map((report) => [
      report.stream,
      report.service,
      report.kept,
      report.missing,
      report.republished,
      report.taken_for_repetitions,
      since(report.since),
    ]),
    'none',
  );
