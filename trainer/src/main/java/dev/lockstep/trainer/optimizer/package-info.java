/**
 * From the summed gradient to the next parameters: regularization, clipping ({@link
 * dev.lockstep.trainer.optimizer.UpdateStep}) and the update rules ({@link
 * dev.lockstep.trainer.optimizer.Optimizer}).
 *
 * <p>Place in the flow: on the driver, after the reduction. Settings are records; memory is
 * explicit in {@link dev.lockstep.trainer.optimizer.OptimizerState} and belongs to the driver's
 * thread. Imports {@code parameter}, {@code reduce} and {@code parallel}.
 */
package dev.lockstep.trainer.optimizer;
