package dev.lockstep.driver.cli;

import dev.lockstep.datasets.source.BundledDataSet;
import dev.lockstep.datasets.source.SyntheticDataSet;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code lockstep datasets}. */
@Command(
    name = "datasets",
    description = "Lists the data sets that ship with Lockstep and the generators.")
final class DatasetsCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    System.out.println("Bundled (data: {format: bundled, name: NAME})");
    for (BundledDataSet set : BundledDataSet.values()) {
      System.out.printf(
          Locale.ROOT,
          "  %-13s %5d rows  %2d features  %2d classes  %s%n",
          set.key(),
          set.rows(),
          set.features(),
          set.classes(),
          set.description());
    }
    System.out.println(
        "Synthetic (data: {format: synthetic, name: NAME, samples: N, noise: X, seed: S})");
    for (SyntheticDataSet set : SyntheticDataSet.values()) {
      System.out.printf(
          Locale.ROOT,
          "  %-13s   any rows  %2d features  %2d classes%s  %s%n",
          set.key(),
          set.features(),
          set.classes(),
          set.hasChosenClasses() ? " or more" : "",
          set.description());
    }
    return ExitCode.DONE;
  }
}
