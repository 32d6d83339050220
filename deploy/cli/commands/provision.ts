import { addAuditRecords } from '../../dev-servers/provision.ts';
import { roleOf, services } from '../../local/services.ts';
import { UnknownAddress } from '../addresses.ts';
import { type Command, programCommand } from '../command.ts';
import type { CliContext, ProgramCall } from '../program.ts';
import { section } from '../table.ts';

interface ProvisionReport {
  streams: { stream: string; outcome: string }[];
  consumers: { stream: string; consumer: string; outcome: string }[];
  mirrors: { stream: string; outcome: string }[];
}

/** The services' own logins may make no stream and no consumer (decision 0017). */
export const provisionProgram: ProgramCall = {
  program: 'provision',
  needs: { nats: 'provisioner', database: 'if known' },
};

const streams = programCommand<ProvisionReport>(
  {
    usage: ['provision'],
    about:
      'makes the streams and consumers of NATS, or updates them in place, and the tables of the audit record where ' +
      'ADMIN_DATABASE_URL is known; a part of every deployment',
  },
  provisionProgram,
  ({ streams, consumers, mirrors }) =>
    section(
      'Streams and consumers',
      ['stream', 'consumer', 'outcome'],
      [
        ...streams.map(({ stream, outcome }) => [stream, '', outcome]),
        ...consumers.map(({ stream, consumer, outcome }) => [stream, consumer, outcome]),
        ...mirrors.map(({ stream, outcome }) => [stream, '(mirror for subscribers)', outcome]),
      ],
      'none',
    ),
);

export const provision: Command = {
  ...streams,
  async run(args, context) {
    const url = administratorOf(context);
    if (url !== undefined) {
      try {
        await addAuditRecords(url, services.filter(({ database }) => database).map(roleOf));
      } catch (error) {
        return { code: 1, problems: [`The audit record cannot be made: ${(error as Error).message}`] };
      }
    }
    return await streams.run(args, context);
  },
};

function administratorOf({ addresses }: CliContext): string | undefined {
  try {
    return addresses.administrator();
  } catch (error) {
    if (error instanceof UnknownAddress) return undefined;
    throw error;
  }
}
