/**
 * NetmothSensorNode: what one node's engine has loaded, captures and loses.
 *
 * Invariant: written by the operator alone, and only when something changed that a person would act
 * on; figures that move all the time are a snapshot of that moment and are in /metrics.
 */
import { z } from 'zod';
import { conditionsSchema, withRules } from './kubernetes-types.ts';

export const sensorNodeSpecSchema = withRules(
  z.object({
    sensor: z.string().min(1).max(40).describe('Name of the NetmothSensor'),
    node: z.string().min(1).max(253).describe('Name of the Node'),
  }),
  { rule: 'self == oldSelf', message: 'a NetmothSensorNode never changes its sensor or its node' },
);
export type SensorNodeSpec = z.infer<typeof sensorNodeSpecSchema>;

const interfaceSchema = z.object({
  name: z.string().max(64),
  strategy: z.string().max(32).describe('How packets are taken'),
  up: z.boolean(),
  workers: z.int().min(1).describe('Threads, each with a ring and tables of its own'),
});

const counter = z.int().min(0).optional();
export const sensorNodeStatusSchema = z.object({
  reporting: z
    .enum(['True', 'False', 'Unknown'])
    .optional()
    .describe('True: a report came within the last 30 seconds'),
  version: z.string().max(64).optional().describe('Of the sensor'),
  startedAt: z.iso.datetime().optional().describe('When the sensor process started'),
  signatures: z
    .string()
    .max(80)
    .optional()
    .describe('Digest of the signatures the engine has loaded'),
  loss: z
    .string()
    .max(16)
    .optional()
    .describe('Share of packets lost by kernel and engine of late, rounded up, e.g. "0.1%"'),
  interfaces: z.array(interfaceSchema).max(64).optional(),
  snapshotTime: z.iso.datetime().optional().describe('When the figures below were reported'),
  kernelPackets: counter.describe('Packets the kernel handed to the rings since the start'),
  kernelDrops: counter.describe('Packets the kernel could not put into the rings'),
  eventsMade: counter,
  eventsLost: counter.describe('Events lost in queues or because the spool was full'),
  spoolBytes: counter.describe('Events on disk that wait for NATS'),
  rssBytes: counter.describe('Memory of the sensor'),
  conditions: conditionsSchema.describe('Reporting, CaptureHealthy, BusConnected, SpoolHealthy'),
});
export type SensorNodeStatus = z.infer<typeof sensorNodeStatusSchema>;
