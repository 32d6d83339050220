import type { Reply } from '@missions/contracts/email/email.ts';

const MARK = '\n[… cut here; the e-mail itself shows more]';
const sizeOf = (text: string): number => Buffer.byteLength(JSON.stringify(text));

/**
 * Bounds what is sent over the bus at once: the longest texts are cut, all to the same length, until together they take no more than `budget` bytes as JSON.
 * Everything else of a reply stays.
 */
export function fitReplies(replies: readonly Reply[], budget: number): Reply[] {
  const sizes = replies.map((reply) => sizeOf(reply.untrusted.body_text));
  const limit = levelOf(sizes, budget);
  return replies.map((reply, at) =>
    (sizes[at] ?? 0) <= limit
      ? reply
      : { ...reply, untrusted: { ...reply.untrusted, body_text: cut(reply.untrusted.body_text, limit) } },
  );
}

/** The size to which the larger ones must be cut so that all fit. */
function levelOf(sizes: readonly number[], budget: number): number {
  const rising = sizes.toSorted((a, b) => a - b);
  let left = budget;
  for (const [at, size] of rising.entries()) {
    const share = Math.floor(left / (rising.length - at));
    if (size > share) return share;
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}

function cut(text: string, limit: number): string {
  let kept = text;
  for (let size = sizeOf(kept + MARK); size > limit && kept !== ''; size = sizeOf(kept + MARK)) {
    kept = kept.slice(0, Math.min(kept.length - 1, Math.floor((kept.length * limit) / size))).toWellFormed();
  }
  return kept === '' ? '' : kept + MARK;
}
