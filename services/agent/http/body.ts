import type { Context } from 'koa';
import rawBody from 'raw-body';
import { Problem } from '@missions/contracts/errors.ts';
import { invalid } from '@missions/contracts/schema.ts';
import { textFaults } from '@missions/contracts/text.ts';

export const MAX_BODY_BYTES = 256 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * A JSON body. `curl -d` says that what it sends is a form; whoever has the key and sends a JSON object in a form's name means it, so that is taken too.
 * @throws {Problem}
 */
export async function readJson(ctx: Context): Promise<object> {
  const bytes = await bounded(ctx);
  if (
    bytes.length > 0 &&
    ctx.get('Content-Type') !== '' &&
    !ctx.is('json', '+json', 'application/x-www-form-urlencoded')
  ) {
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Send the body as JSON, with Content-Type: application/json.');
  }
  if ((ctx.get('Content-Encoding') || 'identity') !== 'identity')
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Send the body without Content-Encoding.');
  const body = parsed(bytes);
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw invalid([{ path: '', message: 'must be a JSON object' }]);
  const faults = textFaults(body);
  if (faults.length > 0) throw invalid(faults);
  return body;
}

async function bounded(ctx: Context): Promise<Buffer> {
  try {
    return await rawBody(ctx.req, { length: ctx.request.length ?? null, limit: MAX_BODY_BYTES });
  } catch (error) {
    // Read on and forget what comes, or the connection is reset under the answer.
    ctx.req.resume();
    const type = (error as { type?: unknown }).type;
    if (type === 'entity.too.large')
      throw new Problem('PAYLOAD_TOO_LARGE', `A body may have at most ${MAX_BODY_BYTES} bytes.`, {
        limit: MAX_BODY_BYTES,
      });
    if (typeof type === 'string') throw invalid([{ path: '', message: 'did not arrive whole' }]);
    throw error;
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (error) {
    const message = error instanceof SyntaxError ? `is not JSON: ${error.message.slice(0, 200)}` : 'is not UTF-8';
    throw invalid([{ path: '', message }]);
  }
}
