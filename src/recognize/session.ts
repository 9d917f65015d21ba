import './withoutTelemetry.ts';
import ort from 'onnxruntime-node';

/**
 * Loads a model, for one core.
 * @throws Error when the file is missing or is no model
 */
export function openSession(model: string): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Without VNNI, sums of two 8-bit products overflow and are cut off: 2.5 points of accuracy. A third slower
    // there, the same as ever on processors that have it.
    extra: { session: { x64quantprecision: '1' } },
  });
}
