import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Flow } from './order.ts';
import { Gates } from './perform.ts';

/** What is used of Restate's packages, which are no dependencies of the project. */
interface Context {
  awakeable(): { id: string; promise: Promise<unknown> };
  run<T>(name: string, step: () => T): Promise<T>;
}
interface Sdk {
  service(definition: {
    name: string;
    handlers: Record<string, (context: Context, input: any) => Promise<void>>;
  }): object;
  serve(options: { services: object[]; port: number }): Promise<unknown>;
}
interface Clients {
  connect(options: { url: string }): {
    serviceSendClient(service: { name: string }): { ask(input: { id: string }): Promise<unknown> };
    resolveAwakeable(id: string, value: unknown): Promise<void>;
  };
}

const REGISTERED_WITHIN_MS = 60_000;

export interface RestateSettings {
  /** Where npm installed it. */
  folder: string;
  ingressUrl: string;
  adminUrl: string;
  /** A free one, for the handler. */
  handlerPort: number;
}

/** A handler that records a step, waits for an awakeable and records another. It runs in this process. */
export async function restateFlow({ folder, ingressUrl, adminUrl, handlerPort }: RestateSettings): Promise<Flow> {
  const load = createRequire(join(folder, 'package.json'));
  const sdk = load('@restatedev/restate-sdk') as Sdk;
  const clients = load('@restatedev/restate-sdk-clients') as Clients;
  const waiting = new Gates();
  const goneOn = new Gates();
  const awakeables = new Map<string, string>();
  const service = sdk.service({
    name: 'work',
    handlers: {
      async ask(context, { id }: { id: string }) {
        const answer = context.awakeable();
        await context.run('ask', () => ({ asked: id }));
        awakeables.set(id, answer.id);
        waiting.open(id);
        await answer.promise;
        await context.run('go on', () => ({ goneOn: id }));
        goneOn.open(id);
      },
    },
  });
  await sdk.serve({ services: [service], port: handlerPort });
  await register(adminUrl, `http://127.0.0.1:${handlerPort}`);

  const ingress = clients.connect({ url: ingressUrl });
  const work = ingress.serviceSendClient({ name: 'work' });
  return {
    async begin(id) {
      await Promise.all([waiting.expect(id), work.ask({ id })]);
    },
    async answer(id) {
      const awakeable = awakeables.get(id) ?? '';
      awakeables.delete(id);
      await Promise.all([goneOn.expect(id), ingress.resolveAwakeable(awakeable, { selected_option: 'yes' })]);
    },
  };
}

/** Tells the server where the handler is, once the server takes it. */
async function register(adminUrl: string, uri: string): Promise<void> {
  const deadline = performance.now() + REGISTERED_WITHIN_MS;
  let last = 'no answer';
  while (performance.now() < deadline) {
    try {
      const answer = await fetch(`${adminUrl}/deployments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ uri, force: true }),
      });
      if (answer.ok) return;
      last = `${answer.status} ${await answer.text()}`;
    } catch (error) {
      last = String(error);
    }
    await pause(200);
  }
  throw new Error(`Restate did not take the handler: ${last}`);
}
