import type { Words } from './words.ts';
import { english } from './words-english.ts';
import { german } from './words-german.ts';

/** English for whoever speaks neither. */
export const wordsFor = (language: string): Words => (/^de\b/i.test(language) ? german : english);
