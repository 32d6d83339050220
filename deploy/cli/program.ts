import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Addresses, Unknown } from './addresses.ts';

/** A program of a service, `services/<service>/admin/<program>.ts`, that prints one JSON document. */
export interface Call {
  service: string;
  program: string;
  args?: readonly string[];
  /** What it connects to. */
  needs: { database?: boolean; nats?: boolean };
}

export interface Answer {
  /** 0 done, 1 refused or failed, 2 the call is wrong. */
  code: number;
  /** The document; undefined when it printed none. */
  value: any;
  /** What it said on stderr. */
  said: string;
}

export interface Around {
  root: string;
  addresses: Addresses;
}

/** Programs that the service kit has for every service that keeps an outbox; they take the service's name as their first argument. */
const ofEveryService = new Set(['outbox', 'rebuild-stream']);

const fileOf = (root: string, { service, program }: Pick<Call, 'service' | 'program'>): string =>
  ofEveryService.has(program)
    ? join(root, 'shared/service-kit/admin', `${program}.ts`)
    : join(root, 'services', service, 'admin', `${program}.ts`);

export async function ask(call: Call, around: Around): Promise<Answer> {
  let env: NodeJS.ProcessEnv;
  try {
    env = environment(call, around.addresses);
  } catch (error) {
    if (error instanceof Unknown) return { code: 2, value: undefined, said: error.message };
    throw error;
  }
  const child = spawn(
    process.execPath,
    [fileOf(around.root, call), ...(ofEveryService.has(call.program) ? [call.service] : []), ...(call.args ?? [])],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    },
  );
  const [out, said, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1))),
  ]);
  return { code, value: out.trim() === '' ? undefined : JSON.parse(out), said: said.trim() };
}

function environment({ service, needs }: Call, addresses: Addresses): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...(needs.database && { DATABASE_URL: addresses.database(service) }),
    ...(needs.nats && { NATS_URL: addresses.nats() }),
  };
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  stream.setEncoding('utf8');
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}
