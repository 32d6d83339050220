import { base64, lines, mail, type Sample } from './sample.ts';

/**
 * The same reply in many languages, each with the attribution that mail programs in this language put above the quote.
 */
const quoted = '\n> Hello Sarah,\n> when can we meet?\n';
const replies: Record<string, { reply: string; quote: string }> = {
  'German (Gmail)': {
    reply: 'Dienstag passt mir gut.',
    quote: `Am Di., 13. Jan. 2026 um 09:12 Uhr schrieb Ada <\nreply@missions.example>:\n${quoted}`,
  },
  'German (Outlook)': {
    reply: 'Dienstag passt.',
    quote: lines(
      'Von: Ada <reply@missions.example>',
      'Gesendet: Dienstag, 13. Januar 2026 09:12',
      'An: Sarah Miller',
      'Betreff: Q1 budget',
      '',
      'Wann können wir uns treffen?',
    ),
  },
  'German (old Outlook)': {
    reply: 'Gerne.',
    quote: '-----Ursprüngliche Nachricht-----\nVon: Ada\nGesendet: 13.01.2026\n\nWann?',
  },
  'French (Apple Mail)': {
    reply: 'Mardi me convient.',
    quote: `Le 13 janv. 2026 à 09:12, Ada <reply@missions.example> a écrit :\n${quoted}`,
  },
  'French (Outlook)': {
    reply: "Mardi, c'est bon.",
    quote: lines(
      'De : Ada <reply@missions.example>',
      'Envoyé : mardi 13 janvier 2026 09:12',
      'À : Sarah',
      'Objet : Q1 budget',
      '',
      'Quand ?',
    ),
  },
  'Spanish (Gmail)': {
    reply: 'El martes me va bien.',
    quote: `El mar, 13 ene 2026 a las 9:12, Ada (<reply@missions.example>) escribió:\n${quoted}`,
  },
  'Spanish (Outlook)': {
    reply: 'El martes.',
    quote: lines(
      'De: Ada <reply@missions.example>',
      'Enviado el: martes, 13 de enero de 2026 9:12',
      'Para: Sarah',
      'Asunto: Q1 budget',
      '',
      '¿Cuándo?',
    ),
  },
  'Italian (Gmail)': {
    reply: 'Martedì va bene.',
    quote: `Il giorno mar 13 gen 2026 alle ore 09:12 Ada <reply@missions.example> ha scritto:\n${quoted}`,
  },
  'Portuguese (Gmail)': {
    reply: 'Terça está ótimo.',
    quote: `Em ter., 13 de jan. de 2026 às 09:12, Ada <reply@missions.example> escreveu:\n${quoted}`,
  },
  'Dutch (Gmail)': {
    reply: 'Dinsdag is prima.',
    quote: `Op di 13 jan 2026 om 09:12 schreef Ada <reply@missions.example>:\n${quoted}`,
  },
  'Swedish (Gmail)': {
    reply: 'Tisdag går bra.',
    quote: `Den tis 13 jan. 2026 kl 09:12 skrev Ada <reply@missions.example>:\n${quoted}`,
  },
  'Polish (Thunderbird)': { reply: 'Wtorek mi pasuje.', quote: `W dniu 13.01.2026 o 09:12, Ada pisze:\n${quoted}` },
  'Russian (Gmail)': {
    reply: 'Вторник подходит.',
    quote: `вт, 13 янв. 2026 г. в 09:12, Ada <reply@missions.example> написал(а):\n${quoted}`,
  },
  'Japanese (Gmail)': {
    reply: '火曜日で大丈夫です。',
    quote: `2026年1月13日(火) 9:12 Ada <reply@missions.example>のメッセージ：\n${quoted}`,
  },
  'Chinese (Gmail)': {
    reply: '星期二可以。',
    quote: `Ada <reply@missions.example> 于2026年1月13日周二 09:12写道：\n${quoted}`,
  },
  'Turkish (Gmail)': {
    reply: 'Salı uygun.',
    quote: `Ada <reply@missions.example>, 13 Oca 2026 Sal, 09:12 tarihinde şunu yazdı:\n${quoted}`,
  },
  'Hebrew, right to left': {
    reply: 'יום שלישי מתאים לי.',
    quote: `‫בתאריך יום ג׳, 13 בינו׳ 2026 ב-9:12 מאת ‪Ada‬‏ <‪reply@missions.example‬‏> כתב:‬\n${quoted}`,
  },
};

const latin1 = (): Sample => {
  const head = new TextDecoder().decode(
    mail(
      {
        From: '=?iso-8859-1?Q?J=FCrgen_M=FCller?= <john@example.com>',
        Subject: '=?iso-8859-1?Q?Re:_Gr=FC=DFe?=',
        'Content-Type': 'text/plain; charset=iso-8859-1',
      },
      '',
    ),
  );
  return {
    name: 'text and headers in Latin-1',
    raw: Buffer.concat([Buffer.from(head), Buffer.from('Grüße, Dienstag paßt.', 'latin1')]),
    expected: {
      kind: 'reply',
      from: { name: 'Jürgen Müller', address: 'john@example.com' },
      subject: 'Re: Grüße',
      snippet: 'Grüße, Dienstag paßt.',
    },
  };
};

export const languages: readonly Sample[] = [
  ...Object.entries(replies).map(([language, { reply, quote }]): Sample => ({
    name: `a reply above the quote: ${language}`,
    raw: mail({ 'Content-Transfer-Encoding': 'base64' }, base64(`${reply}\n\n${quote}\n`)),
    expected: {
      kind: 'reply',
      snippet: reply,
      textHas: ['reply@missions.example'].filter((one) => quote.includes(one)),
    },
  })),
  latin1(),
  {
    name: 'Japanese text in ISO-2022-JP',
    raw: mail(
      { 'Content-Type': 'text/plain; charset=iso-2022-jp', 'Content-Transfer-Encoding': 'base64' },
      'GyRCMlBNS0Z8JEdCZz5mSVckRyQ5ISMbKEI=',
    ),
    expected: { kind: 'reply', snippet: '火曜日で大丈夫です。' },
  },
];
