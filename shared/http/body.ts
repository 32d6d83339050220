import type { Context, Middleware } from 'koa';
import rawBody from 'raw-body';
import { Problem } from '@missions/contracts/errors.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { textFaults } from '@missions/contracts/text.ts';
import { exactnessFaults } from './exact-json.ts';

export const MAX_BODY_BYTES = 256 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true });

export interface JsonBodyOptions {
  /** Media types that are accepted beside JSON, for clients that send JSON under the name of another type. */
  readonly alsoAccepted?: readonly string[];
}

/**
 * Reads the JSON body of a POST, PATCH or PUT into `ctx.state.body`; an empty body reads as `{}`. Stricter than the
 * usual body parsers, which treat another media type as no body and replace bytes that are not UTF-8: text is stored
 * exactly as sent, or refused.
 */
export const jsonBody: Middleware = async (ctx, next) => {
  if (ctx.method === 'POST' || ctx.method === 'PATCH' || ctx.method === 'PUT') {
    ctx.state['body'] = (await readJsonObject(ctx)) ?? {};
  }
  await next();
};

/**
 * The JSON object in the body, at most `MAX_BODY_BYTES` bytes; undefined if the body is empty.
 * @throws Problem PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, or VALIDATION_FAILED for a body that did not arrive
 * whole, is not a JSON object in UTF-8, or holds what cannot be stored as sent.
 */
export async function readJsonObject(
  ctx: Context,
  { alsoAccepted = [] }: JsonBodyOptions = {},
): Promise<object | undefined> {
  const bytes = await readBytes(ctx);
  if (bytes.length === 0) return undefined;
  if (!ctx.is('json', '+json', ...alsoAccepted)) {
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Send the body as JSON, with Content-Type: application/json.');
  }
  if ((ctx.req.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Send the body without Content-Encoding.');
  }
  const text = decode(bytes);
  const body = parse(text);
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw invalid([{ path: '', message: 'must be a JSON object' }]);
  }
  for (const faults of [textFaults(body), exactnessFaults(text)]) if (faults.length > 0) throw invalid(faults);
  return body;
}

/** The form in the body, as `application/x-www-form-urlencoded`. @throws Problem as `readJsonObject` */
export async function formBody(ctx: Context): Promise<URLSearchParams> {
  const bytes = await readBytes(ctx);
  if (bytes.length > 0 && !ctx.is('urlencoded'))
    throw new Problem(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send the body as a form, with Content-Type: application/x-www-form-urlencoded.',
    );
  return new URLSearchParams(decode(bytes));
}

async function readBytes(ctx: Context): Promise<Buffer> {
  try {
    return await rawBody(ctx.req, { length: ctx.request.length ?? null, limit: MAX_BODY_BYTES });
  } catch (error) {
    // The rest is read and dropped. Without that the connection would stand still and be reset under the next request.
    ctx.req.resume();
    const type = (error as { type?: unknown }).type;
    if (type === 'entity.too.large') {
      const detail = `A body may have at most ${MAX_BODY_BYTES} bytes.`;
      throw new Problem('PAYLOAD_TOO_LARGE', detail, { limit: MAX_BODY_BYTES });
    }
    if (typeof type === 'string') throw invalid([{ path: '', message: 'did not arrive whole' }]);
    throw error;
  }
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw invalid([{ path: '', message: 'is not UTF-8' }]);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid([{ path: '', message: `is not JSON: ${(error as Error).message.slice(0, 200)}` }]);
  }
}
