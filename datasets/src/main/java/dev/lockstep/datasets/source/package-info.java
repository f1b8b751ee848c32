/**
 * Where rows come from: what the {@code data} block says, the formats, and rows in their definite
 * order (files in path order, then position in the file).
 *
 * <p>First stage of the data flow (source → blocks → steps); open {@link
 * dev.lockstep.datasets.source.DataSource} first. May import Spark SQL, the Hadoop client API that
 * comes with it, and the trainer. Settings are immutable; a {@link
 * dev.lockstep.datasets.source.RowBuffer} belongs to one task.
 */
package dev.lockstep.datasets.source;
