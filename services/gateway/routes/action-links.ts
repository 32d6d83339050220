import type Router from '@koa/router';
import type { Context } from 'koa';
import type { InputRequest } from '@missions/contracts/approval/input-request.ts';
import {
  type AnsweredInputRequest,
  getInputRequest,
  respondInputRequest,
} from '@missions/contracts/approval/requests.ts';
import { Problem } from '@missions/contracts/errors.ts';
import { burnAction, type OpenedAction, openAction } from '@missions/contracts/notifier/requests.ts';
import type { Caller } from '@missions/contracts/request.ts';
import { statusOf } from '@missions/http/problem.ts';
import type { GatewayContext } from './register-operation.ts';
import { deliverOutcome } from './short-ways.ts';

/**
 * `/a/{token}`, an address in a mail by which its user decides one question without a session (specification section 11).
 * Programs that look into mail open it too: a GET shows the question, and only the press of its button, a POST, decides.
 * It runs no script and loads nothing.
 */
export function actionLinkRoutes(router: Router, gateway: GatewayContext): void {
  const answer = async (
    ctx: Context & { params: Record<string, string> },
    show: (link: Link) => Promise<string>,
  ): Promise<void> => {
    ctx.type = 'html';
    ctx.set(
      'Content-Security-Policy',
      "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    ctx.set('Referrer-Policy', 'no-referrer');
    ctx.set('X-Robots-Tag', 'noindex');
    const { token = '' } = ctx.params;
    try {
      ctx.body = page(await show(await linkOf(gateway, ctx, token)));
    } catch (error) {
      if (!(error instanceof Problem) || !SHOWN.has(error.code)) throw error;
      ctx.status = statusOf(error.code);
      ctx.body = page(`<p>${escaped(error.message)}</p><p><a href="/">Open the page</a></p>`);
    }
  };
  router.get('/a/:token', (ctx) =>
    answer(ctx, async ({ request }) =>
      request.status === 'pending' ? asking(request, choiceOf(ctx)) : ended(request),
    ),
  );
  router.post('/a/:token', (ctx) => answer(ctx, (link) => decide(gateway, ctx, link, choiceOf(ctx))));
}

/** Refusals that a person sees as a page. */
const SHOWN = new Set(['NOT_FOUND', 'INPUT_REQUEST_NOT_FOUND', 'FORBIDDEN', 'VALIDATION_FAILED', 'REQUEST_EXPIRED']);

interface Link {
  readonly token: string;
  readonly caller: Caller;
  readonly request: InputRequest;
  readonly is_used: boolean;
}

async function linkOf({ bus, defaultCustomerId, origins }: GatewayContext, ctx: Context, token: string): Promise<Link> {
  if (!/^[A-Za-z0-9_-]{43}$/.test(token))
    throw new Problem('NOT_FOUND', 'This link is not whole: take it from the mail.');
  const none = { kind: 'service', credential: 'action-link', customer_id: defaultCustomerId } as const;
  const stranger: Caller = { ...none, user_id: null, agent_id: null };
  const opened = await bus.request(openAction, { caller: stranger, input: { token } });
  const { customer_id, user_id, request_id, is_used } = opened.json<OpenedAction>();
  const origin = origins.of(ctx);
  const caller: Caller = { ...none, kind: 'user', customer_id, user_id, agent_id: null, origin };
  const found = await bus.request(getInputRequest, { caller, input: { request_id } });
  return { token, caller, is_used, request: found.json<InputRequest>() };
}

/** Two presses at once: the approval service takes one answer, and the other press is shown what was decided. */
async function decide(gateway: GatewayContext, ctx: Context, link: Link, choice: string | undefined): Promise<string> {
  const { token, caller, request } = link;
  if (request.status !== 'pending' || link.is_used) return ended(request);
  if (choice === undefined) return asking(request, undefined);
  const { id: request_id } = request;
  try {
    const reply = await gateway.bus.request(respondInputRequest, {
      caller,
      input: { request_id, answer: { selected_option: choice }, via: 'link' },
    });
    const { outcome, ...responded } = reply.json<AnsweredInputRequest>();
    if (outcome) await deliverOutcome(gateway, caller, outcome);
    await gateway.bus.request(burnAction, { caller, input: { token } }).catch((error: unknown) => {
      gateway.logger.warn({ err: error }, 'the link of a question that is decided was not burnt; it decides nothing');
    });
    return ended(responded);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'ALREADY_RESPONDED') throw error;
    ctx.status = statusOf(error.code);
    const again = await gateway.bus.request(getInputRequest, { caller, input: { request_id } });
    return ended(again.json<InputRequest>());
  }
}

const choiceOf = (ctx: Context): string | undefined => {
  const { choice } = ctx.query;
  return typeof choice === 'string' && choice.length <= 100 ? choice : undefined;
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (one) => ENTITIES[one] ?? '');
/** What agents and strangers wrote, set apart from what this page says. */
const quoted = (text: string): string =>
  `<blockquote dir="auto">${escaped(text).replaceAll('\n', '<br>')}</blockquote>`;

function asking(request: InputRequest, choice: string | undefined): string {
  const chosen = request.options.filter(({ id }) => id === choice);
  const shown = chosen.length > 0 ? chosen : request.options;
  const buttons = shown.map(
    ({ id, label }) =>
      `<form method="post" action="?choice=${encodeURIComponent(id)}"><button>Answer: ${escaped(label)}</button></form>`,
  );
  const others = chosen.length > 0 && request.options.length > 1 ? '<p><a href="?">Other answers</a></p>' : '';
  return (
    `<p>Your answer is asked for, until ${escaped(request.expires_at)}:</p>${quoted(request.prompt)}` +
    `${request.task ? `<p>About the task:</p>${quoted(request.task.title)}` : ''}${buttons.join('')}${others}` +
    `<p><a href="/q/${request.id}">All of it, signed in</a></p>`
  );
}

function ended({ id, prompt, status, response, options, responded_at }: InputRequest): string {
  const chosen = options.find((one) => one.id === response?.selected_option)?.label ?? response?.freeform_text ?? '';
  const what =
    status !== 'responded' || response === null
      ? '<p>It needs no answer any more.</p>'
      : response.via === 'timeout'
        ? `<p>Nobody answered in time. Taken was:</p>${quoted(chosen)}`
        : `<p>Decided by ${escaped(response.responded_by ?? '')} at ${escaped(responded_at ?? '')}:</p>${quoted(chosen)}`;
  return `<p>The question:</p>${quoted(prompt)}${what}<p><a href="/q/${id}">Open it on the page</a></p>`;
}

const page = (content: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>A question of Missions</title><body>${content}</body></html>`;
