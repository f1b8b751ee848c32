/**
 * The replica: one thread's copy of the network, and the examples it works on.
 *
 * <p>Place in the flow: between packed shards and contributions. Imports {@code network}, {@code
 * layer}, {@code loss}, {@code parameter}, {@code augment}, {@code reduce} and {@code parallel}. A
 * replica belongs to one thread at a time; examples are read-only.
 */
package dev.lockstep.trainer.replica;
