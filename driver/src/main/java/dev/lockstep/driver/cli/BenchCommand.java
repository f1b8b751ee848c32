package dev.lockstep.driver.cli;

import dev.lockstep.driver.bench.ArithmeticBenchmark;
import dev.lockstep.driver.bench.ArithmeticTable;
import dev.lockstep.driver.bench.GrowthBenchmark;
import dev.lockstep.driver.bench.MachineFacts;
import dev.lockstep.driver.bench.StepBenchmark;
import dev.lockstep.driver.bench.StepTables;
import dev.lockstep.driver.bench.Workload;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
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

  /** Which of the tables of steps are made. */
  enum Table {
    WORKLOADS,
    SIZES
  }

  @Command(
      name = "steps",
      description =
          "What a step costs beside its arithmetic, by every synchronizer, against an empty job.")
  void steps(
      @Mixin CommonOptions common,
      @Option(names = "--quick", description = "Fewer and smaller cases.") boolean quick,
      @Option(
              names = "--workload",
              paramLabel = "NAME",
              split = ",",
              description = "W1 to W5; several by commas (default: all, or W1 and W5 if quick).")
          List<String> names,
      @Option(
              names = "--table",
              paramLabel = "TABLE",
              description = "workloads, or sizes: mini-batches and parameters (default: both).")
          String table)
      throws IOException {
    boolean workloads = table == null || chosen(table) == Table.WORKLOADS;
    boolean sizes = table == null || chosen(table) == Table.SIZES;
    List<Workload> named = workloads(names == null && quick ? List.of("W1", "W5") : names);
    Consumer<String> progress = progress(common);
    try (SparkSession session = common.startSpark("bench")) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      System.out.println(MachineFacts.line(spark));
      try (StepBenchmark benchmark = stepBenchmark(spark, quick, progress)) {
        if (workloads) {
          System.out.print("\n" + StepTables.steps(measured(benchmark, named)));
        }
        if (sizes) {
          System.out.print("\n" + StepTables.steps(measured(benchmark, sizes(quick))));
        }
      }
    }
  }

  private static Table chosen(String name) {
    for (Table table : Table.values()) {
      if (table.name().equalsIgnoreCase(name)) {
        return table;
      }
    }
    throw LockstepException.usage("--table: '" + name + "' is not one of workloads, sizes.");
  }

  private static Consumer<String> progress(CommonOptions common) {
    return common.quiet || common.noProgress ? line -> {} : System.err::println;
  }

  private static StepBenchmark stepBenchmark(
      JavaSparkContext spark, boolean quick, Consumer<String> progress) {
    StepBenchmark benchmark = new StepBenchmark(spark, quick ? 3 : 7, quick ? 0.4 : 2.0, progress);
    benchmark.warmUp(quick ? 4 : 15);
    // The same for what only steps do.
    benchmark.measure(Workload.sizes(64).get(0));
    return benchmark;
  }

  private static List<StepBenchmark.Result> measured(
      StepBenchmark benchmark, List<Workload> workloads) {
    List<StepBenchmark.Result> results = new ArrayList<>();
    for (Workload workload : workloads) {
      results.add(benchmark.measure(workload));
    }
    return results;
  }

  private static List<Workload> sizes(boolean quick) {
    List<Workload> sizes = new ArrayList<>();
    for (int batchSize : quick ? new int[] {64, 1024} : new int[] {64, 256, 1024, 4096}) {
      List<Workload> all = Workload.sizes(batchSize);
      sizes.addAll(quick ? all.subList(0, 3) : all);
    }
    return sizes;
  }

  @Command(
      name = "growth",
      description =
          "How a step grows with shards and partitions, and how many bytes of it reach the driver.")
  void growth(
      @Mixin CommonOptions common,
      @Option(names = "--quick", description = "Fewer cases.") boolean quick)
      throws IOException {
    Consumer<String> progress = progress(common);
    Workload workload = Workload.sizes(1024).get(1);
    try (SparkSession session = common.startSpark("bench")) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      System.out.println(MachineFacts.line(spark));
      try (StepBenchmark steps = stepBenchmark(spark, quick, progress)) {
        GrowthBenchmark benchmark = new GrowthBenchmark(spark, steps, progress);
        List<Integer> counts = quick ? List.of(2, 16, 64) : List.of(1, 2, 4, 8, 16, 32, 64);
        System.out.print("\n" + StepTables.growth(benchmark.withShards(workload, counts)));
        System.out.print("\n" + StepTables.growth(benchmark.withPartitions(workload, 64, counts)));
        System.out.print(
            "\n"
                + StepTables.driverBytes(
                    benchmark.driverBytes(workload, 256, List.of(2, 16, 64, 256))));
      }
    }
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
