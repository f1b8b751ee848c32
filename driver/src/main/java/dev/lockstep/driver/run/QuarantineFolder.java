package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.BadRows;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.Quarantine;
import dev.lockstep.datasets.source.BadRowMode;
import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.driver.folder.DigestedFiles;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.secret.Redaction;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.TextOutputFormat;
import org.apache.hadoop.mapreduce.lib.output.FileOutputFormat;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;

/**
 * The folder {@code quarantine} of a run: rows that could not be used as lines of JSON, in files of
 * {@value #ROWS_PER_FILE}, in the order of the rows: {@code train-00000.jsonl} and so on. Which row
 * stands where is a matter of the data alone, not of the cluster.
 *
 * <p>All of it is written aside and renamed once, so a folder that is there is complete. What an
 * earlier attempt of the run kept is never removed, since it may be the only copy: where later ones
 * leave out other rows it is called {@code quarantine-1} and so on from then on. Executors write
 * their files through Hadoop's commit protocol, so a task that is tried again or runs twice leaves
 * nothing behind. Only where the run folder is on the driver's own disk and executors are other
 * processes does the driver write, one file's rows at a time: their disks are not its own.
 */
final class QuarantineFolder implements Quarantine {
  /** Rows that the driver has to hold at once; some tens of megabytes at the very most. */
  static final int ROWS_PER_FILE = 10_000;

  private static final String FILES_OF_SPARK = ".spark";

  private final JavaSparkContext spark;
  private final RunFolder run;
  private final boolean executorsWrite;

  QuarantineFolder(JavaSparkContext spark, RunFolder run) {
    this(spark, run, spark.isLocal() || !run.isOnThisMachine());
  }

  /** As above, where it is known whether executors can write into the run folder. */
  QuarantineFolder(JavaSparkContext spark, RunFolder run, boolean executorsWrite) {
    this.spark = spark;
    this.run = run;
    this.executorsWrite = executorsWrite;
  }

  /**
   * Takes the place of what a run left that was refused.
   *
   * @return null where no row is bad, and there is no folder then
   */
  @Override
  public String keep(List<BadRows> badRows) {
    boolean any = writeAside(badRows);
    run.removeFolder(RunFolder.QUARANTINE);
    if (!any) {
      return null;
    }
    run.renameFolder(RunFolder.UNFINISHED_QUARANTINE, RunFolder.QUARANTINE);
    return place();
  }

  private String place() {
    return run.folder(RunFolder.QUARANTINE).name();
  }

  /** Returns whether there was something to write. */
  private boolean writeAside(List<BadRows> badRows) {
    run.removeFolder(RunFolder.UNFINISHED_QUARANTINE);
    boolean any = false;
    for (BadRows source : badRows) {
      if (source.count() > 0) {
        run.create();
        write(source, run.folder(RunFolder.UNFINISHED_QUARANTINE));
        any = true;
      }
    }
    return any;
  }

  /**
   * Keeps what was left out of a run's data where that is wanted. Where the run goes on, what an
   * earlier attempt kept stays too: once bad rows have been taken out of the data it may be the
   * only copy of them.
   *
   * @param earlierAttempt whether the run or the search goes on that is in the folder
   * @return a sentence for the user, where there was something
   */
  Optional<String> keepOf(BadRowSettings settings, PreparedData data, boolean earlierAttempt) {
    List<BadRows> wanted = settings.mode() == BadRowMode.QUARANTINE ? data.badRows() : List.of();
    if (!earlierAttempt || !run.hasFolder(RunFolder.QUARANTINE)) {
      return Optional.ofNullable(keep(wanted)).map(QuarantineFolder::sentence);
    }
    if (!writeAside(wanted)) {
      return Optional.of(
          "The rows that an earlier attempt left out are still kept in " + place() + ".");
    }
    if (digests(RunFolder.UNFINISHED_QUARANTINE).equals(digests(RunFolder.QUARANTINE))) {
      run.removeFolder(RunFolder.UNFINISHED_QUARANTINE);
      return Optional.of(sentence(place()));
    }
    String earlier = freeName();
    run.renameFolder(RunFolder.QUARANTINE, earlier);
    run.renameFolder(RunFolder.UNFINISHED_QUARANTINE, RunFolder.QUARANTINE);
    return Optional.of(
        sentence(place())
            + " Those that an earlier attempt left out are in "
            + run.folder(earlier).name()
            + ".");
  }

