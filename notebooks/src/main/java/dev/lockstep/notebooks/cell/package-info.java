/**
 * What every cell of a notebook can call without an import: output, checks and charts.
 *
 * <p>Place in the flow: used by the lessons, known to the kernel by name only. Imports the Jupyter
 * protocol library and the plotting library, nothing of Lockstep. Not thread-safe.
 */
package dev.lockstep.notebooks.cell;
