package dev.lockstep.driver.cli;

import dev.lockstep.driver.bench.ArithmeticBenchmark;
import dev.lockstep.driver.bench.ArithmeticTable;
import dev.lockstep.driver.bench.ConstantsBenchmark;
import dev.lockstep.driver.bench.GrowthBenchmark;
import dev.lockstep.driver.bench.MachineFacts;
import dev.lockstep.driver.bench.ModelTables;
import dev.lockstep.driver.bench.StepBenchmark;
import dev.lockstep.driver.bench.StepModel;
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

    @Option(
        names = "--rounds",
        paramLabel = "N",
        description = "Pairs of windows (default: 15, or 5 if quick).")
    Integer rounds;

    @Option(
        names = "--seconds",
        paramLabel = "S",
        description = "Length of a window (default: 2, or 0.5 if quick).")
    Double seconds;

    @Option(names = "--quiet", description = "Only the tables and errors.")
    boolean quiet;

    int rounds() {
      if (rounds == null) {
        return quick ? 5 : 15;
      }
      requirePositive("--rounds", rounds);
      return rounds;
    }

    double seconds() {
      if (seconds == null) {
        return quick ? 0.5 : 2.0;
      }
      requirePositive("--seconds", seconds);
      return seconds;
    }

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
    if (threads != null) {
      requirePositive("--threads", threads);
    }
    List<Workload> workloads = workloads(names);
    ArithmeticBenchmark benchmark =
        new ArithmeticBenchmark(
            threads == null ? Runtime.getRuntime().availableProcessors() : threads,
            length.rounds(),
            length.seconds(),
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

  @Command(
      name = "model",
      description =
          "What steps would take on larger clusters: a small model with constants measured here.")
  void model(
      @Mixin CommonOptions common,
      @Option(names = "--quick", description = "Shorter measurements.") boolean quick,
      @Option(
              names = "--workload",
              paramLabel = "NAME",
              split = ",",
              defaultValue = "W1,W2,W3,W5",
              description = "W1 to W5; several by commas (default: ${DEFAULT-VALUE}).")
          List<String> names,
      @Option(
              names = "--executors",
              paramLabel = "N",
              split = ",",
              defaultValue = "16,64,256",
              description = "Sizes of the cluster (default: ${DEFAULT-VALUE}).")
          List<Integer> executors,
      @Option(
              names = "--cores",
              paramLabel = "N",
              defaultValue = "4",
              description = "Cores of each executor (default: ${DEFAULT-VALUE}).")
          int cores,
      @Option(
              names = "--gigabits",
              paramLabel = "N",
              defaultValue = "10",
              description = "Gbit/s of each machine's link (default: ${DEFAULT-VALUE}).")
          double gigabits,
      @Option(
              names = "--latency",
              paramLabel = "MS",
              defaultValue = "0.05",
              description = "One way through the network, in ms (default: ${DEFAULT-VALUE}).")
          double latency)
      throws IOException {
    requirePositive("--cores", cores);
    requirePositive("--gigabits", gigabits);
    for (int count : executors) {
      requirePositive("--executors", count);
    }
    if (!(latency >= 0)) {
      throw LockstepException.usage("--latency: must not be below 0, found " + latency + ".");
    }
    List<Workload> chosen = workloads(names);
    Consumer<String> progress = progress(common);
    try (SparkSession session = common.startSpark("bench")) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      try (StepBenchmark steps = stepBenchmark(spark, quick, progress)) {
        ConstantsBenchmark benchmark = new ConstantsBenchmark(spark, steps, quick ? 20 : 100);
        StepModel.Constants constants = benchmark.measure(chosen.get(0));
        List<StepModel.Cost> costs = new ArrayList<>();
        for (Workload workload : chosen) {
          progress.accept("Measuring " + workload.name() + ".");
          costs.add(benchmark.cost(workload));
        }
        System.out.println(MachineFacts.line(spark));
        System.out.print("\n" + ModelTables.constants(constants));
        System.out.print("\n" + ModelTables.costs(chosen, costs));
        for (int i = 0; i < costs.size(); i++) {
          List<StepModel> models = new ArrayList<>();
          for (int count : executors) {
            StepModel.Cluster cluster =
                new StepModel.Cluster(count, cores, gigabits * 1e9 / 8, latency * 1e-3);
            models.add(new StepModel(constants, cluster, costs.get(i)));
          }
          System.out.print("\n" + ModelTables.prediction(chosen.get(i), models));
        }
      }
    }
  }

  private static void requirePositive(String option, double value) {
    if (!(value > 0)) {
      throw LockstepException.usage(option + ": must be above 0, found " + value + ".");
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
