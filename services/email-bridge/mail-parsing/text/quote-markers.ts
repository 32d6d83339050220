/** How mail programs, in the languages that they speak, begin what they quote. Every expression here is linear in the length of a line. */

export const isQuoted = (line: string): boolean => /^[ \t]{0,3}>/.test(line);

/** A line drawn with characters. */
export const isRule = (line: string): boolean => /^[ \t]*[_\-=*─━]{3,}[ \t]*$/.test(line);

/** "… wrote:", in the words of Gmail, Apple Mail, Thunderbird and their like. */
const WROTE =
  /(?<!\p{L})(?:wrote|writes|schrieb|écrit|escribió|scritto|escreveu|schreef|skrev|kirjoitti|napisał(?:\(a\)|a)?|pisze|napsal(?:\(a\)|a)?|napísal|írta|scris|napisao|написал(?:\(а\)|а)?|пишет|έγραψε|yazdı|menulis)(?!\p{L})|כתב|كتب|写道|寫道|のメッセージ|書きました|작성|님이|đã viết|เขียน/iu;
const MAX_ATTRIBUTION = 400;

/** How many lines from `at` on say whose words follow: 0 to 3, for long ones are folded. */
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

/** With a date or an address, or "Sarah wrote:" would be one, which people also say. */
const isAttribution = (text: string): boolean => WROTE.test(text) && (/@/.test(text) || /\d{1,4}\D{1,12}\d/.test(text));

const ORIGINAL =
  /^[ \t]*[-_=*]{2,}[ \t]*(?:original (?:message|appointment)|forwarded (?:message|by)|urspr(?:ü|ue)ngliche nachricht|weitergeleitete nachricht|message (?:d['’]origine|original|transféré)|mensaje (?:original|reenviado)|messaggio (?:originale|inoltrato)|mensagem (?:original|encaminhada)|(?:oorspronkelijk|doorgestuurd) bericht|(?:ursprungligt|vidarebefordrat) meddelande|(?:oprindelig|original|videresendt) (?:besked|melding)|(?:wiadomość oryginalna|oryginalna wiadomość|wiadomość przekazana)|(?:исходное|пересылаемое) сообщение|元のメッセージ|原始邮件|转发的?邮件|원본 메시지)/iu;
const BEGIN_FORWARD =
  /^(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)|début du message (?:réexpédié|transféré)|inicio del mensaje reenviado|inizio messaggio inoltrato|início da mensagem (?:re)?encaminhada|begin doorgestuurd bericht)[ \t]*:/iu;

export const isForwardDivider = (line: string): boolean => ORIGINAL.test(line) || BEGIN_FORWARD.test(line);

const LABEL = String.raw`[ \t]*\*?`;
const FROM = new RegExp(
  String.raw`^${LABEL}(?:from|von|de|da|van|från|fra|od|от|від|kimden|lähettäjä|feladó|expéditeur|remitente|mittente|afzender|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|מאת|من)[ \t\u00a0]*\*?[ \t\u00a0]*[:：]\*?[ \t\u00a0]*\S`,
  'iu',
);
const OTHER = new RegExp(
  String.raw`^${LABEL}(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado(?: el| em)?|fecha|para|asunto|inviato|data|a|oggetto|verzonden|aan|onderwerp|assunto|skickat|till|ämne|sendt|til|emne|wysłano|wysłane|do|temat|отправлено|дата|кому|тема|gönderildi|kime|konu|lähetetty|vastaanottaja|aihe|发送时间|日期|收件人|主题|主旨|日時|送信日時|宛先|件名|보낸 날짜|받는 사람|제목)[ \t\u00a0]*\*?[ \t\u00a0]*[:：]`,
  'iu',
);

/** Outlook's way: the headers of what follows, each on a line. */
export function isHeaderBlock(lines: readonly string[], at: number): boolean {
  if (!FROM.test(lines[at] as string)) return false;
  return lines.slice(at + 1, at + 7).filter((line) => OTHER.test(line)).length >= 2;
}

/** How many of the lines are such headers, with what stands blank above and between them. */
export function headerLines(lines: readonly string[]): number {
  const end = lines.slice(0, 12).findIndex((line) => line !== '' && !FROM.test(line) && !OTHER.test(line));
  return end === -1 ? 0 : end;
}

/** What telephones add. */
export const isMobileSignature = (line: string): boolean =>
  line.length < 120 &&
  /^[ \t]*(?:sent from (?:my|outlook|mail|yahoo|samsung|proton|a mobile)|get outlook for|von meinem .{2,40} gesendet|gesendet (?:von|mit) |diese nachricht wurde von meinem|envoyé (?:de mon|depuis|à partir)|télécharger outlook|enviado (?:desde|do meu|de meu|do outlook|a partir)|obtener outlook|inviato da|ottieni outlook|verzonden vanaf|verstuurd vanaf|outlook voor|skickat från|hämta outlook|sendt fra|wysłane z|отправлено (?:с|из) |iphoneから送信|发自我的|從我的)/iu.test(
    line,
  );
