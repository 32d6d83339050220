import { v7, validate } from 'uuid';

/** UUIDv7 (RFC 9562): ids made later sort later, which keeps the indexes of append-only tables dense. */
export const newId = (): string => v7();

/** Any RFC 9562 UUID in its hyphenated form. Ids from outside are asked this before they reach a uuid column, which would throw. */
export const isUuid = (text: string): boolean => validate(text);
