import type { Static, TSchema } from 'typebox';
import type { AuditAction } from '../audit.ts';
import { type ErrorCode, Problem } from '../errors.ts';
import type { KeyScope } from '../key-scopes.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/**
 * One operation of the REST API, declared once: the gateway's routes, the OpenAPI document and the typed client are
 * made from it.
 */
export interface Operation<
  Body extends TSchema = TSchema,
  Query extends TSchema = TSchema,
  Response extends TSchema = TSchema,
> {
  /** `operationId` of the OpenAPI document, and the client's method. */
  readonly id: string;
  readonly method: Method;
  /** OpenAPI's notation: `/api/internal/missions/{mission_id}`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** What an agent's key needs for it; an operation without one is not for agents' keys. */
  readonly scope?: KeyScope;
  readonly body?: Body;
  readonly query?: Query;
  readonly response: Response;
  readonly status: 200 | 201 | 202 | 204;
  /** Set if the operation may respond 204 instead: the meaning of that status, for the OpenAPI document. */
  readonly noContent?: string;
  /** Error codes of this operation, beyond those that any call may get (400, 401, 429, 503 and the like). */
  readonly refusals: readonly ErrorCode[];
  /** The response is a mission, with the mission's version as `ETag`. */
  readonly etag?: true;
  /** A POST that takes no `Idempotency-Key`, because every call is a new one (claims and heartbeats). */
  readonly repeatable?: true;
  /** The operation takes no `X-Run`: its body carries the fence of a run, it asks for one, or it is no agent's. */
  readonly fenced?: true;
  /** The operation is this deed, which is recorded, refused or done (specification section 9). */
  readonly deed?: AuditAction;
  /** Honours `If-Match`. */
  readonly conditional?: true;
  /**
   * Responds with server-sent events until either side closes the stream; the `data` of each is one `response`. Honours
   * `Last-Event-ID`.
   */
  readonly events?: true;
}

export const operation = <Body extends TSchema, Query extends TSchema, Response extends TSchema>(
  it: Operation<Body, Query, Response>,
): Operation<Body, Query, Response> => it;

export type BodyOf<O> = O extends Operation<infer Body> ? Static<Body> : never;
export type QueryOf<O> = O extends Operation<TSchema, infer Query> ? Static<Query> : never;
export type ResponseOf<O> = O extends Operation<TSchema, TSchema, infer Response> ? Static<Response> : never;

/** The path's parameters, in order: `['mission_id', 'task_id']`. */
export const pathParameters = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);

/**
 * The path with its parameters filled in and percent-encoded. @throws {Problem} `VALIDATION_FAILED` if a value is
 * missing or empty.
 */
export const fillPath = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = values[name];
    if (!value)
      throw new Problem('VALIDATION_FAILED', `${name} is required`, {
        errors: [{ path: name, message: 'is required' }],
      });
    return encodeURIComponent(value);
  });
