import type { Command } from '../decide.ts';
import { isOfBridge } from '../email.ts';
import { type Mission, openBlockers } from '../state.ts';
import type { MissionStep, ModelTask, Play } from './model.ts';

/** How a play is said to the domain. */
export function commandOf(play: Play, mission: Mission): Command | null {
  const idOf = (title: string): string => mission.tasks.find((task) => task.title === title)?.id ?? title;
  switch (play.do) {
    case 'log':
      return { type: 'LogEvent', event: { event_type: 'note', content: 'noted' } };
    case 'resume':
      return { type: 'Resume' };
    case 'rename':
      return { type: 'PatchMission', patch: { title: play.title } };
    case 'mission':
      return { type: 'PatchMission', patch: patches[play.step] };
    case 'waitAll':
      return { type: 'PatchMission', patch: { status: 'waiting', blocked_by: play.key } };
    case 'freeAll':
      return { type: 'PatchMission', patch: { blocked_by: '' } };
    case 'status':
      return { type: 'PatchTask', task_id: idOf(play.task), patch: { status: play.to } };
    case 'wait':
      return {
        type: 'PatchTask',
        task_id: idOf(play.task),
        patch: { blocked_by: play.key, ...(play.to && { status: play.to }) },
      };
    case 'free':
      return {
        type: 'PatchTask',
        task_id: idOf(play.task),
        patch: { blocked_by: '', ...(play.to && { status: play.to }) },
      };
    case 'depend':
      return { type: 'PatchTask', task_id: idOf(play.task), patch: { depends_on: play.after.map(idOf) } };
    case 'add':
      return {
        type: 'AddTasks',
        tasks: play.tasks.map(({ title, after, waitsFor }) => ({
          title,
          ref: title,
          depends_on: after.map(idOf),
          ...(waitsFor && { wait_for: waitForOf(waitsFor) }),
        })),
      };
    case 'retryAll':
      return { type: 'RetryFailed' };
    case 'received':
      return { type: 'MarkReceived', task_id: idOf(play.task) };
    case 'ask':
      return {
        type: 'AskUser',
        request_id: play.question,
        question: {
          prompt: 'Which day?',
          ...(play.task !== null && { task_id: idOf(play.task) }),
          on_timeout: play.fails ? 'fail' : 'resume',
        },
      };
    case 'answer': {
      const wait = openBlockers(mission)[play.wait];
      if (wait?.kind !== 'human_input') return null;
      const response = { selected_option: null, freeform_text: 'Tuesday', responded_by: 'ada', via: 'api' } as const;
      return { type: 'ReceiveResponse', request_id: wait.key.slice('human_input:'.length), response };
    }
    case 'timeOut': {
      const wait = openBlockers(mission)[play.wait];
      if (wait?.kind === 'human_input')
        return { type: 'ExpireInputRequest', request_id: wait.key.slice('human_input:'.length) };
      if (wait && isOfBridge(wait)) return { type: 'ExpireEmail', heard: { tracking_id: wait.id, received_from: [] } };
      return wait?.timeout_at ? { type: 'ReachDeadline', blocker_id: wait.id, deadline: wait.timeout_at } : null;
    }
    case 'mail':
      return {
        type: 'RequestEmail',
        tracking_id: play.mail,
        email: {
          to: ['sarah@example.com'],
          subject: 'When?',
          body: '',
          expect_reply: true,
          until: play.any ? 'any' : 'all',
          on_timeout: play.fails ? 'fail' : 'resume',
          ...(play.task !== null && { task_id: idOf(play.task) }),
        },
      };
    case 'unreachable': {
      const wait = openBlockers(mission)[play.wait];
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
        heard: { ...said, tracking_id: wait.key.slice('email_reply:'.length), nobody_left: true },
      };
    }
    case 'signal': {
      const wait = openBlockers(mission)[play.wait];
      return wait && wait.kind !== 'human_input'
        ? {
            type: 'ReceiveSignal',
            blocker_id: wait.id,
            signal: { id: 'signal', data: {}, final: play.final, received_at: mission.updated_at },
          }
        : null;
    }
    default:
      return play satisfies never;
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
} as const satisfies Record<MissionStep, object>;

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
