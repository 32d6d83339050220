import type { ErrorCode, FieldError } from '@missions/contracts/errors.ts';

/** Beside the API's own codes: no answer came; an answer came that is none of the API's, as from a proxy. */
export type ClientCode = 'UNREACHABLE' | 'UNEXPECTED_ANSWER';
export type Code = ErrorCode | ClientCode;

export interface ErrorParts {
  /** A newer gateway may have codes that this client does not know; they are kept as they are. */
  readonly code: Code | (string & {});
  readonly detail: string;
  /** undefined: no answer came. */
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  /** How often it was tried. After more than one attempt, a refusal such as `VERSION_MISMATCH` may be of what an earlier one did. */
  readonly attempts: number;
  /** The problem document (RFC 9457) with members of its own, e.g. `from`, `to`, `allowed` of a refused transition. */
  readonly problem?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Every call that fails throws this, unless its caller aborted it: then the reason of the signal. */
export class MissionsError extends Error {
  readonly code: Code | (string & {});
  readonly detail: string;
  readonly status: number | undefined;
  /** In bad input, what is wrong where: JSON Pointers into the body, or names of parameters and headers. */
  readonly errors: readonly FieldError[];
  /** Names the call in the gateway's logs, also when no answer came. */
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
