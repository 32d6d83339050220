import type { Middleware } from 'koa';
import rawBody from 'raw-body';
import { Problem } from '@missions/contracts/errors.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { textFaults } from '@missions/contracts/text.ts';

export const MAX_BODY_BYTES = 256 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a JSON body into `ctx.state.body`. Stricter than the usual body parsers, which let a foreign media type pass as "no body" and replace
 * bytes that are no UTF-8: text is stored exactly as sent, or refused.
 */
export const jsonBody: Middleware = async (ctx, next) => {
  if (ctx.method === 'POST' || ctx.method === 'PATCH' || ctx.method === 'PUT')
    ctx.state['body'] = await readBody(ctx.req, ctx.request.length, ctx.is('json', '+json'));
  await next();
};

async function readBody(
  request: Parameters<typeof rawBody>[0],
  length: number | undefined,
  type: string | false | null,
): Promise<unknown> {
  const bytes = await readBytes(request, length, MAX_BODY_BYTES);
  if (bytes.length === 0) return {};
  if (!type) throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Send the body as JSON, with Content-Type: application/json.');
  const headers = (request as { headers?: Record<string, string | undefined> }).headers ?? {};
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Send the body without Content-Encoding.');
  const body = parsed(bytes);
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw invalid([{ path: '', message: 'must be a JSON object' }]);
  const faults = textFaults(body);
  if (faults.length > 0) throw invalid(faults);
  return body;
}

/** @throws {Problem} `PAYLOAD_TOO_LARGE`, or `VALIDATION_FAILED` when it did not arrive whole. */
export async function readBytes(
  request: Parameters<typeof rawBody>[0],
  length: number | undefined,
  limit: number,
): Promise<Buffer> {
  try {
    return await rawBody(request, { length: length ?? null, limit });
  } catch (error) {
    // Read on and forget what comes: the reader stopped in the middle, and the connection would stand still and then be reset under the next request.
    request.resume();
    const type = (error as { type?: unknown }).type;
    if (type === 'entity.too.large')
      throw new Problem('PAYLOAD_TOO_LARGE', `A body may have at most ${limit} bytes.`, { limit });
    if (typeof type === 'string') throw invalid([{ path: '', message: 'did not arrive whole' }]);
    throw error;
  }
}

function parsed(bytes: Buffer): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw invalid([{ path: '', message: 'is not UTF-8' }]);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid([{ path: '', message: `is not JSON: ${(error as Error).message.slice(0, 200)}` }]);
  }
}
