import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { product } from '@missions/test-support/shared-product.ts';

/**
 * Runs the client in a process like a browser: every import of a Node module fails, also in the packages that the
 * client uses, and the globals that only Node has are absent.
 */
const program = (client: string, origin: string, secret: string): string => `
  import { isBuiltin, registerHooks } from 'node:module';
  const say = console.log;
  const loaded = [];
  registerHooks({ resolve(specifier, context, next) {
    if (isBuiltin(specifier)) throw new Error(context.parentURL + ' imports ' + specifier);
    const found = next(specifier, context);
    loaded.push(found.url);
    return found;
  } });
  // Node's own fetch still sees these globals; code from a file does not.
  for (const name of ['Buffer', 'process', 'global', 'setImmediate', 'clearImmediate']) {
    const own = globalThis[name];
    Object.defineProperty(globalThis, name, { get: () => (/\\(?file:/.test(new Error().stack.split('\\n')[2]) ? undefined : own) });
  }
  const { MissionsClient } = await import(${JSON.stringify(client)});
  const mission = await new MissionsClient({ baseUrl: ${JSON.stringify(origin)}, credential: ${JSON.stringify(secret)}, customerId: 'ünï', userId: 'ada' }).createMission({ title: 'from anywhere' });
  say(JSON.stringify({ title: mission.title, loaded }));
`;

describe('the client in a browser', () => {
  it('needs no module or global of Node, and does not load the validator', async () => {
    const { origin, secret } = await product();
    const input = program(new URL('client.ts', import.meta.url).href, origin, secret);
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module'], {
      input,
      encoding: 'utf8',
      env: {},
    });
    expect(stderr).to.equal('');
    const { title, loaded } = JSON.parse(stdout) as { title: string; loaded: string[] };
    expect(title).to.equal('from anywhere');
    expect(loaded.filter((url) => url.includes('/ajv'))).to.deep.equal([]);
  });
});
