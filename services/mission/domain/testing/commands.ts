import type { Command } from '../decide.ts';
import { isOfBridge } from '../email.ts';
import { type Mission, openBlockers } from '../state.ts';
import type { ModelStep, ModelTask, ModelCommand } from './model.ts';

/** How a play is said to the domain. */
export function commandOf(modelCommand: ModelCommand, mission: Mission): Command | null {
  const idOf = (title: string): string => mission.tasks.find((task) => task.title === title)?.id ?? title;
  switch (modelCommand.do) {
    case 'log':
      return { type: 'LogEvent', event: { event_type: 'note', content: 'noted' } };
    case 'resume':
      return { type: 'Resume' };
    case 'rename':
      return { type: 'PatchMission', patch: { title: modelCommand.title } };
    case 'mission':
      return { type: 'PatchMission', patch: patches[modelCommand.step] };
    case 'waitAll':
      return { type: 'PatchMission', patch: { status: 'waiting', blocked_by: modelCommand.key } };
    case 'freeAll':
      return { type: 'PatchMission', patch: { blocked_by: '' } };
    case 'status':
      return { type: 'PatchTask', task_id: idOf(modelCommand.task), patch: { status: modelCommand.to } };
    case 'wait':
      return {
        type: 'PatchTask',
        task_id: idOf(modelCommand.task),
        patch: { blocked_by: modelCommand.key, ...(modelCommand.to && { status: modelCommand.to }) },
      };
    case 'free':
      return {
        type: 'PatchTask',
        task_id: idOf(modelCommand.task),
        patch: { blocked_by: '', ...(modelCommand.to && { status: modelCommand.to }) },
      };
    case 'depend':
      return {
        type: 'PatchTask',
        task_id: idOf(modelCommand.task),
        patch: { depends_on: modelCommand.after.map(idOf) },
      };
    case 'add':
      return {
        type: 'AddTasks',
        tasks: modelCommand.tasks.map(({ title, after, waitsFor }) => ({
          title,
          ref: title,
          depends_on: after.map(idOf),
          ...(waitsFor && { wait_for: waitForOf(waitsFor) }),
        })),
      };
    case 'retryAll':
      return { type: 'RetryFailed' };
    case 'received':
      return { type: 'MarkReceived', task_id: idOf(modelCommand.task) };
    case 'ask':
      return {
        type: 'RequestInput',
        request_id: modelCommand.question,
        request: {
          prompt: 'Which day?',
          ...(modelCommand.task !== null && { task_id: idOf(modelCommand.task) }),
          on_timeout: modelCommand.fails ? 'fail' : 'resume',
        },
      };
    case 'answer': {
      const wait = openBlockers(mission)[modelCommand.wait];
      if (wait?.kind !== 'human_input') return null;
      const response = { selected_option: null, freeform_text: 'Tuesday', responded_by: 'ada', via: 'api' } as const;
      return { type: 'ReceiveResponse', request_id: wait.key.slice('human_input:'.length), response };
    }
    case 'timeOut': {
      const wait = openBlockers(mission)[modelCommand.wait];
      if (wait?.kind === 'human_input')
        return { type: 'ExpireInputRequest', request_id: wait.key.slice('human_input:'.length) };
      if (wait && isOfBridge(wait))
        return { type: 'ExpireEmail', outcome: { tracking_id: wait.id, received_from: [] } };
      return wait?.timeout_at ? { type: 'ReachDeadline', blocker_id: wait.id, deadline: wait.timeout_at } : null;
    }
    case 'mail':
      return {
        type: 'RequestEmail',
        tracking_id: modelCommand.mail,
        email: {
          to: ['sarah@example.com'],
          subject: 'When?',
          body: '',
          expect_reply: true,
          until: modelCommand.any ? 'any' : 'all',
          on_timeout: modelCommand.fails ? 'fail' : 'resume',
          ...(modelCommand.task !== null && { task_id: idOf(modelCommand.task) }),
        },
      };
    case 'unreachable': {
      const wait = openBlockers(mission)[modelCommand.wait];
      if (wait?.kind !== 'email_reply') return null;
      const said = {
        task_id: wait.task_id,
        subject: 'When?',
        recipient: 'sarah@example.com',
        reason: 'no such user',
        pending_from: [],
        received_from: [],
        bounced: ['sarah@example.com'],
      };
      return {
        type: 'ReceiveBounce',
        outcome: { ...said, tracking_id: wait.key.slice('email_reply:'.length), nobody_left: true },
      };
    }
    case 'signal': {
      const wait = openBlockers(mission)[modelCommand.wait];
      return wait && wait.kind !== 'human_input'
        ? {
            type: 'ReceiveSignal',
            blocker_id: wait.id,
            signal: { id: 'signal', data: {}, final: modelCommand.final, received_at: mission.updated_at },
          }
        : null;
    }
    default:
      return modelCommand satisfies never;
  }
}

const patches = {
  execute: { phase: 'executing' },
  replan: { phase: 'planning' },
  complete: { status: 'completed' },
  fail: { status: 'failed' },
  cancel: { status: 'cancelled' },
  pause: { status: 'paused' },
  unpause: { status: 'active' },
} as const satisfies Record<ModelStep, object>;

function waitForOf({ key, completes, any, fails }: NonNullable<ModelTask['waitsFor']>) {
  const [kind, reference = ''] = key.split(':');
  return {
    kind: kind as 'webhook',
    reference,
    on_signal: completes ? 'complete' : 'resume',
    until: any ? 'any' : 'all',
    on_timeout: fails ? 'fail' : 'resume',
  } as const;
}
