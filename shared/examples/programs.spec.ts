import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { Api } from '@missions/test-support/api.ts';
import { agentKey } from '@missions/test-support/reference-agent.ts';
import { type SharedProduct, product } from '@missions/test-support/shared-product.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { run as runProgram } from './testing/run.ts';

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const python = spawnSync('python3', ['--version'], { encoding: 'utf8' });
const hasPython = python.status === 0;

/** The examples that need nothing but the product. */
describe('the example', () => {
  let shared: SharedProduct;
  let api: Api;
  let key: string;

  before(async () => {
    shared = await product();
    api = new Api(shared);
    key = await agentKey(shared.database, api.customer, 'example');
  });

  /** Runs a program with an agent's key. */
  const run = (command: string, file: string, more: Record<string, string> = {}) => {
    const env = { MISSIONS_URL: shared.origin, MISSIONS_KEY: key, MISSIONS_AGENT_ID: 'example', ...more };
    return runProgram(command, [pathOf(file)], env);
  };

  it('with plain fetch asks the user, waits for the answer and ends the mission', async () => {
    const { said, ended } = run(process.execPath, 'fetch/example.mjs');
    const [, question] = await waitUntil(() => /asked (\S+)/.exec(said.output), { what: `a question: ${said.errors}` });
    const answered = await api.post(
      `/api/v1/input-requests/${question}/respond`,
      { selected_option: 'blue' },
      { headers: { 'x-user-id': 'ada' } },
    );
    expect(answered.status).to.equal(200);
    expect(await ended).to.deep.include({ code: 0, errors: '', output: `asked ${question}\nanswered blue\n` });
    const { body } = await api.get('missions?user_id=ada&status=completed');
    expect(body.missions.map(({ title }: { title: string }) => title)).to.deep.equal(['Pick a colour']);
  });

  it('of a webhook receiver prints what is signed with its secret, and refuses everything else', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const { body } = await api.insist('POST', 'webhooks', { body: { url, types: ['mission.created'] } });
    const more = { PORT: String(port), WEBHOOK_SECRET: body.secret as string };
    const { said, ended, stop } = run(process.execPath, 'webhook-receiver/receiver.ts', more);
    try {
      await waitUntil(() => said.output.includes('listening'), { withinMs: 30_000, what: 'a receiver' });
      const { id } = await api.mission();
      await waitUntil(() => said.output.includes(`mission.created ${id}\n`), { withinMs: 30_000, what: said.errors });
      expect((await fetch(url, { method: 'POST', body: '{}' })).status).to.equal(400);
      expect(said.errors).to.equal('');
    } finally {
      stop();
      await ended;
      await api.insist('DELETE', `webhooks/${body.id}`);
    }
  });

  it('of a nightly job takes each run that is due once, with two jobs at a time', async () => {
    const tasks = [{ title: 'First' }, { title: 'Second' }];
    const made = await Promise.all(
      ['a', 'b', 'c'].map((title) => api.mission({ title, tasks, can_run_autonomously: true })),
    );
    const open = async () =>
      (await Promise.all(made.map(({ id }) => api.get(`missions/${id}`)))).flatMap(({ body }) =>
        body.tasks.filter(({ status }: { status: string }) => status !== 'completed'),
      );
    const lines: string[] = [];
    // A mission is offered within a second or so, and a job ends when nothing is offered: cron starts the next one.
    await waitUntil(async () => {
      const jobs = await Promise.all([1, 2].map(() => run(process.execPath, 'nightly/job.ts').ended));
      for (const { code, output, errors } of jobs) {
        expect([code, errors]).to.deep.equal([0, '']);
        lines.push(...output.split('\n').filter(Boolean));
      }
      return (await open()).length === 0;
    });
    expect(lines.toSorted()).to.deep.equal(['a', 'b', 'c'].flatMap((of) => [`${of}: First`, `${of}: Second`]));
  });

  if (!hasPython) console.warn('NOT TESTED: shared/examples/python, because there is no python3 on this machine');
  else {
    it(`in Python goes on with a mission in another conversation (${python.stdout.trim()})`, async () => {
      const { code, output, errors } = await run('python3', 'python/example.py').ended;
      expect([code, errors]).to.deep.equal([0, '']);
      expect(output).to.contain('Plan the offsite').and.contain('Not on a Monday');
      expect(output.trim().split('\n').slice(-2)).to.deep.equal([
        "completed ['completed', 'skipped']",
        'MISSION_CLOSED',
      ]);
    });

    it('in Python repeats a write that got no answer, with the same key, and no other refusal', async () => {
      const script = `
import asyncio, io, json, sys, urllib.error, urllib.request
sys.path.insert(0, ${JSON.stringify(pathOf('python'))})
import missions
from missions import HubClient, MissionsError
missions.time.sleep = lambda seconds: None
sent = []
def refuse(request, timeout):
    sent.append((request.get_method(), request.get_header("Idempotency-key")))
    body = json.dumps({"code": code[0], "detail": "not now"}).encode()
    raise urllib.error.HTTPError(request.full_url, code[1], "", {}, io.BytesIO(body))
urllib.request.urlopen = refuse
hub = HubClient("http://127.0.0.1:1", "key", user_id="ada")
async def tries(call):
    sent.clear()
    try:
        await call
    except MissionsError as error:
        return [error.code, len(sent), len(set(sent))]
async def main():
    global code
    code = ("UNAVAILABLE", 503)
    print(json.dumps(await tries(hub.create_mission("x"))))
    print(json.dumps(await tries(hub.update_mission("id", title="x"))))
    print(json.dumps(await tries(hub.update_mission("id", title="x", if_version=3))))
    code = ("VALIDATION_FAILED", 400)
    print(json.dumps(await tries(hub.log_mission_event("id", "note"))))
asyncio.run(main())
`;
      const { stdout, stderr } = spawnSync('python3', ['-c', script], { encoding: 'utf8' });
      expect(stderr).to.equal('');
      expect(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown),
      ).to.deep.equal([
        ['UNAVAILABLE', 6, 1],
        ['UNAVAILABLE', 1, 1],
        ['UNAVAILABLE', 6, 1],
        ['VALIDATION_FAILED', 1, 1],
      ]);
    });

    it('in Python has the eight methods by their names, in one file of at most 250 lines', () => {
      const text = readFileSync(pathOf('python/missions.py'), 'utf8');
      const methods = [...text.matchAll(/async def ([a-z]\w+)/g)].map(([, name]) => name);
      expect(methods).to.deep.equal([
        'list_missions',
        'create_mission',
        'get_mission',
        'update_mission',
        'add_mission_task',
        'update_mission_task',
        'log_mission_event',
        'resume_mission',
      ]);
      expect(text.split('\n').length).to.be.at.most(250);
    });
  }
});
