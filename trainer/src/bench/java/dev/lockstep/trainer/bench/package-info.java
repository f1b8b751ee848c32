/**
 * What the kernels cost on this machine, by JMH: matrix products, convolutions, layers, and passes
 * over the flat parameter vector. Every benchmark checks its own answer before it is timed and
 * stops the run where it is wrong; {@link dev.lockstep.trainer.bench.KernelBenchmarks} runs them
 * and prints ratios, since absolute figures are those of a machine and an hour.
 *
 * <p>Compiled and run with the profile {@code bench} only.
 */
package dev.lockstep.trainer.bench;
