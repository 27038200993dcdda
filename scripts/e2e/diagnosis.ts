// What a person wants to see of a run that failed: objects, events, and the last lines of every container.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from './world.ts';

const kLines = 12;
const kQuestions = [
  ['get', 'pods,nms,sigset,nmn,pvc', '-A', '-o', 'wide'],
  ['get', 'events', '-A', '--sort-by=.lastTimestamp'],
  ['get', 'nmn,sigset', '-o', 'yaml'],
];

export async function diagnose({ cluster, node }: World): Promise<string> {
  const parts: string[] = [];
  for (const args of kQuestions) {
    const { stdout, stderr } = await cluster.kubectl(args);
    parts.push(`-- kubectl ${args.join(' ')}`, stdout, stderr);
  }
  for (const file of readdirSync(node.files.podLogs, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.log')) continue;
    parts.push(`-- ${file}`, lastLines(join(node.files.podLogs, file)));
  }
  return [...parts, node.lastWords()].join('\n');
}

function lastLines(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-kLines).join('\n');
  } catch (error) {
    return String(error);
  }
}
