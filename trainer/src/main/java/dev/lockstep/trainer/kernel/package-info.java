/**
 * Arithmetic on arrays and offsets: matrix products ({@link dev.lockstep.trainer.kernel.Blas}),
 * transcendental functions and shared loops.
 *
 * <p>Place in the flow: below layers and losses. The only package that touches netlib and OpenBLAS.
 * Stateless; safe on any thread.
 */
package dev.lockstep.trainer.kernel;
