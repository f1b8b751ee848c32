package dev.lockstep.driver.cli;

import dev.lockstep.datasets.source.BundledDataSet;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.trainer.error.LockstepException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options that say how data named on the command line are to be read. */
final class InputLocation {
  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "csv, libsvm, idx (IMAGES,LABELS), cifar or bundled (default: by the name's ending, else csv).")
  String format;

  @Option(
      names = "--option",
      paramLabel = "KEY=VALUE",
      description =
          "Option of the Spark reader, such as header=false; for cifar classes=10, 20 or 100 (default: 10). May be repeated.")
  Map<String, String> options = new HashMap<>();

  /** Options of the reader; CSV has a header unless it is said otherwise. */
  Map<String, String> readerOptions() {
    Map<String, String> all = new HashMap<>(options);
    all.putIfAbsent("header", "true");
    return all;
  }

  /** Where {@code path} points. */
  DataLocation at(String path) {
    String kind = format != null ? format : guess(path);
    switch (kind) {
      case "csv" -> {
        return new DataLocation.Csv(List.of(path));
      }
      case "libsvm" -> {
        return new DataLocation.LibSvm(List.of(path));
      }
      case "idx" -> {
        List<String> files = List.of(path.split(",", -1));
        if (files.size() != 2) {
          throw LockstepException.usage(
              "--format idx: two files are needed, IMAGES,LABELS, not '" + path + "'.");
        }
        return new DataLocation.Idx(files.get(0), files.get(1));
      }
      case "cifar" -> {
        return new DataLocation.Cifar(List.of(path), cifarClasses());
      }
      case "bundled" -> {
        return new DataLocation.Bundled(BundledDataSet.named(path).key());
      }
      default ->
          throw LockstepException.usage(
              "--format: '" + kind + "' is none of csv, libsvm, idx, cifar and bundled.");
    }
  }

  private int cifarClasses() {
    String classes = options.getOrDefault("classes", "10");
    if (!List.of("10", "20", "100").contains(classes)) {
      throw LockstepException.usage(
          "--option classes: '" + classes + "' is none of 10, 20 and 100.");
    }
    return Integer.parseInt(classes);
  }

  private static String guess(String path) {
    String name = path.toLowerCase(Locale.ROOT).replaceAll("\\.(gz|bz2|zst)$", "");
    if (name.endsWith(".libsvm") || name.endsWith(".svm")) {
      return "libsvm";
    }
    if (name.endsWith(".bin")) {
      return "cifar";
    }
    return name.contains("-ubyte,") ? "idx" : "csv";
  }
}
