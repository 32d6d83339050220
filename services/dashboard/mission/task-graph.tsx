import type { Task } from '../store/shapes.ts';
import { graphOf, NODE } from './graph.ts';
import { taskWord } from './words.ts';

/** The tasks as a picture. The list says the same, and more, to those who do not see it. */
export function TaskGraph({ tasks }: { readonly tasks: readonly Task[] }) {
  const { width, height, nodes, edges } = graphOf(tasks);
  const byId = new Map(tasks.map((task) => [task.id, task]));
  return (
    <div class="graph" role="region" aria-label="Graph of the tasks" tabIndex={0}>
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label="The tasks and what each depends on; the list says the same in words"
      >
        {edges.map(({ from, to, path }) => (
          <path key={`${from}>${to}`} class="edge" d={path} />
        ))}
        {nodes.map(({ id, x, y }) => {
          const task = byId.get(id);
          if (!task) return null;
          return (
            <g key={id} class={`node ${task.status}`} transform={`translate(${x} ${y})`}>
              <title>
                {task.title}: {taskWord(task.status)}
              </title>
              <rect width={NODE.width} height={NODE.height} rx="8" />
              <text x="12" y="18">
                {shortened(task.title)}
              </text>
              <text x="12" y="35" class="node-status">
                {taskWord(task.status)}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

const LETTERS = 25;
const segmenter = new Intl.Segmenter();

/** By what readers take for letters: an emoji or an accent is not cut in two. */
function shortened(title: string): string {
  const letters = [...segmenter.segment(title.slice(0, 400))];
  if (letters.length <= LETTERS) return title;
  return `${letters
    .slice(0, LETTERS - 1)
    .map(({ segment }) => segment)
    .join('')}…`;
}
