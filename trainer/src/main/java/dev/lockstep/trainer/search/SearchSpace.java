package dev.lockstep.trainer.search;

import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * All that a search varies. What a trial's values are depends on the seed, the trial's number and
 * each parameter's position, and on nothing else: not on what ran before or beside it.
 *
 * @param parameters at least one, in the order of the configuration
 */
public record SearchSpace(List<SearchParameter> parameters) implements Serializable {
  /** Takes a copy. */
  public SearchSpace {
    parameters = List.copyOf(parameters);
  }

  /**
   * Values drawn at random: parameter j of trial n draws with {@code Philox.uniform(seed, SEARCH,
   * step n, layer 0, example j, unit 0)}. Random trials cover each single parameter better than as
   * many points of a grid. Source: Bergstra, Bengio, "Random Search for Hyper-Parameter
   * Optimization" (JMLR 2012).
   *
   * @param trial counted from 1
   * @return one value for each parameter, JSON text
   */
  public List<String> randomTrial(long seed, int trial) {
    List<String> values = new ArrayList<>(parameters.size());
    for (int j = 0; j < parameters.size(); j++) {
      double uniform = Philox.uniform(seed, Purpose.SEARCH, trial, 0, j, 0);
      values.add(parameters.get(j).range().draw(uniform));
    }
    return List.copyOf(values);
  }

  /** Points of the grid; {@link Long#MAX_VALUE} stands for all numbers beyond it. */
  public long gridSize() {
    long size = 1;
    for (SearchParameter parameter : parameters) {
      long points = parameter.range().grid().size();
      size = size > Long.MAX_VALUE / points ? Long.MAX_VALUE : size * points;
    }
    return size;
  }

  /**
   * A point of the grid. The last parameter changes with every trial, the first one slowest.
   *
   * @param trial from 1 to {@link #gridSize}
   * @return one value for each parameter, JSON text
   */
  public List<String> gridTrial(long trial) {
    if (trial < 1 || trial > gridSize()) {
      throw new IllegalArgumentException("trial " + trial + " of a grid of " + gridSize());
    }
    String[] values = new String[parameters.size()];
    long rest = trial - 1;
    for (int j = values.length - 1; j >= 0; j--) {
      List<String> points = parameters.get(j).range().grid();
      values[j] = points.get((int) (rest % points.size()));
      rest /= points.size();
    }
    return List.of(values);
  }
}
