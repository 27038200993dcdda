/**
 * Rules and faults of a version as rows for COPY.
 *
 * Invariant: the columns stand in the order in which the fields are written.
 */
import type { Fault } from '#signatures/faults.ts';
import { BinaryRows } from '../store/binary-rows.ts';
import type { ListedRule } from './compile-set.ts';

export const RULE_COLUMNS =
  'version_id, gid, sid, rev, state, msg, classtype, priority, file, line, prefilter, cost, source';
export const FAULT_COLUMNS = 'version_id, place, file, line, "column", severity, code, message';
const kRuleFields = 13;
const kFaultFields = 8;

export function ruleRows(versionId: number, rules: readonly ListedRule[]): Uint8Array {
  const rows = new BinaryRows(1024 * 1024);
  for (const rule of rules) {
    rows.beginRow(kRuleFields);
    rows.int8(versionId);
    rows.int8(rule.gid);
    rows.int8(rule.sid);
    rows.int8(rule.rev);
    rows.text(rule.state);
    rows.text(rule.msg);
    rows.text(rule.classtype);
    if (rule.priority === null) rows.null();
    else rows.int4(rule.priority);
    rows.text(rule.file);
    rows.int4(rule.line);
    if (rule.prefilter === null) rows.null();
    else rows.text(rule.prefilter);
    if (rule.cost === null) rows.null();
    else rows.int8(rule.cost);
    rows.text(rule.source);
  }
  return rows.bytes();
}

export function faultRows(versionId: number, faults: readonly Fault[]): Uint8Array {
  const rows = new BinaryRows();
  for (const [place, fault] of faults.entries()) {
    rows.beginRow(kFaultFields);
    rows.int8(versionId);
    rows.int4(place);
    rows.text(fault.file);
    rows.int4(fault.line);
    rows.int4(fault.column);
    rows.text(fault.severity);
    rows.text(fault.code);
    rows.text(fault.message);
  }
  return rows.bytes();
}
