import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { nkeys } from 'nats';
import { selfSigned } from '@missions/email-bridge/testing/certificate.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { type Nats, startNats } from '@missions/deploy/dev-servers/embedded-nats.ts';
import type { Connection } from './connection.ts';
import { type ConnectOptions, openConnection } from './connect.ts';
import { silent } from './testing/request-fixtures.ts';

/** A token as `nsc` makes it: signed with an nkey (https://docs.nats.io/running-a-nats-service/configuration/securing_nats/jwt). */
function token(issuer: ReturnType<typeof nkeys.createOperator>, subject: string, nats: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { jti: subject, iat: 1_700_000_000, iss: issuer.getPublicKey(), sub: subject, name: 'spec', nats };
  const signed = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(claims)}`;
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`;
}

describe('the connection to NATS that is protected', () => {
  const folder = mkdtempSync(join(tmpdir(), 'missions-tls-'));
  const running: Nats[] = [];
  const opened: Connection[] = [];
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const server = async (name: string, config: string): Promise<Nats> => {
    const nats = await startNats({ dataDir: join(folder, name), config, durable: false });
    running.push(nats);
    return nats;
  };
  const open = async (options: Pick<ConnectOptions, 'servers' | 'files'>): Promise<Connection> => {
    const connection = await openConnection({ ...options, name: 'spec', logger: silent });
    opened.push(connection);
    return connection;
  };
  /** What a connection is told that waits for a server that it can never use. */
  const faultOf = async (options: Pick<ConnectOptions, 'servers' | 'files'>): Promise<string> => {
    const faults: string[] = [];
    const stop = new AbortController();
    const logger = { ...silent, warn: ({ err }: { err: Error }) => (faults.push(String(err)), stop.abort()) };
    const trying = openConnection({ ...options, name: 'spec', logger: logger as never, signal: stop.signal });
    await trying.then(
      (connection) => opened.push(connection),
      () => {},
    );
    return faults.join();
  };
  after(async () => {
    for (const connection of opened) await connection.nc.close();
    for (const nats of running) await nats.stop();
    rmSync(folder, { recursive: true });
  });

  it('believes the certificate of the named authority only, and shows its own where the server asks for one', async () => {
    const [own, client] = [selfSigned('localhost'), selfSigned('client')];
    const files = {
      ca: file('ca.pem', own.cert),
      cert: file('client.pem', client.cert),
      key: file('client-key.pem', client.key),
    };
    const tls = `cert_file: "${files.ca}", key_file: "${file('key.pem', own.key)}"`;
    const { port } = await server('tls', `tls { ${tls}, ca_file: "${files.cert}", verify: true }`);
    // As others reach it, by a name.
    const servers = `nats://localhost:${port}`;
    expect((await open({ servers, files })).nc.getServer()).to.equal(`localhost:${port}`);
    expect((await open({ servers: servers.replace('nats:', 'tls:'), files })).connected).to.equal(true);
    const { ca: _, ...without } = files;
    expect(await faultOf({ servers, files: without })).to.match(/self-signed certificate/);
    expect(
      await faultOf({ servers, files: { ca: file('other.pem', selfSigned('localhost').cert), ...without } }),
    ).to.match(/self-signed certificate/);
  });

  it('signs in with the credentials file of nsc, and with no other', async () => {
    const [operator, account, system] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()];
    const limits = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
    const tokens = [account, system].map((one) => {
      const key = one.getPublicKey();
      return `${key}: ${token(operator, key, { type: 'account', version: 2, limits })}`;
    });
    const nats = await server(
      'creds',
      `operator: ${token(operator, operator.getPublicKey(), { type: 'operator', version: 2 })}
       system_account: ${system.getPublicKey()}
       resolver: MEMORY
       resolver_preload: { ${tokens.join(', ')} }`,
    );
    const creds = (issuer: typeof account, name: string): string => {
      const user = nkeys.createUser();
      const own = { type: 'user', version: 2, subs: -1, data: -1, payload: -1, pub: {}, sub: {} };
      return file(
        name,
        `-----BEGIN NATS USER JWT-----\n${token(issuer, user.getPublicKey(), own)}\n------END NATS USER JWT------\n\n` +
          `-----BEGIN USER NKEY SEED-----\n${new TextDecoder().decode(user.getSeed())}\n------END USER NKEY SEED------\n`,
      );
    };
    const right = creds(account, 'right.creds');
    expect((await open({ servers: nats.url, files: { creds: right } })).connected).to.equal(true);
    const wrong = creds(nkeys.createAccount(), 'wrong.creds');
    const refused = await open({ servers: nats.url, files: { creds: wrong } }).catch((error: Error) => error.message);
    expect(refused).to.contain('NATS refuses the credentials');

    // Exchanged as the page of operators says: the file alone, and each new connection reads it.
    const exchanged = creds(account, 'exchanged.creds');
    const running = await open({ servers: nats.url, files: { creds: exchanged } });
    const userOf = async ({ nc }: Connection): Promise<string> =>
      (await nc.request('$SYS.REQ.USER.INFO')).json<{ data: { user: string } }>().data.user;
    const former = await userOf(running);
    creds(account, 'exchanged.creds');
    expect(await userOf(running)).to.equal(former);
    await running.nc.reconnect();
    await waitUntil(async () => (await userOf(running)) !== former, { what: 'the new user' });
  });
});
