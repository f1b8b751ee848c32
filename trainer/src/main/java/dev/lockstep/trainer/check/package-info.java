/**
 * The gradient check: a plain float64 network that shares no arithmetic with the fast one, finite
 * differences of its objective, and the comparison of both with the gradient that training uses.
 *
 * <p>Place in the flow: beside it; nothing that trains imports this package. Imports {@code
 * network}, {@code layer}, {@code loss}, {@code parameter}, {@code optimizer}, {@code random},
 * {@code reduce} and {@code replica}. Everything here is safe on any thread, one check at a time.
 */
package dev.lockstep.trainer.check;
