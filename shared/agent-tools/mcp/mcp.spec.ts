import type { Client } from '@modelcontextprotocol/client';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { promptFragment } from '../prompt-fragment.ts';
import { actingFor } from '../testing/tools-of.ts';
import { called, idIn, overHttp, overStdio, type Revision } from '../testing/mcp-client.ts';
import { PROMPT, RESOURCE } from './server.ts';

const names = [
  'mission_list',
  'mission_get',
  'mission_create',
  'mission_update',
  'mission_add_task',
  'mission_update_task',
  'mission_log_event',
  'mission_resume',
  'mission_ask_user',
  'mission_complete',
  'email_send',
  'email_check_replies',
  'email_send_followup',
];

for (const [transport, connect] of Object.entries({ 'streamable HTTP': overHttp, stdio: overStdio })) {
  for (const revision of ['2026-07-28', '2025-11-25', '2025-06-18'] satisfies Revision[]) {
    describe(`MCP over ${transport}, revision ${revision}`, () => {
      const customerId = `mcp-${randomUUID()}`;
      let client: Client;

      before(async () => {
        client = await connect(revision, { customerId });
      });
      after(() => client.close());

      it('negotiates the revision and identifies itself', () => {
        expect(client.getNegotiatedProtocolVersion()).to.equal(revision);
        expect(client.getServerVersion()).to.include({ name: 'missions' });
        expect(client.getInstructions()).to.equal(promptFragment);
      });

      it('lists the tools with their effects', async () => {
        const { tools } = await client.listTools();
        expect(tools.map(({ name }) => name)).to.deep.equal(names);
        for (const { description, inputSchema } of tools) {
          expect(description).to.be.a('string').that.has.length.above(40);
          expect(inputSchema).to.deep.include({ type: 'object', additionalProperties: false });
        }
        const hints = Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]));
        expect(hints['mission_list']).to.include({ readOnlyHint: true, openWorldHint: false });
        expect(hints['mission_get']).to.include({ readOnlyHint: true });
        expect(hints['mission_complete']).to.include({ readOnlyHint: false, destructiveHint: true });
        expect(hints['email_send']).to.include({
          readOnlyHint: false,
          destructiveHint: true,
          idempotentHint: false,
          openWorldHint: true,
        });
      });

      it('serves the prompt fragment as prompt and as resource', async () => {
        expect((await client.listPrompts()).prompts.map(({ name }) => name)).to.deep.equal([PROMPT]);
        expect((await client.getPrompt({ name: PROMPT })).messages).to.deep.equal([
          { role: 'user', content: { type: 'text', text: promptFragment } },
        ]);
        expect((await client.listResources()).resources.map(({ uri }) => uri)).to.deep.equal([RESOURCE]);
        expect((await client.readResource({ uri: RESOURCE })).contents).to.deep.include({
          uri: RESOURCE,
          mimeType: 'text/markdown',
          text: promptFragment,
        });
        const unknown = await Promise.allSettled([
          client.getPrompt({ name: 'other' }),
          client.readResource({ uri: 'missions://other' }),
        ]);
        expect(unknown.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
      });

      it('works on a mission from its creation to its completion', async () => {
        const mission_id = idIn(
          await called(client, 'mission_create', {
            title: 'Meeting with John',
            conversation_id: 'conv-A',
            tasks: [{ title: 'Check my calendar' }],
          }),
        );
        const task_id = idIn((await called(client, 'mission_get', { mission_id })).split('\nTasks:')[1] ?? '');
        expect(await called(client, 'mission_list', {}))
          .to.contain(mission_id)
          .and.to.contain('Meeting with John');
        expect(await called(client, 'mission_update', { mission_id, priority: 'high' })).to.contain('priority high');
        expect(
          await called(client, 'mission_add_task', { mission_id, title: 'Book it', depends_on: [task_id] }),
        ).to.contain('[pending] "Book it"');
        expect(
          await called(client, 'mission_log_event', {
            mission_id,
            event_type: 'user_message',
            content: 'Tuesday is fine',
            conversation_id: 'conv-A',
          }),
        ).to.contain('Logged');
        expect(
          await called(client, 'mission_update_task', {
            mission_id,
            task_id,
            status: 'completed',
            result: { free: ['10:00'] },
          }),
        ).to.contain('[completed]');
        expect(await called(client, 'mission_resume', { mission_id, conversation_id: 'conv-B' }))
          .to.contain('Tuesday is fine')
          .and.to.contain('10:00');

        const asked = await called(client, 'mission_ask_user', {
          mission_id,
          prompt: 'Book Tuesday at ten?',
          options: [{ id: 'approve', label: 'Yes' }],
        });
        expect(asked).to.contain('status pending');
        const { user, client: agent } = await actingFor('ada', {}, customerId);
        await user.respondToInputRequest(idIn(asked), { selected_option: 'approve' });
        expect(
          await called(client, 'mission_ask_user', { mission_id, request_id: idIn(asked), wait_seconds: 10 }),
        ).to.contain('the user answered with option "approve"');

        expect(
          await called(client, 'mission_complete', { mission_id, summary: 'Booked for Tuesday at ten' }),
        ).to.contain('outcome success');
        expect(await agent.getMission(mission_id)).to.include({
          status: 'completed',
          summary: 'Booked for Tuesday at ten',
          origin_conversation_id: 'conv-A',
        });
      });

      it('continues a mission over another connection in another conversation', async () => {
        const inConversation = async (name: string, act: (its: Client) => Promise<unknown>): Promise<void> => {
          const its = await connect(revision, {
            customerId,
            userId: 'eve',
            headers: { 'X-Conversation-ID': name },
            env: { MISSIONS_CONVERSATION_ID: name },
          });
          try {
            await act(its);
          } finally {
            await its.close();
          }
        };
        await inConversation('conv-A', (its) => called(its, 'mission_create', { title: 'Schedule meeting with John' }));
        let mission_id = '';
        await inConversation('conv-B', async (its) => {
          const text = await called(its, 'mission_list', {});
          expect(text).to.contain('"Schedule meeting with John"');
          mission_id = idIn(text);
        });
        const { user, client: agent } = await actingFor('eve', {}, customerId);
        await inConversation('conv-C', async (its) => {
          expect(await called(its, 'mission_resume', { mission_id })).to.contain('Schedule meeting with John');
          const request_id = idIn(await called(its, 'mission_ask_user', { mission_id, prompt: 'Tuesday?' }));
          await user.respondToInputRequest(request_id, { freeform_text: 'Yes' });
          expect(await called(its, 'mission_ask_user', { mission_id, request_id, wait_seconds: 10 })).to.contain('Yes');
          await called(its, 'mission_complete', { mission_id, summary: 'Tuesday' });
        });
        const { status, origin_conversation_id, recent_events } = await agent.getMission(mission_id, {
          include_events: 50,
        });
        expect({ status, origin_conversation_id }).to.deep.equal({
          status: 'completed',
          origin_conversation_id: 'conv-A',
        });
        expect(recent_events.find(({ event_type }) => event_type === 'resumed')).to.include({
          conversation_id: 'conv-C',
        });
      });

      it('accepts the former names of tools', async () => {
        const mission_id = idIn(await called(client, 'mission_create', { title: 'Old names' }));
        expect(await called(client, 'mission_create_task', { mission_id, title: 'One' })).to.contain('One');
        expect(await called(client, 'mission_get_status', { mission_id })).to.contain('One');
      });

      it('returns an invalid call as a result that says how to correct it', async () => {
        expect(await called(client, 'mission_get', {}, 'failed')).to.contain('mission_id: "is required"');
        expect(await called(client, 'mission_get', { mission_id: randomUUID() }, 'failed'))
          .to.contain('MISSION_NOT_FOUND')
          .and.to.contain('mission_list');
        expect(await called(client, 'mission_forget', {}, 'failed')).to.contain('The tools are: mission_list');
        const others = await (await actingFor('bob', {}, customerId)).client.createMission({ title: 'of bob' });
        expect(await called(client, 'mission_get', { mission_id: others.id }, 'failed')).to.contain(
          'MISSION_NOT_FOUND',
        );
        expect(await called(client, 'mission_list', {})).not.to.contain(others.id);
      });
    });
  }
}
