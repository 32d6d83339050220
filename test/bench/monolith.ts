import { Client } from 'pg';
import { tables } from './monolith/tables.ts';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { type Program, startProgram } from './program.ts';

export interface Monolith {
  program: Program;
  origin: string;
}

/** @param databaseUrl an empty database; gets the reference tables. */
export async function startMonolith(
  kind: 'typical' | 'good',
  databaseUrl: string,
  secret: string,
  poolSize: number,
  logFile: string,
): Promise<Monolith> {
  const admin = new Client({ connectionString: databaseUrl });
  await admin.connect();
  await admin.query(tables);
  await admin.end();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const program = await startProgram({
    name: kind,
    service: 'monolith',
    script: 'test/bench/monolith/main.ts',
    args: [kind],
    env: {
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      HUB_SERVICE_SECRET: secret,
      POOL_SIZE: String(poolSize),
    },
    readyUrl: `${origin}/readyz`,
    logFile,
  });
  return { program, origin };
}
