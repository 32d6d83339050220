import { randomBytes } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';
const LENGTH = 26;

/** 26 letters of 5 bits: 130 random bits, so that a reply address is known to whom it was sent and to nobody else. */
export const newToken = (): string => [...randomBytes(LENGTH)].map((byte) => LETTERS[byte & 31]).join('');
