package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.source.RowProblem;

/**
 * A row that was left out, as its source has it. Its texts are as long as they are in the data.
 *
 * @param rank its place among the bad rows of its location, from 0, in the order of the rows
 * @param file the file's name as it is to be shown
 * @param row its number in the file, from 1, as error messages count: header lines, and the blank
 *     lines and comments of libsvm, are no rows
 * @param problem why it cannot be used
 * @param line the line where the row is not made of cells, else null
 * @param cells the cells by the columns of {@link BadRows#columns}, null where one is empty; null
 *     where there is a line
 */
@SuppressWarnings("ArrayRecordComponent")
public record BadRow(
    long rank, String file, long row, RowProblem problem, String line, String[] cells) {}
