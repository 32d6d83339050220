import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { MissionsClient } from '@missions/client/client.ts';
import { readmeTable, withTable } from './testing/readme-table.ts';
import { definitionTokens, tokensOf } from './testing/tokens.ts';
import { actingFor, type Acting } from './testing/tools-of.ts';
import { createTools, promptFragment } from './tools.ts';

/** The product's own worked example: five steps, names, a wait for somebody. */
const plan = [
  { title: 'Check my calendar for next week', ref: 'calendar' },
  {
    title: 'E-mail Sarah and John for three possible times',
    ref: 'ask',
    depends_on: ['calendar'],
    wait_for: { kind: 'email_reply', timeout_hours: 72 },
  },
  { title: 'Find the slot that suits everybody', ref: 'slot', depends_on: ['ask'] },
  { title: 'Ask me to approve the slot', ref: 'approve', depends_on: ['slot'] },
  { title: 'Book the room and invite both', depends_on: ['approve'] },
];

describe('what the tools cost in tokens (o200k_base)', () => {
  it('all definitions ≤ 2,300, none above 450; the prompt fragment ≤ 500', () => {
    const client = new MissionsClient({ baseUrl: 'http://127.0.0.1', credential: 'none' });
    const costs = createTools({ client }).definitions.map(definitionTokens);
    expect(Math.max(...costs)).to.be.at.most(450);
    expect(costs.reduce((sum, cost) => sum + cost, 0)).to.be.at.most(2_300);
    expect(tokensOf(promptFragment)).to.be.at.most(500);
  });

  it('README.md lists the cost and the description of each', () => {
    const client = new MissionsClient({ baseUrl: 'http://127.0.0.1', credential: 'none' });
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    const { definitions } = createTools({ client, conversationId: 'bound' });
    expect(readme, 'run: node shared/agent-tools/testing/readme.ts').to.equal(
      withTable(readme, readmeTable(definitions)),
    );
  });

  describe('for twenty missions of five tasks', () => {
    let agent: Acting;
    let first: string;
    before(async () => {
      agent = await actingFor();
      for (let number = 1; number <= 20; number += 1) {
        const { data } = await agent.did('mission_create', {
          title: `Schedule a meeting with Sarah and John about the Q${number} budget`,
          priority: number % 4 === 0 ? 'high' : 'normal',
          tasks: plan,
        });
        first = data.id;
        await agent.did('mission_update_task', {
          mission_id: data.id,
          task_id: data.tasks[0].id,
          status: 'completed',
          result: { free: ['Tuesday 10:00', 'Wednesday 14:00'] },
        });
      }
    });

    it('a list costs ≤ 2,500 and contains every mission and every task', async () => {
      const { text } = await agent.did('mission_list', {});
      expect(text.match(/^\d+\. [0-9a-f-]{36} /gm)).to.have.length(20);
      for (const { title } of plan) expect(text.split(title)).to.have.length(21);
      expect(tokensOf(text), text).to.be.at.most(2_500);
    });

    it('a list costs no more with many tasks and long titles', async () => {
      const other = await actingFor();
      const tasks = Array.from({ length: 30 }, (_, number) => ({
        title: `Step ${number} of a plan that somebody wrote down in many more words than are needed `.repeat(4),
      }));
      for (let number = 1; number <= 20; number += 1)
        await other.did('mission_create', { title: 'A goal with a title that goes on and on '.repeat(10), tasks });
      const { text } = await other.did('mission_list', {});
      expect(text.match(/^\d+\. [0-9a-f-]{36} /gm)).to.have.length(20);
      expect(tokensOf(text), text).to.be.at.most(2_500);
      expect(text).to.match(/\+2\d more/);
    });

    it('one mission costs ≤ 700, and ≤ 1,000 when it is resumed', async () => {
      expect(tokensOf((await agent.did('mission_get', { mission_id: first })).text)).to.be.at.most(700);
      expect(tokensOf((await agent.did('mission_resume', { mission_id: first })).text)).to.be.at.most(1_000);
    });
  });
});
