/**
 * Text for a terminal, on one line, with a space for every run of control and format characters. Users and mail servers
 * write the texts, and a terminal would obey an escape sequence in one.
 */
export const renderLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');

/** The same for a text of several lines, which keeps its line breaks. */
export const renderLines = (text: string): string => text.split('\n').map(renderLine).join('\n');
