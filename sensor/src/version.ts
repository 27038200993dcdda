/** The version of Netmoth, from the one place that has it: package.json. */
import manifest from '../../package.json' with { type: 'json' };

export const version: string = manifest.version;
