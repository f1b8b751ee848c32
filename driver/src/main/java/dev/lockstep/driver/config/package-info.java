/**
 * The run configuration: from a YAML or JSON file to checked, typed settings and back.
 *
 * <p>Open first: {@link dev.lockstep.driver.config.ConfigurationReader}. The way of a file: {@code
 * ValueParser} makes a tree of {@code Value}s that remember their lines; {@code CommandLineSetting}
 * puts the command line's {@code --set} into it; {@code Block} walks it, one key at a time,
 * substitutes environment variables, types what it finds and collects every problem; {@code
 * DataBlock}, {@code NetworkBlock} and {@code TrainingBlock} know the keys. What has a kind is
 * listed in one {@code KindTable} each ({@code LayerKinds}, {@code OptimizerKinds} …), and the
 * sources of data in {@code DataFormats}: an entry there says how a kind is read and how it is
 * written, and is all that a new kind needs.
 *
 * <p>Place in the flow: first. May import the trainer's and the datasets' settings, Jackson and the
 * JDK; no Spark, no Hadoop. Everything that leaves the package is immutable and safe on any thread;
 * readers are confined to one call.
 */
package dev.lockstep.driver.config;
