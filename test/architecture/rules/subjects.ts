import { isProduct, isSource, isSpec, roomOf, type SourceFile } from '../source/files.ts';
import { isWritten, tokens } from '../source/tokens.ts';

/** An event's type or a pattern of them, e.g. `mission.created`, `timer.*`. */
const WHOLE = /^(mission|approval|email|scheduler|timer)\.([a-z_]+|\*|>)$/;
/** What a subject begins with that is put together or addresses a request, a hint or a dead letter. */
const BEGINNING = /^((mission|approval|email|scheduler|timer)\.$|(svc|live|deadletter)\.)/;

/**
 * Every subject is spelled in the contracts, so that one table says who publishes what, and permissions can be made from it. Whole
 * ones are recognised by being spelled there: `mission.load` may well be the name of a prepared statement.
 */
export function subjectsInContractsOnly(files: readonly SourceFile[]): string[] {
  const isContract = (file: SourceFile) => roomOf(file.path) === 'shared/contracts';
  const written = (file: SourceFile) => tokens(file.text).filter(isWritten);
  const declared = files.filter((file) => isSource(file) && !isSpec(file) && isContract(file)).flatMap(written);
  const subjects = new Set(declared.map((token) => token.value).filter((value) => WHOLE.test(value)));
  return files
    .filter((file) => isProduct(file) && !isContract(file))
    .flatMap((file) =>
      written(file)
        .filter(({ value }) => subjects.has(value) || BEGINNING.test(value))
        .map(({ line, value }) => `${file.path}:${line} spells the subject '${value}': take it from shared/contracts`),
    );
}
