/**
 * `format=flowed` (RFC 3676): a line that ends with a blank goes on in the next one of the same quote. Where the depth of
 * the quote changes, the paragraph ends, whatever the blank says (section 4.5): the answer below a quote is none of it.
 */
export function unflow(text: string, deletesBlank: boolean): string {
  const out: string[] = [];
  let open: { depth: number } | undefined;
  for (const line of text.split(/\r?\n/)) {
    const depth = /^>*/.exec(line)?.[0].length ?? 0;
    // Section 4.4: a blank in front was put there for `>`, `From ` and ` `.
    const content = line.slice(depth).replace(/^ /, '');
    const isSignature = content === '-- ';
    const isSoft = content.endsWith(' ') && !isSignature;
    const words = isSoft && deletesBlank ? content.slice(0, -1) : content;
    if (open?.depth === depth && !isSignature) out[out.length - 1] += words;
    else out.push(depth > 0 ? `${'>'.repeat(depth)} ${words}` : words);
    open = isSoft ? { depth } : undefined;
  }
  return out.join('\n');
}
