/**
 * What the fuzz tests of all modules share: generated corruptions of valid files, and the trial
 * that a reader undergoes with each. Compiled with the tests of every module that has such tests,
 * never part of the product. May import the JDK, jqwik and {@code trainer.error}.
 */
package dev.lockstep.trainer.fuzz;
