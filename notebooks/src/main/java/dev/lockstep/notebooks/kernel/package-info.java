/**
 * A Jupyter kernel for Java: cells are evaluated by the JDK's own JShell, in the JVM that Spark
 * runs in, so that classes and lambdas of cells need no shipping to a local Spark.
 *
 * <p>Place in the flow: between Jupyter and the lessons. Imports JShell, the Jupyter protocol
 * library and the plotting library, nothing of Lockstep. Cells run one at a time on JShell's
 * thread; an interrupt arrives on another one.
 */
package dev.lockstep.notebooks.kernel;
