import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Flow } from './order.ts';
import { Gates } from './perform.ts';

/** What is used of `@dbos-inc/dbos-sdk`, which is no dependency of the project. */
interface Dbos {
  registerWorkflow<T>(work: (id: string) => Promise<T>, options: { name: string }): (id: string) => Promise<T>;
  runStep<T>(step: () => Promise<T>, options: { name: string }): Promise<T>;
  recv<T>(topic: string, options: { timeoutSeconds: number }): Promise<T | null>;
  send(workflowId: string, message: unknown, topic: string): Promise<void>;
  startWorkflow(
    work: (id: string) => Promise<unknown>,
    options: { workflowID: string },
  ): (id: string) => Promise<unknown>;
  setConfig(config: object): void;
  launch(): Promise<void>;
}

const ANSWER_WITHIN_S = 3_600;
/** As many connections as keep up with 32 in flight. */
const POOL_SIZE = 20;

export interface DbosSettings {
  /** Where npm installed it. */
  folder: string;
  databaseUrl: string;
}

/** A workflow that records a step, receives the answer and records another. It runs in this process, as in a user's. */
export async function dbosFlow({ folder, databaseUrl }: DbosSettings): Promise<Flow> {
  const { DBOS } = createRequire(join(folder, 'package.json'))('@dbos-inc/dbos-sdk') as { DBOS: Dbos };
  const waiting = new Gates();
  const goneOn = new Gates();
  const work = DBOS.registerWorkflow(
    async (id) => {
      await DBOS.runStep(async () => ({ asked: id }), { name: 'ask' });
      waiting.open(id);
      const answer = await DBOS.recv('answer', { timeoutSeconds: ANSWER_WITHIN_S });
      await DBOS.runStep(async () => ({ answer }), { name: 'go on' });
      goneOn.open(id);
    },
    { name: 'ask and go on' },
  );
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: databaseUrl,
    systemDatabasePoolSize: POOL_SIZE,
    logLevel: 'error',
  });
  await DBOS.launch();
  return {
    async begin(id) {
      await Promise.all([waiting.expect(id), DBOS.startWorkflow(work, { workflowID: id })(id)]);
    },
    async answer(id) {
      await Promise.all([goneOn.expect(id), DBOS.send(id, { selected_option: 'yes' }, 'answer')]);
    },
  };
}
