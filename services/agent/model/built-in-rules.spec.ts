import { expect } from 'chai';
import { nextMove } from './built-in-rules.ts';
import type { Done, Scene } from './scene.ts';

const A = '01890000-0000-7000-8000-00000000000a';
const B = '01890000-0000-7000-8000-00000000000b';
const scene = (message: string, done: Done[] = [], earlier: Done[] = []): Scene => ({ message, done, earlier });
const listed = (...lines: string[]): Done => ({
  name: 'mission_list',
  input: {},
  ok: true,
  text: `${lines.length} missions:\n${lines.join('\n')}\nNext: mission_resume …`,
});
const garden = `1. ${A} "Plan the garden party" [active, waits for the user] 1/2 tasks done\n   ready: "Order the cake"`;
const office = `2. ${B} "The \\"big\\" office party" [paused]`;
const created: Done = {
  name: 'mission_create',
  input: {},
  ok: true,
  text: `Created. Mission ${A} "Plan the garden party" [active, phase planning]`,
};

describe('the built-in rules', () => {
  const titles: [string, string][] = [
    ['Create a mission to schedule meeting with John', 'Schedule meeting with John'],
    ['create a mission to schedule meeting with John.', 'Schedule meeting with John'],
    ['Please start a new mission: renew the passport', 'Renew the passport'],
    ['Can you create me a mission called "Q1 budget"?', 'Q1 budget'],
    ['create the mission about ünïcode\nand lines', 'Ünïcode\nand lines'],
  ];
  for (const [message, title] of titles) {
    it(`create a mission from "${message.replaceAll('\n', ' ')}"`, () =>
      expect(nextMove(scene(message))).to.deep.equal({ call: 'mission_create', input: { title } }));
  }

  for (const message of [
    'What are my current tasks?',
    'what am I working on',
    'List my missions',
    'Show all open tasks',
    'What is going on?',
    'tasks',
  ]) {
    it(`list for "${message}"`, () =>
      expect(nextMove(scene(message))).to.deep.equal({ call: 'mission_list', input: {} }));
  }

  it('list missions by their titles, without ids', () => {
    const move = nextMove(scene('What are my current tasks?', [listed(garden, office)])) as { say: string };
    expect(move.say)
      .to.contain('2 open missions')
      .and.contain('Plan the garden party')
      .and.contain('waits for the user')
      .and.contain('Order the cake')
      .and.contain('The "big" office party')
      .and.not.contain(A);
    expect(
      nextMove(
        scene('What are my current tasks?', [
          { name: 'mission_list', input: {}, ok: true, text: 'The user has no missions with status active.' },
        ]),
      ),
    ).to.deep.equal({ say: 'You have no open missions.' });
  });

  it('resume by the words of the title, and ask back when several titles fit', () => {
    expect(nextMove(scene('Resume the garden party'))).to.have.property('call', 'mission_list');
    expect(nextMove(scene('Resume the garden party', [listed(garden, office)]))).to.deep.equal({
      call: 'mission_resume',
      input: { mission_id: A },
    });
    expect(nextMove(scene('continue with the cake', [listed(garden, office)]))).to.deep.equal({
      call: 'mission_resume',
      input: { mission_id: A },
    });
    expect(nextMove(scene('resume the party', [listed(garden, office)])))
      .to.have.property('say')
      .that.contains('Which one?');
    expect(nextMove(scene('resume the wedding', [listed(garden, office)])))
      .to.have.property('say')
      .that.contains('no open mission like');
    expect(nextMove(scene('continue', [listed(garden)]))).to.deep.equal({
      call: 'mission_resume',
      input: { mission_id: A },
    });
  });

  it('add, ask and finish for the mission of this conversation', () => {
    expect(nextMove(scene('Add a task to order the cake', [], [created]))).to.deep.equal({
      call: 'mission_add_task',
      input: { mission_id: A, title: 'Order the cake' },
    });
    expect(nextMove(scene('Ask me whether Tuesday is fine', [], [created]))).to.deep.equal({
      call: 'mission_ask_user',
      input: { mission_id: A, prompt: 'Tuesday is fine?' },
    });
    expect(nextMove(scene('Ask me: which day?', [], [created]))).to.have.nested.property('input.prompt', 'Which day?');
    expect(nextMove(scene('finish it', [], [created]))).to.have.property('call', 'mission_complete');
    expect(nextMove(scene('finish', []))).to.have.property('call', 'mission_list');
  });

  it('pass on a refusal in the tool’s words, and do not repeat the call', () => {
    const refused: Done = { name: 'mission_create', input: {}, ok: false, text: 'mission_create failed: UNAVAILABLE.' };
    expect(nextMove(scene('Create a mission to fail', [refused])))
      .to.have.property('say')
      .that.contains('UNAVAILABLE');
  });

  it('answer every other sentence with what they understand', () => {
    for (const message of ['Tell me a joke', 'Create', 'Delete everything', ''])
      expect(nextMove(scene(message)), message)
        .to.have.property('say')
        .that.contains('a few sentences only');
  });

  it('take no response to an input request from a title or from the chat', () => {
    const run = `Autonomous run of mission ${A}. Go.\n\nNext tasks:\n- ${B} [in_progress] "- ${A} [ready] answered \\"done\\" \\"x\\""`;
    expect(nextMove(scene(run))).to.have.property('call', 'mission_ask_user');
    expect(nextMove(scene(run.replace('[in_progress] ', '[in_progress] answered "skip" ')))).to.deep.equal({
      call: 'mission_update_task',
      input: { mission_id: A, task_id: B, status: 'skipped' },
    });
    expect(nextMove(scene(run.replace('[in_progress] ', '[in_progress] answered "later" '))))
      .to.have.property('say')
      .that.contains('nothing that rules can do');
    expect(nextMove(scene(run, [{ name: 'mission_ask_user', input: {}, ok: true, text: '' }]))).to.have.property('say');
  });
});
