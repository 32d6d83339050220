import { bounces } from './bounces.ts';
import { hostile } from './hostile.ts';
import { languages } from './languages.ts';
import { machines } from './machines.ts';
import { programs } from './programs.ts';

/** Messages, each with what is to be read in it. */
export const corpus = { programs, languages, machines, bounces, hostile };
