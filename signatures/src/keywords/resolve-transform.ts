/** What the transforms carry besides their names. */
import { type Resolve, textField, textOf, withFields } from '../model/resolve.ts';
import { amountOfSize } from '../model/sizes.ts';

const NONE = new Uint8Array();

export const plainTransform: Resolve = (builder, _value, name) =>
  builder.transform({ name, bytes: NONE, numbers: [] });

/** The pattern stands in `bytes`. */
export const patternTransform: Resolve = (builder, value, name) =>
  builder.transform({ name, bytes: new TextEncoder().encode(textOf(value)), numbers: [] });

/** Either the key in `bytes`, or [offset, where the key stands, its length]. */
export const xor: Resolve = (builder, value, name) => {
  const text = textOf(value);
  const found = /^(?:offset\s+(\d+)\s*,\s*)?extract\s+(\d+)\s+(\d+)$/.exec(text);
  if (found === null) {
    builder.transform({ name, bytes: Uint8Array.from(Buffer.from(text, 'hex')), numbers: [] });
  } else {
    const numbers = [found[1] ?? '0', found[2] ?? '0', found[3] ?? '0'].map(Number);
    builder.transform({ name, bytes: NONE, numbers });
  }
};

/** [largest output in bytes], 0: the engine's own bound. */
export const decompress: Resolve = withFields((builder, fields, name) => {
  const limit = amountOfSize(textField(fields, 'max-size'));
  builder.transform({ name, bytes: NONE, numbers: [limit] });
});

const BASE64_MODES = ['rfc4648', 'rfc2045', 'strict'];

/** [bytes read (0: all), offset, mode: 0 RFC 4648, 1 RFC 2045, 2 strict]. */
export const fromBase64: Resolve = withFields((builder, fields, name) => {
  const { bytes, offset } = fields.named;
  const mode = Math.max(0, BASE64_MODES.indexOf(textField(fields, 'mode')));
  builder.transform({
    name,
    bytes: NONE,
    numbers: [Number(bytes ?? 0), Number(offset ?? 0), mode],
  });
});

/** [offset, bytes (0: all), truncate]; negative offsets count from the end. */
export const subslice: Resolve = withFields((builder, fields, name) => {
  const [offset = 0, bytes = 0] = fields.positional.map(Number);
  const truncate = fields.named['truncate'] === true ? 1 : 0;
  builder.transform({ name, bytes: NONE, numbers: [offset, bytes, truncate] });
});
