import { isProduct, type SourceFile } from '../source/files.ts';
import { tokens } from '../source/tokens.ts';

const isRefusal = (value: string | undefined): boolean => /^[45]\d\d$/.test(value ?? '');

/** Which HTTP status a refusal gets is decided in one file of the gateway; everything else throws a problem with a code. */
export function refusalStatusesInProblemMapOnly(files: readonly SourceFile[]): string[] {
  return files
    .filter(
      (file) =>
        isProduct(file) &&
        /^(services\/(gateway|agent)|shared\/http)\//.test(file.path) &&
        file.path !== 'shared/http/problem.ts',
    )
    .flatMap((file) => {
      const all = tokens(file.text);
      return all
        .filter(
          (token, at) =>
            isRefusal(token.value) &&
            token.kind === 'name' &&
            setsStatus(all.slice(Math.max(0, at - 3), at).map((one) => one.value)),
        )
        .map(
          (token) =>
            `${file.path}:${token.line} answers ${token.value}: throw a Problem, http/problem.ts decides its status`,
        );
    });
}

/** `ctx.status = 404`, `response.statusCode = 404`, `{ status: 404 }`, `ctx.throw(404`, `writeHead(404`. */
function setsStatus(before: string[]): boolean {
  const [third, second, first] = before.length === 3 ? before : ['', ...before];
  if (first === '=') return third === '.' && (second === 'status' || second === 'statusCode');
  if (first === ':') return second === 'status' || second === 'statusCode';
  return first === '(' && ['throw', 'assert', 'writeHead', 'status'].includes(second ?? '');
}
