/** `https://app.example.com/questions/{request_id}` with the ids filled in. */
export const questionAddress =
  (template: string) =>
  ({ request_id, mission_id }: { request_id: string; mission_id: string }): string =>
    template
      .replaceAll('{request_id}', encodeURIComponent(request_id))
      .replaceAll('{mission_id}', encodeURIComponent(mission_id));
