/**
 * Benchmarks that check their own answers: arithmetic against the machine's own matrix products,
 * steps against an empty Spark job, growth with shards, partitions and parameters, and a model of a
 * step on more machines than there are.
 *
 * <p>Place in the flow: beside it, above the loop and the replicas. Prints ratios of things
 * measured in one run. Runs on one thread, apart from the threads that it measures.
 */
package dev.lockstep.driver.bench;
