package dev.lockstep.driver.cli;

import dev.lockstep.driver.bench.ArithmeticBenchmark;
import dev.lockstep.driver.bench.ArithmeticTable;
import dev.lockstep.driver.bench.MachineFacts;
import dev.lockstep.driver.bench.Workload;
import dev.lockstep.trainer.error.LockstepException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lockstep bench}. */
@Command(
    name = "bench",
    description =
        "Measures this machine or cluster, checks every answer, and prints tables of ratios.",
    synopsisSubcommandLabel = "COMMAND")
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "A command is needed.");
  }

  /** How thorough, and how much is told. */
  static final class Length {
    @Option(names = "--quick", description = "Fewer and shorter windows: a first impression.")
    boolean quick;

    @Option(names = "--quiet", description = "Only the tables and errors.")
    boolean quiet;

    Consumer<String> progress() {
      return quiet ? line -> {} : System.err::println;
    }
  }

  @Command(
      name = "arithmetic",
      description =
          "Training without Spark, as a share of the rate of the same matrix products alone.")
  void arithmetic(
      @Mixin Length length,
      @Option(
              names = "--workload",
              paramLabel = "NAME",
              split = ",",
              description = "W1 to W5; several by commas (default: all).")
          List<String> names,
      @Option(
              names = "--threads",
              paramLabel = "N",
              description = "Threads, and shards (default: the processors there are).")
          Integer threads) {
    if (threads != null && threads < 1) {
      throw LockstepException.usage("--threads: must be at least 1, found " + threads + ".");
    }
    List<Workload> workloads = workloads(names);
    ArithmeticBenchmark benchmark =
        new ArithmeticBenchmark(
            threads == null ? Runtime.getRuntime().availableProcessors() : threads,
            length.quick ? 5 : 15,
            length.quick ? 0.5 : 2.0,
            length.progress());
    List<ArithmeticBenchmark.Result> results = new ArrayList<>();
    for (Workload workload : workloads) {
      results.add(benchmark.measure(workload));
    }
    System.out.println(MachineFacts.line() + "\n");
    System.out.print(ArithmeticTable.of(results));
  }

  private static List<Workload> workloads(List<String> names) {
    if (names == null) {
      return Workload.standard();
    }
    List<Workload> chosen = new ArrayList<>();
    for (String name : names) {
      chosen.add(
          Workload.standard().stream()
              .filter(workload -> workload.name().equalsIgnoreCase(name.strip()))
              .findFirst()
              .orElseThrow(
                  () ->
                      LockstepException.usage(
                          "--workload: '"
                              + name
                              + "' is not one of "
                              + Workload.standard().stream()
                                  .map(Workload::name)
                                  .collect(Collectors.joining(", "))
                              + ".")));
    }
    return chosen;
  }
}
