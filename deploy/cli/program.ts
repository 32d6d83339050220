import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Addresses, UnknownAddress } from './addresses.ts';

export interface CliContext {
  /** The project's folder, which holds the services' programs. */
  root: string;
  addresses: Addresses;
}

/** A call of a program, such as `services/<service>/admin/<program>.ts`, which prints one JSON document. */
export interface ProgramCall {
  /** Undefined for a program of the service kit that concerns the whole product. */
  service?: string;
  program: string;
  args?: readonly string[];
  /** The servers that the program connects to; it gets their addresses in DATABASE_URL and NATS_URL. */
  needs: {
    /** `if known`: for the record of what the program does elsewhere. */
    database?: boolean | 'if known' | 'administrator';
    nats?: 'operator' | 'provisioner' | 'eraser';
  };
}

export interface ProgramResult<Document> {
  /** Exit code: 0 done; 1 refused or failed; 2 the call is wrong. */
  code: number;
  /**
   * Undefined if the program printed no document. The caller names the type; the document is not checked against it.
   */
  value: Document | undefined;
  /** Trimmed. */
  stderr: string;
}

/** Programs of the service kit. Their first argument is the name of the service that they are called for, if any. */
const kitPrograms = new Set([
  'outbox',
  'rebuild-stream',
  'provision',
  'subscribers',
  'erase-messages',
  'audit',
  'audit-purge',
]);

/** Never rejects because of a missing address: the result then has code 2 and names the variable to set. */
export async function runProgram<Document>(
  call: ProgramCall,
  { root, addresses }: CliContext,
): Promise<ProgramResult<Document>> {
  let env: NodeJS.ProcessEnv;
  try {
    env = environment(call, addresses);
  } catch (error) {
    if (error instanceof UnknownAddress) return { code: 2, value: undefined, stderr: error.message };
    throw error;
  }
  const child = spawn(process.execPath, commandLine(root, call), { stdio: ['ignore', 'pipe', 'pipe'], env });
  const [stdout, stderr, code] = await Promise.all([
    readText(child.stdout),
    readText(child.stderr),
    new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1))),
  ]);
  return {
    code,
    value: stdout.trim() === '' ? undefined : (JSON.parse(stdout) as Document),
    stderr: stderr.trim(),
  };
}

/** A program that prints lines as long as it runs: they go to this process's stdout, and nothing is kept of them. */
export async function passProgramOn(
  call: ProgramCall,
  { root, addresses }: CliContext,
): Promise<Omit<ProgramResult<never>, 'value'>> {
  const child = spawn(process.execPath, commandLine(root, call), {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: environment(call, addresses),
  });
  const [stderr, code] = await Promise.all([
    readText(child.stderr),
    new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 1))),
  ]);
  return { code, stderr: stderr.trim() };
}

function commandLine(root: string, { service = '', program, args = [] }: ProgramCall): string[] {
  return kitPrograms.has(program)
    ? [join(root, 'shared/service-kit/admin', `${program}.ts`), ...(service === '' ? [] : [service]), ...args]
    : [join(root, 'services', service, 'admin', `${program}.ts`), ...args];
}

function environment({ service = '', needs }: ProgramCall, addresses: Addresses): NodeJS.ProcessEnv {
  // Never the caller's own DATABASE_URL, which is the administrator's where npm start is given one.
  const { DATABASE_URL: _, DATABASE_URL_FILE: __, NATS_URL_FILE: ___, ...env } = process.env;
  const url = databaseUrl(service, needs.database, addresses);
  return {
    ...env,
    ...(url !== undefined && { DATABASE_URL: url }),
    ...(needs.nats && { NATS_URL: addresses.nats(needs.nats) }),
  };
}

function databaseUrl(
  service: string,
  need: ProgramCall['needs']['database'],
  addresses: Addresses,
): string | undefined {
  switch (need) {
    case 'administrator':
      return addresses.administrator();
    case true:
      return addresses.database(service);
    case 'if known':
      try {
        // What concerns the whole product is recorded by the gateway.
        return addresses.database(service === '' ? 'gateway' : service);
      } catch (error) {
        if (error instanceof UnknownAddress) return undefined;
        throw error;
      }
    default:
      return undefined;
  }
}

async function readText(stream: NodeJS.ReadableStream): Promise<string> {
  stream.setEncoding('utf8');
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
