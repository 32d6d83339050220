import { programCommand } from '../command.ts';
import type { ProgramCall } from '../program.ts';
import { section } from '../table.ts';

interface ProvisionReport {
  streams: { stream: string; outcome: string }[];
  consumers: { stream: string; consumer: string; outcome: string }[];
}

/** The services' own logins may make no stream and no consumer (decision 0017). */
export const provisionProgram: ProgramCall = { program: 'provision', needs: { nats: 'provisioner' } };

export const provision = programCommand<ProvisionReport>(
  {
    usage: ['provision'],
    about: 'makes the streams and consumers of NATS, or updates them in place; a part of every deployment',
  },
  provisionProgram,
  ({ streams, consumers }) =>
    section(
      'Streams and consumers',
      ['stream', 'consumer', 'outcome'],
      [
        ...streams.map(({ stream, outcome }) => [stream, '', outcome]),
        ...consumers.map(({ stream, consumer, outcome }) => [stream, consumer, outcome]),
      ],
      'none',
    ),
);
