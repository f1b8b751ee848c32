package dev.lockstep.trainer.search;

import java.io.Serializable;

/**
 * One thing that a search varies.
 *
 * @param path key path in the run configuration, such as {@code network.layers[0].units}
 * @param range the values it may take
 */
public record SearchParameter(String path, ParameterRange range) implements Serializable {}
