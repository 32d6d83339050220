export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}
export interface Graph {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly Placed[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly path: string }[];
}
interface GraphTask {
  readonly id: string;
  readonly depends_on: readonly string[];
}

export const NODE = { width: 200, height: 44 } as const;
const GAP = { x: 56, y: 14 } as const;
const MARGIN = 8;

/** Tasks in columns: one column to the right of the last task that it depends on. A plan has no circles. */
export function graphOf(tasks: readonly GraphTask[]): Graph {
  const column = columnsOf(tasks);
  const rows = new Map<number, number>();
  const place = new Map<string, Placed>();
  for (const { id } of byColumnAndNeighbours(tasks, column)) {
    const at = column.get(id) ?? 0;
    const row = rows.get(at) ?? 0;
    rows.set(at, row + 1);
    const x = MARGIN + at * (NODE.width + GAP.x);
    place.set(id, { id, x, y: MARGIN + row * (NODE.height + GAP.y) });
  }
  const edges = tasks.flatMap(({ id, depends_on }) =>
    depends_on.flatMap((from) => {
      const [start, end] = [place.get(from), place.get(id)];
      return start && end ? [{ from, to: id, path: curve(start, end) }] : [];
    }),
  );
  const columns = Math.max(0, ...column.values()) + 1;
  return {
    width: 2 * MARGIN + columns * (NODE.width + GAP.x) - GAP.x,
    height: 2 * MARGIN + Math.max(1, ...rows.values()) * (NODE.height + GAP.y) - GAP.y,
    nodes: [...place.values()],
    edges,
  };
}

/** The longest way to each task. */
function columnsOf(tasks: readonly GraphTask[]): Map<string, number> {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const column = new Map<string, number>();
  const visit = (id: string): number => {
    const known = column.get(id);
    if (known !== undefined) return known;
    column.set(id, 0);
    const before = (byId.get(id)?.depends_on ?? []).filter((other) => byId.has(other));
    const at = before.length === 0 ? 0 : 1 + Math.max(...before.map(visit));
    column.set(id, at);
    return at;
  };
  for (const { id } of tasks) visit(id);
  return column;
}

/** Within a column, tasks stand near those that they depend on, so that fewer lines cross. */
function byColumnAndNeighbours(tasks: readonly GraphTask[], column: Map<string, number>): GraphTask[] {
  const position = new Map<string, number>();
  const sorted: GraphTask[] = [];
  const last = Math.max(0, ...column.values());
  for (let at = 0; at <= last; at += 1) {
    const here = tasks.filter(({ id }) => column.get(id) === at);
    const middle = new Map(here.map((task, index) => [task.id, middleOf(task, position) ?? index]));
    here.sort((one, other) => (middle.get(one.id) ?? 0) - (middle.get(other.id) ?? 0));
    for (const [index, { id }] of here.entries()) position.set(id, index);
    sorted.push(...here);
  }
  return sorted;
}

function middleOf({ depends_on }: GraphTask, position: Map<string, number>): number | undefined {
  const places = depends_on.flatMap((id) => position.get(id) ?? []);
  return places.length === 0 ? undefined : places.reduce((sum, place) => sum + place, 0) / places.length;
}

function curve(from: Placed, to: Placed): string {
  const [x1, y1] = [from.x + NODE.width, from.y + NODE.height / 2];
  const [x2, y2] = [to.x, to.y + NODE.height / 2];
  const bend = Math.max(24, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
