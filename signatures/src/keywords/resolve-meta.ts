/** What a rule says of itself, how often it alerts, and what it remembers. */
import {
  type Fields,
  numberField,
  type Resolve,
  textField,
  textOf,
  withFields,
  withText,
} from '../model/resolve.ts';
import type { RuleBuilder } from '../model/rule-builder.ts';
import type { Rate, StateOperation } from '../model/rule-model.ts';

/** Read where the rule is parsed, or of no meaning to a match. */
export const nothing: Resolve = () => undefined;

export const classtype: Resolve = withText((builder, text) => {
  builder.meta.classtype = text;
});

export const priority: Resolve = (builder, value) => {
  if (value.type === 'number') builder.meta.priority = value.low;
};

export const reference: Resolve = withText((builder, text) => {
  const comma = text.indexOf(',');
  const system = text.slice(0, comma).trim().toLowerCase();
  builder.meta.references.push({ system, id: text.slice(comma + 1).trim() });
});

export const metadata: Resolve = withText((builder, text) => {
  for (const part of text.split(',')) {
    const [, key = '', value = ''] = /^\s*(\S+)\s*(.*?)\s*$/s.exec(part) ?? [];
    if (key !== '') builder.meta.metadata.push([key, value]);
  }
});

export const target: Resolve = (builder, value) => {
  builder.meta.target = textOf(value) === 'src_ip' ? 'src_ip' : 'dest_ip';
};

export const noAlert: Resolve = (builder) => {
  builder.meta.noAlert = true;
};

/** Seconds where a threshold names none. */
const DEFAULT_SECONDS = 60;

export const threshold: Resolve = withFields((builder, fields) => {
  const type = textField(fields, 'type');
  builder.meta.rate = rateOf(
    type === 'limit' || type === 'both' || type === 'backoff' ? type : 'threshold',
    fields,
  );
});

export const detectionFilter: Resolve = withFields((builder, fields) => {
  builder.meta.rate = rateOf('detection_filter', fields);
});

function rateOf(type: Rate['type'], fields: Fields): Rate {
  return {
    type,
    track: textField(fields, 'track'),
    count: numberField(fields, 'count', 1),
    seconds: numberField(fields, 'seconds', DEFAULT_SECONDS),
    multiplier: numberField(fields, 'multiplier', 0),
    uniqueOn: textField(fields, 'unique_on'),
  };
}

/** Packets a tag logs where it does not say. */
const DEFAULT_TAGGED = 256;

/** `session`, `session,10,seconds`, `host,100,packets,src`. */
export const tag: Resolve = withFields((builder, { positional }) => {
  const [scope, amount, unit, side] = positional;
  if ((amount === undefined) !== (unit === undefined))
    builder.fault ??= 'tag: a number stands with packets, bytes or seconds';
  if (side !== undefined && scope !== 'host') builder.fault ??= 'tag: src and dst are of host';
  if (builder.fault !== undefined) return;
  builder.meta.tags.push({
    scope: scope === 'host' ? 'host' : 'session',
    amount: Number(amount ?? DEFAULT_TAGGED),
    unit: unit === 'bytes' || unit === 'seconds' ? unit : 'packets',
    side: side === undefined ? '' : String(side),
  });
});

function remember(builder: RuleBuilder, operation: StateOperation): void {
  const asks = /^(isset|isnotset|notset|[<>=!]=?)$/.test(operation.operation);
  const assigns = operation.memory === 'flowint' && operation.operation === '=';
  (asks && !assigns ? builder.conditions : builder.effects).push(operation);
}

/** flowbits, xbits, hostbits: OPERATION, NAME or NAME|NAME, and whose they are. */
export function bits(memory: 'flowbits' | 'xbits' | 'hostbits'): Resolve {
  return withFields((builder, fields) => {
    const [operation, names, side, expire = 0] = fields.positional;
    if (operation === 'noalert') {
      builder.meta.noAlert = true;
      return;
    }
    if (names === undefined) {
      builder.fault ??= `${memory}:${String(operation)} lacks a name`;
      return;
    }
    remember(builder, {
      memory,
      operation: String(operation),
      names: String(names)
        .split('|')
        .map((name) => name.trim()),
      subject: memory === 'xbits' ? textField(fields, 'track') : String(side ?? ''),
      value: numberField(fields, 'expire', Number(expire)),
    });
  });
}

export const flowint: Resolve = withFields((builder, { positional }) => {
  const [name, operation, operand = '0'] = positional;
  const value = Number(operand);
  remember(builder, {
    memory: 'flowint',
    operation: operation === 'notset' ? 'isnotset' : String(operation),
    names: [String(name)],
    subject: Number.isNaN(value) ? String(operand) : '',
    value: Number.isNaN(value) ? 0 : value,
  });
});

/** flowvar and pktvar compare a captured value: the text stands in `subject`. */
export function captured(memory: 'flowvar' | 'pktvar'): Resolve {
  return withFields((builder, { positional }) => {
    const [name, text] = positional;
    builder.conditions.push({
      memory,
      operation: '==',
      names: [String(name)],
      subject: String(text).replace(/^"(.*)"$/s, '$1'),
      value: 0,
    });
  });
}
