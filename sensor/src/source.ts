/**
 * Where packets come from: what the configuration says, else the interface of the default route.
 *
 * Invariant: exactly one of capture and replay; a fault names the interfaces there are.
 */
import type { CaptureConfig, ReplayConfig } from '#contracts/engine-config.ts';
import { captureConfigSchema } from '#contracts/engine-config.ts';
import { NetmothError } from '#contracts/errors.ts';
import type { NativeEngine } from '#contracts/native.ts';
import type { ResolvedConfig } from './config.ts';

export type Source =
  | { readonly kind: 'capture'; readonly capture: CaptureConfig }
  | { readonly kind: 'replay'; readonly replay: ReplayConfig };

export function sourceOf(
  config: Pick<ResolvedConfig, 'capture' | 'replay'>,
  engine: Pick<NativeEngine, 'interfaces' | 'defaultInterface'>,
): Source {
  if (config.replay !== undefined) return { kind: 'replay', replay: config.replay };
  const name = config.capture?.interface ?? engine.defaultInterface();
  if (name === undefined) {
    const names = engine.interfaces().map((each) => each.name);
    throw new NetmothError(
      'NM_CAPTURE_NO_INTERFACE',
      `There is no default route to tell the interface to capture on: give one with --interface (${names.join(', ')}).`,
    );
  }
  const capture = captureConfigSchema.parse({ ...config.capture, interface: name });
  return { kind: 'capture', capture };
}

/** What events and reports call it. */
export function nameOf(source: Source): string {
  return source.kind === 'capture' ? source.capture.interface : source.replay.path;
}
