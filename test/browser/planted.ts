import type { Api } from '@missions/test-support/api.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { answer } from '../mail/messages.ts';
import { postUntilAccepted } from '../mail/post.ts';

/** Everything that a page must show as text: run or loaded, it would be seen by the watch. */
export const HOSTILE = [
  '<img src=x onerror=alert(1)><script>alert(2)</script>',
  '[click](javascript:alert(3)) ![x](http://evil.example/pixel.png)',
  '\u202Etxt.exe\u202C \u2066hidden\u2069 zero\u200Bwidth\uFEFF',
  'W'.repeat(200),
].join(' ');
export const LONG =
  `Prepare ${'the very long and winding quarterly budget meeting of the whole department '.repeat(4)}`.slice(0, 300);
export const ARABIC = 'تنظيم اجتماع الميزانية للربع الأول مع Sarah و John قبل يوم الثلاثاء';

/** Missions as agents make them, by the API that agents use. */
export class Planted {
  readonly #api: Api;
  readonly user: string;
  readonly #smtpPort: number;

  constructor(api: Api, user: string, smtpPort: number) {
    this.#api = api;
    this.user = user;
    this.#smtpPort = smtpPort;
  }

  mission(fields: object = {}): Promise<any> {
    return this.#api.mission({ user_id: this.user, agent_id: 'planner', ...fields });
  }

  async #did(method: 'POST' | 'PATCH', path: string, body: object): Promise<any> {
    const answered = await this.#api.send(method, path, { body, headers: { 'x-agent-instance-id': 'planner' } });
    if (answered.status >= 300) throw new Error(`${method} ${path}: ${answered.status} ${answered.text}`);
    return answered.body;
  }

  patch(mission: string, body: object): Promise<any> {
    return this.#did('PATCH', `missions/${mission}`, body);
  }
  patchTask(mission: string, task: string, body: object): Promise<any> {
    return this.#did('PATCH', `missions/${mission}/tasks/${task}`, body);
  }
  addTasks(mission: string, tasks: readonly object[]): Promise<any> {
    return this.#did('POST', `missions/${mission}/tasks`, { tasks });
  }
  ask(mission: string, question: object = {}): Promise<any> {
    return this.#did('POST', `missions/${mission}/input-requests`, {
      prompt: 'Which day suits you?',
      options: [
        { id: 'tue', label: 'Tuesday', description: 'The room is free all day' },
        { id: 'wed', label: 'Wednesday' },
      ],
      ...question,
    });
  }
  log(mission: string, entry: object): Promise<any> {
    return this.#did('POST', `missions/${mission}/events`, entry);
  }

  /** A mission that waits for three people, of whom one has replied. */
  async meeting(fields: object = {}): Promise<any> {
    const mission = await this.mission({
      title: 'Find a time for the budget meeting',
      description: 'The budget of the first quarter has to be settled before Friday.',
      priority: 'high',
      tasks: [
        { title: 'Look at my calendar', ref: 'look' },
        { title: 'Ask Sarah, John and Aïsha', ref: 'ask', depends_on: ['look'] },
        { title: 'Book a room', ref: 'book', depends_on: ['ask'] },
        { title: 'Write the agenda', ref: 'agenda', depends_on: ['look'] },
        { title: 'Send the invitation', depends_on: ['book', 'agenda'] },
      ],
      ...fields,
    });
    const [look, ask] = mission.tasks;
    await this.patchTask(mission.id, look.id, { status: 'completed', result: { free: ['Tue', 'Wed'] } });
    await this.log(mission.id, { event_type: 'agent_message', content: 'Tuesday and Wednesday are free.' });
    const mail = await this.#did('POST', 'emails', {
      user_id: this.user,
      to: ['sarah@example.com', 'john@example.com', 'aisha@example.com'],
      subject: 'A time for the budget meeting',
      body: 'Which day would suit you?',
      expect_reply: true,
      mission_id: mission.id,
      task_id: ask.id,
    });
    const sent = () => this.#api.get(`emails/${mail.id}`);
    const { body } = await waitUntil(async () => {
      const read = await sent();
      return read.body.sent_at === null ? undefined : read;
    });
    const reply = answer(body, 'sarah@example.com', 'Tuesday suits me.\nSarah', { name: 'Sarah Weber' });
    await postUntilAccepted(this.#smtpPort, reply);
    await waitUntil(async () => (await sent()).body.replies.length > 0, { what: 'the reply' });
    return mission;
  }

  /** A plan of many tasks in layers, each with what it depends on. */
  async large(count: number, { layer = 20, ...fields }: { layer?: number; title?: string } = {}): Promise<any> {
    const mission = await this.mission({ title: `A plan of ${count} tasks`, ...fields });
    let before: string[] = [];
    for (let done = 0; done < count; done += layer) {
      const titles = Array.from({ length: Math.min(layer, count - done) }, (_, index) => `Step ${done + index + 1}`);
      const { tasks } = await this.addTasks(
        mission.id,
        titles.map((title, index) => ({ title, depends_on: before.length > 0 ? [before[index % before.length]] : [] })),
      );
      before = tasks.map(({ id }: { id: string }) => id);
    }
    return mission;
  }

  /** One mission with the same text in every field that an agent or a stranger may fill. */
  async full(text: string): Promise<any> {
    const title = text.slice(0, 500);
    const mission = await this.mission({
      title,
      description: text,
      tasks: [
        { title, description: text, ref: 'a' },
        { title, description: text, depends_on: ['a'], wait_for: { kind: 'webhook', reason: title } },
        { title, description: text, wait_for: { kind: 'webhook', reason: title } },
      ],
    });
    const [first] = mission.tasks;
    await this.patchTask(mission.id, first.id, { status: 'in_progress' });
    await this.patchTask(mission.id, first.id, { status: 'failed', error: text });
    for (const event_type of ['user_message', 'agent_message', 'external_event', 'note'])
      await this.log(mission.id, { event_type, title, content: text });
    await this.ask(mission.id, {
      prompt: text,
      options: [{ id: 'a', label: title, description: text }],
      context: { [title.slice(0, 100)]: text, list: [text, { nested: text }] },
    });
    return mission;
  }
}
