/**
 * Trained models in formats that other programs run: {@link dev.lockstep.driver.export.OnnxModel}
 * writes ONNX.
 *
 * <p>Place in the flow: after training, beside the model's own files. May import the trainer,
 * Jackson and the message classes of the formats; knows neither Spark nor Hadoop nor where files
 * are. Every call stands for itself; safe on any thread.
 */
package dev.lockstep.driver.export;
