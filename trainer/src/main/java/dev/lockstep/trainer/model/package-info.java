/**
 * The trained model: artefact, preprocessing, safetensors files and scoring without Spark.
 *
 * <p>Place in the flow: what training leaves behind. Imports {@code network}, {@code layer}, {@code
 * loss}, {@code parameter} and {@code error}. Artefacts are read-only; a predictor belongs to one
 * thread at a time.
 */
package dev.lockstep.trainer.model;
