/** Datasets: values of files, what is wrong with a line, and rules whose dataset cannot be. */
import { expect, test } from 'vitest';
import { loadRules } from '../check-rules.ts';
import { faultText } from '../faults.ts';
import { datasetFileKey, datasetFilesOf, withDatasets } from './dataset-uses.ts';
import { type DatasetKind, readDataset } from './read-dataset.ts';

test.each<[DatasetKind, string, string[], number]>([
  ['string', 'YQ==\nYg==\nYQ==\n', ['a', 'b'], 0],
  ['string', 'not base64!', [], 1],
  ['md5', `${'61'.repeat(16)}\n00\n`, ['a'.repeat(16)], 1],
  ['sha256', '62'.repeat(32), ['b'.repeat(32)], 0],
  ['ipv4', '65.66.67.68\n::1\n', ['ABCD'], 1],
  [
    'ip',
    '::ffff:65.66.67.68\n6161:6161:6161:6161:6161:6161:6161:6161',
    ['ABCD', 'a'.repeat(16)],
    0,
  ],
])('%s %j', (kind, text, values, faults) => {
  const read = readDataset({ name: 'd', kind, rated: false }, 'd.lst', text);
  expect(read.dataset.values).toEqual(values);
  expect(read.faults).toHaveLength(faults);
});

test('reputations', () => {
  const text = 'YQ==, 7\nYg==,65536\nYw==\nZA==,x';
  const read = readDataset({ name: 'd', kind: 'string', rated: true }, 'd.csv', text);
  expect(read.dataset).toMatchObject({ values: ['a', 'c'], reputations: [7, 0] });
  expect(read.faults.map(({ line }) => line)).toEqual([2, 4]);
});

test('a million bad lines are bounded', () => {
  const text = '?\n'.repeat(1_000_000);
  const read = readDataset({ name: 'd', kind: 'string', rated: false }, 'd.lst', text);
  expect(read.dataset.values).toEqual([]);
  expect(read.faults).toHaveLength(1000);
});

test('rules without their dataset are left out', () => {
  const rule = (options: string, sid: number) =>
    `alert http any any -> any any (msg:"x"; http.uri; ${options} sid:${sid};)`;
  const text = [
    rule('dataset:isset,a,type string,load a.lst;', 1),
    rule('dataset:isset,b,type string,load b.lst;', 2),
    rule('dataset:isset,c;', 3),
    rule('dataset:set,a,type md5;', 4),
    rule('dataset:set,d,type string;', 5),
    rule('dataset:isset,d;', 6),
    rule('dataset:isset,e,type string,load e.json,format json;', 7),
  ].join('\n');
  const loaded = loadRules([{ name: 'r.rules', text }]);
  expect(datasetFilesOf(loaded)).toEqual(
    ['a.lst', 'b.lst', 'e.json'].map((path) => ({ rules: 'r.rules', path })),
  );
  const files = new Map([[datasetFileKey({ rules: 'r.rules', path: 'a.lst' }), 'YQ==']]);
  const result = withDatasets(loaded, files);
  expect(result.loaded.models.map(({ sid }) => sid)).toEqual([1, 5, 6]);
  expect(result.loaded.failed).toBe(4);
  expect(result.datasets.map(({ name, values }) => [name, values])).toEqual([
    ['a', ['a']],
    ['d', []],
  ]);
  expect(result.loaded.faults.map(faultText)).toEqual([
    'r.rules:2:1 RULE_DATASET the file of dataset b, b.lst, is not there',
    'r.rules:3:1 RULE_DATASET dataset c needs a type',
    'r.rules:4:1 RULE_DATASET dataset a is of type string in another rule',
    'r.rules:7:1 RULE_DATASET files of format json are not read',
  ]);
});

test('files that are saved, begun anew, or too large', () => {
  const rule = (options: string, sid: number) =>
    `alert http any any -> any any (msg:"x"; http.uri; ${options} sid:${sid};)`;
  const text = [
    rule('dataset:set,a,type string,state a.lst;', 1),
    rule('dataset:isset,a;', 2),
    rule('dataset:isset,b,type string,load b.lst,memcap 1;', 3),
    rule('dataset:isset,c,type string,load b.lst,memcap 1kb,hashsize 64;', 4),
    rule('dataset:set,d,type string,save d.lst;', 5),
  ].join('\n');
  const loaded = loadRules([{ name: 'r.rules', text }]);
  const files = new Map([[datasetFileKey({ rules: 'r.rules', path: 'b.lst' }), 'YWI=']]);
  const result = withDatasets(loaded, files);
  expect(result.loaded.models.map(({ sid }) => sid)).toEqual([1, 2, 4, 5]);
  expect(result.loaded.faults.map(faultText)).toEqual([
    'r.rules:1:1 RULE_DATASET_SAVE what rules set in dataset a is kept while the engine runs, not written to a.lst',
    'r.rules:3:1 RULE_DATASET dataset b has 2 octets, more than its memcap of 1',
    'r.rules:5:1 RULE_DATASET_SAVE what rules set in dataset d is kept while the engine runs, not written to d.lst',
  ]);
});