  /** SHA-256 of each file by its name. */
  private Map<String, String> digests(String folder) {
    RunFolder rows = run.folder(folder);
    return rows.files().stream()
        .collect(Collectors.toMap(file -> file, file -> DigestedFiles.sha256(rows, file)));
  }

  private static String sentence(String place) {
    return "The rows that were left out are kept in " + place + ".";
  }

  /** A name for what an earlier attempt kept. */
  private String freeName() {
    int number = 1;
    while (run.hasFolder(RunFolder.QUARANTINE + "-" + number)) {
      number++;
    }
    return RunFolder.QUARANTINE + "-" + number;
  }

  private void write(BadRows source, RunFolder unfinished) {
    List<String> columns = source.columns();
    // Only this process knows the secrets that a file's name may have in it, so it says the names.
    int files = Math.toIntExact((source.count() - 1) / ROWS_PER_FILE + 1);
    long rows = source.count();
    JavaRDD<String> lines =
        source
            .rows(Redaction.ofProcess()::inMessage)
            .mapToPair(row -> new Tuple2<>(row.rank(), QuarantineLine.of(row, columns)))
            .repartitionAndSortWithinPartitions(new ByFile(files))
            .mapPartitionsWithIndex(
                (file, ranked) ->
                    new Lines(file, Math.min(rows, (file + 1L) * ROWS_PER_FILE), ranked),
                true);
    unfinished.create();
    if (!executorsWrite) {
      writeHere(source, lines, unfinished);
      return;
    }
    JobConf configuration = new JobConf(spark.hadoopConfiguration());
    configuration.setBoolean(FileOutputFormat.COMPRESS, false);
    lines
        .mapToPair(line -> new Tuple2<>(NullWritable.get(), new Text(line)))
        .saveAsHadoopFile(
            unfinished.folder(FILES_OF_SPARK).uri(),
            NullWritable.class,
            Text.class,
            TextOutputFormat.class,
            configuration);
    for (int file = 0; file < files; file++) {
      unfinished.renameFolder(
          String.format(Locale.ROOT, "%s/part-%05d", FILES_OF_SPARK, file), name(source, file));
    }
    unfinished.removeFolder(FILES_OF_SPARK);
  }

  private static String name(BadRows source, int file) {
    return String.format(Locale.ROOT, "%s-%05d.jsonl", source.split().key(), file);
  }

  private static void writeHere(BadRows source, JavaRDD<String> lines, RunFolder unfinished) {
    Iterator<String> texts = lines.toLocalIterator();
    for (int file = 0; texts.hasNext(); file++) {
      unfinished.write(name(source, file), output -> writeSome(texts, output));
    }
  }

  private static void writeSome(Iterator<String> lines, OutputStream output) throws IOException {
    for (int i = 0; i < ROWS_PER_FILE && lines.hasNext(); i++) {
      output.write((lines.next() + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Sends each row to its file by its rank. */
  private static final class ByFile extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int files;

    ByFile(int files) {
      this.files = files;
    }

    @Override
    public int numPartitions() {
      return files;
    }

    @Override
    public int getPartition(Object rank) {
      return (int) ((Long) rank / ROWS_PER_FILE);
    }
  }

  /** The lines of a file, which must be those that were counted. */
  private static final class Lines implements Iterator<String> {
    private final Iterator<Tuple2<Long, String>> ranked;
    private final long end;
    private long expected;

    Lines(int file, long end, Iterator<Tuple2<Long, String>> ranked) {
      this.ranked = ranked;
      this.end = end;
      this.expected = (long) file * ROWS_PER_FILE;
    }

    @Override
    public boolean hasNext() {
      if (!ranked.hasNext() && expected != end) {
        throw changed();
      }
      return ranked.hasNext();
    }

    @Override
    public String next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Tuple2<Long, String> next = ranked.next();
      if (next._1() != expected++) {
        throw changed();
      }
      return next._2();
    }

    private static LockstepException changed() {
      return LockstepException.data(
          "The data have changed while they were read: other rows are bad than were counted. Make"
              + " sure that nothing writes to the data during a run, and start again.");
    }
  }
}
