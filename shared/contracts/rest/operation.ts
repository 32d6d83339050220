import type { Static, TSchema } from 'typebox';
import { type ErrorCode, Problem } from '../errors.ts';

export type Method = 'get' | 'post' | 'patch' | 'delete';

/** One operation of the REST API, declared once: the gateway's routes, the OpenAPI document and the typed client are made from it. */
export interface Operation<
  Body extends TSchema = TSchema,
  Query extends TSchema = TSchema,
  Answer extends TSchema = TSchema,
> {
  /** `operationId` of the OpenAPI document, and the client's method. */
  readonly id: string;
  readonly method: Method;
  /** OpenAPI's notation: `/api/internal/missions/{mission_id}`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly body?: Body;
  readonly query?: Query;
  readonly answer: Answer;
  readonly status: 200 | 201 | 202 | 204;
  /** It may answer 204 instead, and what that means. */
  readonly noContent?: string;
  /** What 204 says, where that may be the answer as well. */
  readonly none?: string;
  /** Codes beyond those that any call may get (400, 401, 429, 503 and the like). */
  readonly refusals: readonly ErrorCode[];
  /** The answer is a mission's representation and bears its version as `ETag`. */
  readonly etag?: true;
  /** A POST that takes no `Idempotency-Key`: each call is meant anew (claims and heartbeats). */
  readonly repeatable?: true;
  /** Carries the fence of a run itself, or asks for one: takes no `X-Run`. */
  readonly fenced?: true;
  /** Honours `If-Match`. */
  readonly conditional?: true;
  /** Answers with server-sent events until either side ends it; the `data` of each is one `answer`. Honours `Last-Event-ID`. */
  readonly events?: true;
}

export const operation = <Body extends TSchema, Query extends TSchema, Answer extends TSchema>(
  it: Operation<Body, Query, Answer>,
): Operation<Body, Query, Answer> => it;

export type BodyOf<O> = O extends Operation<infer Body> ? Static<Body> : never;
export type QueryOf<O> = O extends Operation<TSchema, infer Query> ? Static<Query> : never;
export type AnswerOf<O> = O extends Operation<TSchema, TSchema, infer Answer> ? Static<Answer> : never;

/** The path's parameters, in order: `['mission_id', 'task_id']`. */
export const pathParameters = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);

/** The path with its parameters filled in, each escaped. @throws {Problem} `VALIDATION_FAILED` when one is missing. */
export const fillPath = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = values[name];
    if (!value)
      throw new Problem('VALIDATION_FAILED', `${name} is required`, {
        errors: [{ path: name, message: 'is required' }],
      });
    return encodeURIComponent(value);
  });
