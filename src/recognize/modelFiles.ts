import { fileURLToPath } from 'node:url';

// Sources and build both lie two folders below the root.
const file = (name: string): string => fileURLToPath(new URL(`../../models/${name}`, import.meta.url));

/** The text model in use; another is put in its place here. */
export const textModel = file('text.onnx');

/** The net of second looks, beside the first. */
export const closerModel = (model: string): string => model.replace(/\.onnx$/, '.closer.onnx.br');

/** The model of classes in use. */
export const classModel = file('classes.onnx');

/** What the code must know of a model, beside it. */
export const cardPath = (model: string): string => model.replace(/\.onnx$/, '.json');
