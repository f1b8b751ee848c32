package dev.lockstep.datasets.source;

import org.apache.spark.sql.Row;

/**
 * One row of a {@link ScoringInput} and where it comes from. Rows of equal file and start follow
 * one another in order.
 *
 * @param file the file, as Spark names it; empty where the rows have no file
 * @param start start of the row's piece within the file
 * @param row the row's own columns; null where there is a problem
 * @param problem why the row cannot be read, or null
 */
public record ScoringRow(String file, long start, Row row, RowProblem problem) {}
