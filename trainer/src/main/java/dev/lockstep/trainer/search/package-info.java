/**
 * Hyper-parameter search as arithmetic: which values a trial has ({@link
 * dev.lockstep.trainer.search.SearchSpace}), which trials go on ({@link
 * dev.lockstep.trainer.search.Halving}) and which is best ({@link
 * dev.lockstep.trainer.search.TrialScore}).
 *
 * <p>Place in the flow: asked by the {@code tune} command; nothing here trains. Imports {@code
 * metric} and {@code random}. Immutable; safe on any thread.
 */
package dev.lockstep.trainer.search;
