package dev.lockstep.trainer.bench;

import dev.lockstep.trainer.kernel.Blas;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the benchmarks of this package and prints a table of ratios; ends with an exception where a
 * benchmark finds its own answer wrong. Arguments: a regular expression for the benchmarks, and the
 * number of half-second iterations for warming up and for measuring. Of the times that JMH samples
 * the best counts, which other programs on the machine move least.
 */
public final class KernelBenchmarks {
  private final Map<String, Double> nanoseconds = new LinkedHashMap<>();

  private KernelBenchmarks(Collection<RunResult> results) {
    for (RunResult result : results) {
      String method = result.getParams().getBenchmark();
      String name = method.substring(KernelBenchmarks.class.getPackageName().length() + 1);
      for (String parameter : result.getParams().getParamsKeys()) {
        name += " " + result.getParams().getParam(parameter);
      }
      nanoseconds.put(name, result.getPrimaryResult().getStatistics().getMin());
    }
  }

  /** See the class. */
  public static void main(String[] arguments) throws RunnerException {
    int length = Integer.parseInt(arguments[1]);
    Options options =
        new OptionsBuilder()
            .include(KernelBenchmarks.class.getPackageName() + ".*" + arguments[0])
            .forks(1)
            .warmupIterations(length)
            .warmupTime(TimeValue.milliseconds(500))
            .measurementIterations(length)
            .measurementTime(TimeValue.milliseconds(500))
            .shouldFailOnError(true)
            .build();
    new KernelBenchmarks(new Runner(options).run()).print();
  }

  private void print() {
    System.out.printf("%n%s, Java %s%n", Blas.backendName(), System.getProperty("java.version"));
    nanoseconds.forEach(this::print);
  }

  private void print(String name, double time) {
    int space = name.indexOf(' ');
    String benchmark = name.substring(0, space);
    String parameter = name.substring(space + 1);
    switch (benchmark) {
      case "ProductBenchmark.product" ->
          row(
              name,
              ProductBenchmark.operations(parameter) / time,
              "GFLOP/s",
              ProductBenchmark.operations(parameter)
                  / ProductBenchmark.operations(ProductBenchmark.BASE)
                  * time("ProductBenchmark.product " + ProductBenchmark.BASE)
                  / time,
              "of " + ProductBenchmark.BASE);
      case "ConvolutionBenchmark.layer" ->
          row(
              name,
              ConvolutionBenchmark.operations(parameter) / time,
              "GFLOP/s",
              time("ConvolutionBenchmark.products " + parameter) / time,
              "of its products");
      case "ConvolutionBenchmark.products" ->
          row(
              name,
              ConvolutionBenchmark.operations(parameter) / time,
              "GFLOP/s",
              ConvolutionBenchmark.operations(parameter)
                  / ProductBenchmark.operations(ProductBenchmark.BASE)
                  * time("ProductBenchmark.product " + ProductBenchmark.BASE)
                  / time,
              "of " + ProductBenchmark.BASE);
      case "UpdateBenchmark.pass" ->
          row(
              name,
              UpdateBenchmark.bytes(parameter) / time,
              "GB/s",
              UpdateBenchmark.bytes(parameter)
                  / UpdateBenchmark.bytes("copy")
                  * time("UpdateBenchmark.pass copy")
                  / time,
              "of a copy");
      case "SoftmaxBenchmark.evaluate" -> element(name, time / SoftmaxBenchmark.VALUES);
      default -> element(name, time / LayerBenchmark.VALUES);
    }
  }

  private void element(String name, double time) {
    double copy = time("LayerBenchmark.forward copy") / LayerBenchmark.VALUES;
    row(name, time, "ns/element", copy / time, "of a copy");
  }

  /** Of one operation, in nanoseconds; not a number where the benchmark was not run. */
  private double time(String name) {
    return nanoseconds.getOrDefault(name, Double.NaN);
  }

  private static void row(String name, double figure, String unit, double ratio, String base) {
    System.out.printf(Locale.ROOT, "%-46s %8.2f %-10s %6.3f %s%n", name, figure, unit, ratio, base);
  }
}
