import type { InputRequest, InputRequestStatus } from '../approval/input-request.ts';

/**
 * A mission's resume context has two parts that other services store: input requests (approval) and e-mails
 * (email-bridge). The mission service writes null in place of a part that has entries, and an empty list if it has
 * none. Whoever hands the context out (the gateway to its callers, the scheduler to a pushed run) completes it first:
 * it asks the owning services for the parts that are null.
 */
const contextParts = ['input_requests', 'emails'] as const;
export type ContextPart = (typeof contextParts)[number];

/** A part's list; with the number of entries that were left out, if any were. */
export type FetchedPart = readonly unknown[] | { readonly entries: readonly unknown[]; readonly omitted: number };

interface JsonReply {
  json<T>(): T;
}

/** The part in the reply to `listInputRequests`. */
export function inputRequestsPart(reply: JsonReply): { readonly entries: InputRequest[]; readonly omitted: number } {
  const { input_requests: entries, omitted = 0 } = reply.json<{ input_requests: InputRequest[]; omitted?: number }>();
  return { entries, omitted };
}

/** The part in the reply to `listEmailsOfMission`. */
export function emailsPart(reply: JsonReply): FetchedPart {
  const { emails: entries, omitted = 0 } = reply.json<{ emails: unknown[]; omitted?: number }>();
  return { entries, omitted };
}

/** Asks the owning service for a part's list. A part without a function is left as it is. */
export type PartFetchers = { readonly [part in ContextPart]?: () => Promise<FetchedPart> };

/** Input of `listInputRequests` for a resume context: cancelled requests are of no use to an agent. */
export const contextInputRequests = (
  mission_id: string,
): { mission_id: string; status: InputRequestStatus[]; limit: number } => ({
  mission_id,
  status: ['pending', 'responded', 'expired'],
  limit: MAX_INPUT_REQUESTS,
});
export const MAX_INPUT_REQUESTS = 100;

export interface CompletedContext<Context> {
  readonly context: Context;
  /** Parts that could not be had, sorted: their lists are empty, which does not mean that they have no entries. */
  readonly missing?: readonly ContextPart[];
}

/**
 * Fetches, concurrently, every part of the context that is null; other parts are kept.
 *
 * @param unavailable Called when a part could not be fetched. If it returns, the context gets an empty list in place of
 * the part, and `missing` names the part. If it throws, so does `completeContext`.
 */
export async function completeContext<Context extends object>(
  context: Context,
  fetchers: PartFetchers,
  unavailable: (part: ContextPart, error: unknown) => void,
): Promise<CompletedContext<Context>> {
  const missing: ContextPart[] = [];
  const omitted: Record<string, number> = {};
  const fetched = await Promise.all(
    contextParts.map(async (part) => {
      const fetch = fetchers[part];
      if (!fetch || (context as Readonly<Record<string, unknown>>)[part] !== null) return undefined;
      try {
        const found = await fetch();
        if (!('omitted' in found)) return [part, found] as const;
        if (found.omitted > 0) omitted[part] = found.omitted;
        return [part, found.entries] as const;
      } catch (error) {
        unavailable(part, error);
        missing.push(part);
        return [part, []] as const;
      }
    }),
  );
  const parts = fetched.filter((one) => one !== undefined);
  const before = (context as { readonly omitted?: object }).omitted;
  return {
    context: {
      ...context,
      ...Object.fromEntries(parts),
      ...(Object.keys(omitted).length > 0 && { omitted: { ...before, ...omitted } }),
    },
    ...(missing.length > 0 && { missing: missing.toSorted() }),
  };
}

/**
 * For `completeContext`: the context is of no use without the part, so the error of the owning service is the caller's
 * answer.
 */
export const refuse = (_part: ContextPart, error: unknown): never => {
  throw error;
};

/**
 * The same for JSON text, which is parsed only if a part may be null: most missions have neither input requests nor
 * e-mails, and their text, 400 KB at most, is passed on as it came.
 */
export async function completeContextText(
  json: string,
  fetchers: PartFetchers,
  unavailable: (part: ContextPart, error: unknown) => void = refuse,
): Promise<string> {
  const mayBeNull = contextParts.some((part) => fetchers[part] !== undefined && mayHaveNull(json, part));
  if (!mayBeNull) return json;
  const { context, missing } = await completeContext(JSON.parse(json) as object, fetchers, unavailable);
  return JSON.stringify({ ...context, ...(missing && { missing }) });
}

/**
 * Whether a member of that name has the value null anywhere in the text, whatever whitespace its writer puts around the
 * colon. True is not yet a gap: the member may be somewhere deeper (in a task's metadata, for instance), which parsing
 * tells.
 */
function mayHaveNull(json: string, member: string): boolean {
  const name = `"${member}"`;
  for (let at = json.indexOf(name); at !== -1; at = json.indexOf(name, at + 1)) {
    const colon = skipSpaces(json, at + name.length);
    if (json[colon] === ':' && json.startsWith('null', skipSpaces(json, colon + 1))) return true;
  }
  return false;
}

function skipSpaces(json: string, from: number): number {
  let at = from;
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at++;
  return at;
}
