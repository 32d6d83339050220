import { type AuditAction, byOperator } from '@missions/contracts/audit.ts';
import type { DeadLetter, DeadLetterAdmin } from '@missions/messaging/admin/dead-letter-admin.ts';
import { connectAdmin } from '@missions/messaging/admin/admin-connection.ts';
import { UsageError, runAdminProgram, AdminFailure, wholeNumber } from '@missions/runtime/admin-program.ts';
import { audited } from '@missions/service-kit/audited.ts';
import { busAdminConfig, operatorName, recordingConfig } from '@missions/service-kit/config.ts';

/** `list`, `show <seq>`, `replay <seq>|--all`, `drop <seq>`. */
const options = {
  all: { type: 'boolean', default: false },
  service: { type: 'string' },
  limit: { type: 'string', default: '100' },
} as const;

await runAdminProgram(options, async ({ values, positionals: [verb, which] }) => {
  const act = action(verb, which, values);
  const line = await connectAdmin(busAdminConfig());
  try {
    return await act(line.deadLetters);
  } finally {
    await line.close();
  }
});

/** Checks the call before anything is connected. */
function action(
  verb: string | undefined,
  which: string | undefined,
  { all, service, limit }: { all: boolean; service?: string; limit: string },
) {
  const ofService = async (box: DeadLetterAdmin) =>
    (await box.list()).filter((letter) => service === undefined || letter.service === service);
  const number = () => wholeNumber('The number of a letter', which, 1);
  switch (verb) {
    case 'list': {
      const most = wholeNumber('--limit', limit, 1);
      return async (box: DeadLetterAdmin) => (await ofService(box)).slice(-most);
    }
    case 'replay': {
      if (all !== (which === undefined))
        throw new UsageError(
          'Name the letter to replay by its number, or all of them by --all: dead-letters replay <seq>|--all',
        );
      if (all)
        return async (box: DeadLetterAdmin) =>
          await replayAll(
            box,
            (await ofService(box)).map(({ sequence }) => sequence),
          );
      const one = number();
      return async (box: DeadLetterAdmin) => ({ replayed: [brief(await replay(box, one))], failed: [] });
    }
    case 'show': {
      const one = number();
      return (box: DeadLetterAdmin) => box.show(one);
    }
    case 'drop': {
      const one = number();
      return async (box: DeadLetterAdmin) => ({
        dropped: [brief(await recorded('dead_letter.dropped', one, () => box.drop(one)))],
      });
    }
    default:
      throw new UsageError('dead-letters list, show <seq>, replay <seq>|--all, or drop <seq>');
  }
}

/**
 * Replays the dead letters that exist now; one that fails again becomes a new dead letter and is not replayed in this
 * call. In order of their sequence, so that a mission's events keep theirs.
 */
async function replayAll(box: DeadLetterAdmin, sequences: readonly number[]): Promise<object> {
  const done = { replayed: [] as object[], failed: [] as object[] };
  for (const sequence of sequences) {
    await replay(box, sequence).then(
      (letter) => done.replayed.push(brief(letter)),
      (error: Error) => done.failed.push({ sequence, error: error.message }),
    );
  }
  if (done.failed.length > 0)
    throw new AdminFailure(
      `${done.failed.length} of ${sequences.length} letters could not be replayed, and are still there.`,
      done,
    );
  return done;
}

function replay(box: DeadLetterAdmin, sequence: number): Promise<DeadLetter> {
  return recorded('dead_letter.replayed', sequence, () => box.replay(sequence));
}

/** The letters are in NATS, which has no record of deeds: they are recorded in the gateway's schema. */
async function recorded<T>(action: AuditAction, sequence: number, act: () => Promise<T>): Promise<T> {
  const { databaseUrl: url } = recordingConfig();
  if (url === undefined)
    throw new UsageError('What is done with dead letters is recorded: name the database with GATEWAY_DATABASE_URL.');
  const by = byOperator(operatorName());
  const target = { kind: 'dead_letter', id: String(sequence) } as const;
  return await audited({ url, schema: 'gateway' }, { customer_id: '', by, action, target, mission_id: null }, act);
}

// A function declaration, because the program above runs before a constant down here would be initialized.
function brief({ sequence, service, subject, event_id, mission_id }: DeadLetter): object {
  return { sequence, service, subject, event_id, mission_id };
}
