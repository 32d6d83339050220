import { defineEntity, p } from '@mikro-orm/core';

/**
 * The newest message of each subject that a stream has acknowledged to this schema's relay: what the stream must still
 * hold. One row for each subject, and one for each stream's pattern, so that the stream is known before the first
 * message.
 */
const PublishedSubject = defineEntity({
  name: 'PublishedSubject',
  tableName: 'published_subjects',
  properties: {
    subject: p.text().primary(),
    stream: p.text(),
    /** When the stream was made, as the server says it, with nanoseconds: it tells a stream from its successor. */
    streamCreated: p.text(),
    streamSeq: p.bigint('string'),
  },
});

export class PublishedSubjectEntity extends PublishedSubject.class {}
PublishedSubject.setClass(PublishedSubjectEntity);
