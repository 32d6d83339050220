/**
 * How mail programs mark quoted text and signatures, in many languages. Every expression takes time linear in the
 * length of a line.
 */

/** A line of a quote: `> when can we meet?` (RFC 3676 section 4.5). */
export const isQuoted = (line: string): boolean => /^[ \t]{0,3}>/.test(line);

/** A horizontal line drawn with characters, such as Outlook's above a quote. */
export const isRule = (line: string): boolean => /^[ \t]*[_\-=*─━]{3,}[ \t]*$/.test(line);

const WROTE_VERBS = [
  String.raw`wrote|writes|schrieb|écrit|escribió|scritto|escreveu|schreef|skrev|kirjoitti|napisał(?:\(a\)|a)?`,
  String.raw`pisze|napsal(?:\(a\)|a)?|napísal|írta|scris|napisao|написал(?:\(а\)|а)?|пишет|έγραψε|yazdı`,
  'menulis',
].join('|');
/** The verb of an attribution ("On Tuesday, Ada wrote:") as Gmail, Apple Mail, Thunderbird and others spell it. */
const WROTE = new RegExp(
  String.raw`(?<!\p{L})(?:${WROTE_VERBS})(?!\p{L})|כתב|كتب|写道|寫道|のメッセージ|書きました|작성|님이|đã viết|เขียน`,
  'iu',
);
/** Characters. */
const MAX_ATTRIBUTION = 400;

/**
 * The number of lines of the attribution that begins at line `at`: up to 3, because programs wrap long ones; 0 if none
 * begins there.
 */
export function attributionLength(lines: readonly string[], at: number): number {
  if (lines[at] === '') return 0;
  let text = '';
  for (let count = 1; count <= 3; count++) {
    const line = lines[at + count - 1];
    if (line === undefined || line === '' || (count > 1 && isQuoted(line))) return 0;
    text += `${text === '' ? '' : ' '}${line.trim()}`;
    if (text.length > MAX_ATTRIBUTION) return 0;
    if (/[:：]$/u.test(text)) return isAttribution(text) ? count : 0;
  }
  return 0;
}

/** A date or an address is required: "Sarah wrote:" alone is also what people write themselves. */
const isAttribution = (text: string): boolean => WROTE.test(text) && (/@/.test(text) || /\d{1,4}\D{1,12}\d/.test(text));

const DIVIDER_TITLES = [
  'original (?:message|appointment)|forwarded (?:message|by)|urspr(?:ü|ue)ngliche nachricht',
  "weitergeleitete nachricht|message (?:d['’]origine|original|transféré)",
  'mensaje (?:original|reenviado)|messaggio (?:originale|inoltrato)',
  'mensagem (?:original|encaminhada)|(?:oorspronkelijk|doorgestuurd) bericht',
  '(?:ursprungligt|vidarebefordrat) meddelande',
  '(?:oprindelig|original|videresendt) (?:besked|melding)',
  '(?:wiadomość oryginalna|oryginalna wiadomość|wiadomość przekazana)',
  '(?:исходное|пересылаемое) сообщение|元のメッセージ|原始邮件|转发的?邮件|원본 메시지',
].join('|');
const MESSAGE_DIVIDER = new RegExp(String.raw`^[ \t]*[-_=*]{2,}[ \t]*(?:${DIVIDER_TITLES})`, 'iu');

const FORWARD_TITLES = [
  'begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)',
  'début du message (?:réexpédié|transféré)|inicio del mensaje reenviado|inizio messaggio inoltrato',
  'início da mensagem (?:re)?encaminhada|begin doorgestuurd bericht',
].join('|');
const BEGIN_FORWARD = new RegExp(String.raw`^(?:${FORWARD_TITLES})[ \t]*:`, 'iu');

/** The line that a program puts above a forwarded or answered message: `---------- Forwarded message ---------`. */
export const isForwardDivider = (line: string): boolean => MESSAGE_DIVIDER.test(line) || BEGIN_FORWARD.test(line);

/** What may precede a label: white space, and the star of bold text. */
const LABEL_START = String.raw`[ \t]*\*?`;

const FROM_LABELS = [
  'from|von|de|da|van|från|fra|od|от|від|kimden|lähettäjä|feladó|expéditeur|remitente|mittente',
  'afzender|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|מאת|من',
].join('|');
/** The label of the sender in a header block, with a value. */
const FROM_LABEL = new RegExp(
  String.raw`^${LABEL_START}(?:${FROM_LABELS})[ \t\u00a0]*\*?[ \t\u00a0]*[:：]\*?[ \t\u00a0]*\S`,
  'iu',
);

const OTHER_LABELS = [
  'sent|date|to|cc|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado(?: el| em)?|fecha|para',
  'asunto|inviato|data|a|oggetto|verzonden|aan|onderwerp|assunto|skickat|till|ämne|sendt|til|emne',
  'wysłano|wysłane|do|temat|отправлено|дата|кому|тема|gönderildi|kime|konu|lähetetty|vastaanottaja',
  'aihe|发送时间|日期|收件人|主题|主旨|日時|送信日時|宛先|件名|보낸 날짜|받는 사람|제목',
].join('|');
/** The labels of date, recipients and subject in a header block. */
const OTHER_LABEL = new RegExp(String.raw`^${LABEL_START}(?:${OTHER_LABELS})[ \t\u00a0]*\*?[ \t\u00a0]*[:：]`, 'iu');

/**
 * Whether a header block begins at line `at`: Outlook shows From, Sent, To and Subject above the quoted message, each
 * in a line.
 */
export function isHeaderBlock(lines: readonly string[], at: number): boolean {
  if (!FROM_LABEL.test(lines[at] as string)) return false;
  return lines.slice(at + 1, at + 7).filter((line) => OTHER_LABEL.test(line)).length >= 2;
}

/** The number of lines at the beginning that are header lines or blank; 0 if all of the first 12 are. */
export function headerBlockLength(lines: readonly string[]): number {
  const end = lines.slice(0, 12).findIndex((line) => line !== '' && !FROM_LABEL.test(line) && !OTHER_LABEL.test(line));
  return end === -1 ? 0 : end;
}

const MOBILE_SIGNATURES = [
  'sent from (?:my|outlook|mail|yahoo|samsung|proton|a mobile)|get outlook for',
  'von meinem .{2,40} gesendet|gesendet (?:von|mit) |diese nachricht wurde von meinem',
  'envoyé (?:de mon|depuis|à partir)|télécharger outlook',
  'enviado (?:desde|do meu|de meu|do outlook|a partir)|obtener outlook|inviato da|ottieni outlook',
  'verzonden vanaf|verstuurd vanaf|outlook voor|skickat från|hämta outlook|sendt fra|wysłane z',
  'отправлено (?:с|из) |iphoneから送信|发自我的|從我的',
].join('|');
const MOBILE_SIGNATURE = new RegExp(String.raw`^[ \t]*(?:${MOBILE_SIGNATURES})`, 'iu');

/** The line that phones and mail apps add below a message: `Sent from my iPhone`. */
export const isMobileSignature = (line: string): boolean => line.length < 120 && MOBILE_SIGNATURE.test(line);
