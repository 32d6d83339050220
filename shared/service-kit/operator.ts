import { Problem } from '@missions/contracts/errors.ts';
import type { Caller } from '@missions/contracts/request.ts';

/** @throws Problem FORBIDDEN unless the gateway has recognised the caller as an operator. */
export function requireOperator({ kind }: Caller): void {
  if (kind !== 'operator') throw new Problem('FORBIDDEN', 'This is for operators of the product only.');
}
