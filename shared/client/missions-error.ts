import type { ErrorCode, FieldError } from '@missions/contracts/errors.ts';

/** Codes of the client itself: no response came; or the response is not one of the API, e.g. that of a proxy. */
export type ClientCode = 'UNREACHABLE' | 'UNEXPECTED_ANSWER';
export type Code = ErrorCode | ClientCode;

export interface ErrorParts {
  /** Codes of a newer gateway that this client does not know are passed on unchanged. */
  readonly code: Code | (string & {});
  readonly detail: string;
  /** undefined if no response came. */
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  /**
   * Number of attempts. After more than one, a refusal such as `VERSION_MISMATCH` may be the effect of an earlier
   * attempt.
   */
  readonly attempts: number;
  /** The problem document (RFC 9457) with its further members, e.g. `from`, `to`, `allowed` of a refused transition. */
  readonly problem?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Thrown by every failed call. A call that its caller aborted throws the reason of the signal instead. */
export class MissionsError extends Error {
  readonly code: Code | (string & {});
  readonly detail: string;
  readonly status: number | undefined;
  /** The mistakes in invalid input, by JSON Pointer into the body or by name of the parameter or header. */
  readonly errors: readonly FieldError[];
  /** Id of the call in the gateway's logs, also if no response came. */
  readonly requestId: string | undefined;
  readonly attempts: number;
  readonly problem: Readonly<Record<string, unknown>>;

  constructor({ code, detail, status, requestId, attempts, problem = {}, cause }: ErrorParts) {
    super(`${code}: ${detail}`, { cause });
    this.name = 'MissionsError';
    this.code = code;
    this.detail = detail;
    this.status = status;
    this.errors = Array.isArray(problem['errors']) ? (problem['errors'] as FieldError[]) : [];
    this.requestId = requestId;
    this.attempts = attempts;
    this.problem = problem;
  }
}

/** `if (isCode(error, 'VERSION_MISMATCH')) …` */
export const isCode = <C extends Code>(
  error: unknown,
  ...codes: readonly [C, ...C[]]
): error is MissionsError & { readonly code: C } =>
  error instanceof MissionsError && (codes as readonly string[]).includes(error.code);
