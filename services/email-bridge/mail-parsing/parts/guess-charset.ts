/**
 * Guesses the charset of text that declares none and is not UTF-8. Letters of Western languages stand between ASCII
 * letters; those of other scripts come in runs. Of the charsets in which the bytes are valid, the one counts whose
 * characters are the frequent ones of its languages.
 */
const CANDIDATES: readonly { readonly charset: string; readonly frequent: RegExp; readonly weight: number }[] = [
  { charset: 'shift_jis', frequent: /[\u3041-\u3093\u30a1-\u30f6\u3001\u3002]/g, weight: 1 },
  { charset: 'euc-jp', frequent: /[\u3041-\u3093\u30a1-\u30f6\u3001\u3002]/g, weight: 1 },
  { charset: 'euc-kr', frequent: /[\uac00-\ud7a3]/g, weight: 0.9 },
  {
    charset: 'gbk',
    frequent:
      /[的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年星期好请您上午下午点，。？！]/g,
    weight: 2,
  },
  {
    charset: 'big5',
    frequent:
      /[的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年星期好請您上午下午點，。？！]/g,
    weight: 2,
  },
  { charset: 'windows-1251', frequent: /[оеаинтсрвлкмдпуяыьгзбчйхжшюцщэіїєґ]/g, weight: 0.9 },
  { charset: 'koi8-r', frequent: /[оеаинтсрвлкмдпуяыьгзбчйхжшюцщэ]/g, weight: 0.9 },
  { charset: 'iso-8859-7', frequent: /[αεηιοςντρσκπμυλάέήίόύώ]/g, weight: 0.9 },
  { charset: 'windows-1255', frequent: /[\u05d0-\u05ea]/g, weight: 0.9 },
  { charset: 'windows-1256', frequent: /[اليمنوتربةعدسفهكقحجشصطخ]/g, weight: 0.9 },
  { charset: 'windows-874', frequent: /[\u0e01-\u0e4e]/g, weight: 0.6 },
];
/** Of Japanese, the syllables are the frequent characters, and words of ideographs stand between them. */
const JAPANESE = new Set(['shift_jis', 'euc-jp']);
const MAX_BYTES = 4_000;

export function guessCharset(bytes: Uint8Array): string {
  const start = bytes.subarray(0, MAX_BYTES);
  if (!hasRuns(start)) return 'windows-1252';
  let best = { charset: 'windows-1252', score: 0.4 };
  for (const { charset, frequent, weight } of CANDIDATES) {
    const text = new TextDecoder(charset).decode(start);
    // oxlint-disable-next-line no-control-regex -- ASCII
    const foreign = text.replace(/[\u0000-\u007f]/g, '');
    const broken = (foreign.slice(0, -1).match(/[\ufffd\u0080-\u009f\ue000-\uf8ff]/g) ?? []).length;
    if (foreign.length === 0 || broken > foreign.length / 20) continue;
    const ideographs = JAPANESE.has(charset) ? (foreign.match(/\p{Script=Han}/gu) ?? []).length : 0;
    const score = (weight * (foreign.match(frequent) ?? []).length + 0.4 * ideographs) / foreign.length;
    if (score > best.score) best = { charset, score };
  }
  return best.charset;
}

/** Most bytes beyond ASCII stand in rows of three and more. */
function hasRuns(bytes: Uint8Array): boolean {
  let [all, inRuns, run] = [0, 0, 0];
  for (let at = 0; at <= bytes.length; at += 1) {
    if ((bytes[at] ?? 0) >= 0x80) {
      run += 1;
      continue;
    }
    all += run;
    if (run >= 3) inRuns += run;
    run = 0;
  }
  return inRuns > all / 2;
}
