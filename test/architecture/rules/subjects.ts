import { isProduct, isSource, isSpec, packageOf, placeOf, type SourceFile, withoutComments } from '../files.ts';

/** An event's type or a pattern of them, e.g. `mission.created`, `timer.*`. */
const WHOLE = /^(mission|approval|email|scheduler|timer)\.([a-z_]+|\*|>)$/;
/** What a subject begins with that is put together or addresses a request, a notification or a dead letter. */
const BEGINNING = /^((mission|approval|email|scheduler|timer)\.$|(svc|live|deadletter)\.)/;
/** The text of a string, and of a template until its first expression. */
const WRITTEN = /'([^'\n]*)'|"([^"\n]*)"|`([^`$]*)/g;

/**
 * Every subject is spelled in the contracts, so that one table says who publishes what, and permissions can be made
 * from it. Whole ones are recognised by being spelled there: `mission.load` may well be the name of a prepared
 * statement.
 */
export function subjectsInContractsOnly(files: readonly SourceFile[]): string[] {
  const isContract = (file: SourceFile) => packageOf(file.path) === 'shared/contracts';
  const declared = files.filter((file) => isSource(file) && !isSpec(file) && isContract(file)).flatMap(written);
  const subjects = new Set(declared.map(({ value }) => value).filter((value) => WHOLE.test(value)));
  return (
    files
      // The examples are programs of others, who write what they want as text.
      .filter((file) => isProduct(file) && !isContract(file) && packageOf(file.path) !== 'shared/examples')
      .flatMap((file) => written(file))
      .filter(({ value }) => subjects.has(value) || BEGINNING.test(value))
      .map(({ place, value }) => `${place} spells the subject '${value}': take it from shared/contracts`)
  );
}

const written = (file: SourceFile): { value: string; place: string }[] =>
  [...withoutComments(file).text.matchAll(WRITTEN)].map((match) => ({
    value: match[1] ?? match[2] ?? match[3] ?? '',
    place: placeOf(file, match.index),
  }));
