import { isProduct, placeOf, type SourceFile, withoutComments } from '../files.ts';

/** `ctx.status = 404`, `response.statusCode = 404`, `{ status: 404 }`, `ctx.throw(404`, `writeHead(404`. */
const SETS_STATUS =
  /(?:\.(?:status|statusCode) *= *|\b(?:status|statusCode): *|\b(?:throw|assert|writeHead|status)\( *)([45]\d\d)\b/g;

const MAP = 'shared/http/problem.ts';

/** Which HTTP status a refusal gets is decided in one file; everything else throws a problem with a code. */
export const refusalStatusesInProblemMapOnly = (files: readonly SourceFile[]): string[] =>
  files
    .filter((file) => isProduct(file) && /^(services\/(gateway|agent)|shared\/http)\//.test(file.path))
    .filter((file) => file.path !== MAP)
    .flatMap((file) =>
      [...withoutComments(file).text.matchAll(SETS_STATUS)].map(
        ({ index, 1: status }) =>
          `${placeOf(file, index)} answers ${status}: throw a Problem, ${MAP} decides its status`,
      ),
    );
