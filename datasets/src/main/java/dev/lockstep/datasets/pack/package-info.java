/**
 * From rows to shards: labels become numbers, rows are split, numbered and moved once to their
 * shard, features are normalized and packed as float32 blocks.
 *
 * <p>Second stage of the data flow (source → blocks → steps); open {@link
 * dev.lockstep.datasets.pack.DataPreparation} first. May import Spark core and SQL, Kryo as Spark
 * brings it, {@code datasets.source}, {@code datasets.plan} and the trainer. Buffers belong to one
 * task; prepared data are used by one driver thread.
 */
package dev.lockstep.datasets.pack;
