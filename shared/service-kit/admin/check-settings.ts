import { text } from 'node:stream/consumers';
import { ConfigError, type Env } from '@missions/runtime/config.ts';
import { runAdminProgram } from '@missions/runtime/admin-program.ts';

interface Asked {
  readonly name: string;
  /** URL of the service's `config.ts`. */
  readonly config: string;
  readonly env: Env;
}

/**
 * `check-settings.ts`: reads a list of `Asked` from standard input, and prints the problems of each service's settings,
 * by its name. The services are not imported, which this package may not do: a `config.ts` is loaded by its URL, and
 * whatever it exports as `…Config` reads and checks an environment.
 */
await runAdminProgram({}, async () => {
  const asked = JSON.parse(await text(process.stdin)) as readonly Asked[];
  const problems = asked.map(async ({ name, config, env }) => [name, await problemsOf(config, env)] as const);
  return Object.fromEntries(await Promise.all(problems));
});

async function problemsOf(config: string, env: Env): Promise<readonly string[]> {
  const exported = Object.entries((await import(config)) as Record<string, unknown>);
  const readers = exported.filter(([name, value]) => name.endsWith('Config') && typeof value === 'function');
  if (readers.length === 0) throw new Error(`${config} exports no function …Config(env)`);
  return readers.flatMap(([, read]) => {
    try {
      (read as (env: Env) => unknown)(env);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
  });
}
