/**
 * The typed façade of the engine (NativeEngine of contracts/src/native.ts).
 *
 * Invariant: arguments are checked here, before C++ is called; every error is a NetmothError.
 */
export { engineConfigFrom } from './check.ts';
export { defaultInterface, interfaces, startLive } from './live.ts';
export { memoryWhenFull, read } from './read.ts';
