import { isSource, packageOf, placeOf, type SourceFile, withoutComments } from '../files.ts';

const EXPORTED_TYPE = /^export (?:declare )?(?:abstract )?(?:interface|type|class|enum) (\w+)/gm;

/** Within a package one name means one thing: two exported types of one name make a reader ask which one is meant. */
export function exportedTypesAreUnique(files: readonly SourceFile[]): string[] {
  const first = new Map<string, string>();
  return files.filter(isSource).flatMap((file) =>
    [...withoutComments(file).text.matchAll(EXPORTED_TYPE)].flatMap(({ index, 1: name = '' }) => {
      const key = `${scopeOf(file.path)} ${name}`;
      const place = placeOf(file, index);
      const other = first.get(key);
      first.set(key, other ?? place);
      return other === undefined || other.startsWith(`${file.path}:`)
        ? []
        : [`${place} exports the type ${name}, and so does ${other}: give one of them another name`];
    }),
  );
}

/** The package; of `test`, whose folders have nothing to do with each other, the folder. */
const scopeOf = (path: string): string =>
  packageOf(path) === 'test' ? path.split('/').slice(0, 2).join('/') : packageOf(path);
