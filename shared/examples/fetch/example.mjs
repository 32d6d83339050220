// MISSIONS_URL=http://127.0.0.1:8003 MISSIONS_KEY=… node example.mjs: any program that can send HTTP needs no more.
import process from 'node:process';

const { MISSIONS_URL = 'http://127.0.0.1:8003', MISSIONS_KEY, MISSIONS_USER_ID = 'ada' } = process.env;

/** One call. The key makes a repeat of a POST harmless; a refusal says in `detail` how to mend the call. */
async function call(method, path, body) {
  const response = await fetch(`${MISSIONS_URL}/api/internal/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${MISSIONS_KEY}`,
      'content-type': 'application/json',
      ...(method === 'POST' && { 'idempotency-key': crypto.randomUUID() }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.code}: ${answer.detail}`);
  return answer;
}

const mission = await call('POST', 'missions', {
  user_id: MISSIONS_USER_ID,
  title: 'Pick a colour',
  tasks: [{ title: 'Ask' }],
});
const question = await call('POST', `missions/${mission.id}/input-requests`, {
  prompt: 'Which colour?',
  options: [
    { id: 'red', label: 'Red' },
    { id: 'blue', label: 'Blue' },
  ],
  task_id: mission.tasks[0].id,
});
console.log(`asked ${question.request_id}`);

// Waits up to a minute for the answer at a time. Another process may do so tomorrow: nothing is held open.
let answered;
do answered = await call('GET', `missions/${mission.id}/input-requests/${question.request_id}?wait=60`);
while (answered.status === 'pending');
console.log(`answered ${answered.response.selected_option}`);
await call('PATCH', `missions/${mission.id}`, { status: 'completed', summary: 'The colour is chosen.' });
