package dev.lockstep.datasets.pack;

import dev.lockstep.datasets.source.BadRowMode;
import dev.lockstep.datasets.source.ColumnCoding;
import dev.lockstep.datasets.source.ColumnSelection;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.DataSettings;
import dev.lockstep.datasets.source.DataSource;
import dev.lockstep.datasets.source.HeldOut;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.model.Preprocessing;
import java.io.EOFException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/**
 * From the {@code data} block of a configuration to cached, normalized shards.
 *
 * <pre>
 *   scan       first pass: counts, labels, bad rows, hashes             ScannedRows
 *   place      split and index of every row, from counts alone          RowPlacement
 *   pack       second pass: rows to shards as float blocks, one shuffle ShardPacker
 *   measure    statistics of the training split                         SplitStatistics
 *   normalize  and cache                                                PreparedSplit
 * </pre>
 */
public final class DataPreparation {
  private final JavaSparkContext spark;
  private final SparkSession session;
  private final DataSettings settings;
  private final ShardGrid grid;
  private final Preprocessing model;
  private final Task task;
  private final boolean indexed;
  private final Quarantine refused;
  private final TrainingCheck check;
  private final List<JavaRDD<Shard>> cached = new ArrayList<>();
  private final List<ScannedLocation> locations = new ArrayList<>();
  private final Fingerprint fingerprint = new Fingerprint();

  /** What is being read, for messages. */
  private String reading;

  private DataPreparation(
      JavaSparkContext spark,
      DataSettings settings,
      ShardGrid grid,
      Preprocessing model,
      Task task,
      boolean indexed,
      Quarantine refused,
      TrainingCheck check) {
    this.refused = refused;
    this.check = check;
    this.spark = spark;
    this.session = SparkSession.builder().getOrCreate();
    this.settings = settings;
    this.grid = grid;
    this.model = model;
    this.task = task;
    this.indexed = indexed;
  }

  /** As below, with one-hot features for texts. */
  public static PreparedData prepare(
      JavaSparkContext spark, DataSettings settings, int shards, int partitions) {
    return prepare(spark, settings, false, shards, partitions);
  }

  /** As below; nothing is kept of data that are refused, and nobody else looks at them. */
  public static PreparedData prepare(
      JavaSparkContext spark, DataSettings settings, boolean indexed, int shards, int partitions) {
    return prepare(
        spark, settings, indexed, shards, partitions, Quarantine.NONE, TrainingCheck.NONE);
  }

  /**
   * Prepares data for training.
   *
   * @param indexed whether texts become indices of levels rather than one-hot features
   * @param shards number of logical shards, at least 1
   * @param partitions number of Spark partitions that carry them, at least 1
   * @param refused asked to keep the bad rows where there are more than the settings allow, before
   *     that is thrown as an error; those of data that can be used are in the result
   * @param check looks at the training data before separate validation and test data are read
   * @throws LockstepException of kind DATA or USAGE where the data or the settings cannot be used;
   *     nothing stays cached then
   */
  public static PreparedData prepare(
      JavaSparkContext spark,
      DataSettings settings,
      boolean indexed,
      int shards,
      int partitions,
      Quarantine refused,
      TrainingCheck check) {
    return new DataPreparation(
            spark,
            settings,
            new ShardGrid(shards, partitions),
            null,
            settings.task(),
            indexed,
            refused,
            check)
        .run();
  }

  /**
   * Prepares data for a model that exists: its features, its labels, its normalization. The label
   * and weight columns, the splits and the shape are the settings'; a label that the model does not
   * know makes a bad row. There may be fewer examples than shards.
   *
   * @param preprocessing the model's
   * @param task the model's
   */
  public static PreparedData prepareForModel(
      JavaSparkContext spark,
      DataSettings settings,
      Preprocessing preprocessing,
      Task task,
      int shards,
      int partitions) {
    return new DataPreparation(
            spark,
            settings,
            new ShardGrid(shards, partitions),
            preprocessing,
            task,
            false,
            Quarantine.NONE,
            TrainingCheck.NONE)
        .run();
  }

  /**
   * Refuses data that do not have the columns of a model, by the names alone: no row is read.
   *
   * @param settings as for {@link #prepareForModel}; separate validation and test data are not
   *     looked at
   * @param preprocessing the model's
   * @throws LockstepException as the preparation for the model would
   */
  public static void requireColumns(
      JavaSparkContext spark, DataSettings settings, Preprocessing preprocessing) {
    DataPreparation preparation =
        new DataPreparation(
            spark,
            settings,
            new ShardGrid(1, 1),
            preprocessing,
            settings.task(),
            false,
            Quarantine.NONE,
            TrainingCheck.NONE);
    try {
      preparation.columns(preparation.open(settings.location(), preparation.neededColumns()));
    } catch (Exception failure) {
      throw preparation.explained(failure);
    }
  }

  private PreparedData run() {
    boolean complete = false;
    try {
      PreparedData data = prepare();
      complete = true;
      return data;
    } catch (Exception failure) {
      // Not RuntimeException: Spark's own exception is a checked one that its methods do not
      // declare.
      throw explained(failure);
    } finally {
      if (!complete) {
        for (JavaRDD<Shard> shards : cached) {
          shards.unpersist(false);
        }
      }
    }
  }

  /** The failure of a job as the error that it stands for. */
  private LockstepException explained(Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof LockstepException known) {
        return cause == failure
            ? known
            : new LockstepException(known.kind(), known.getMessage(), failure);
      }
      if (cause.getClass().getName().endsWith(".TextParsingException")) {
        // Of the parser inside Spark, which may be relocated.
        String message =
            "A row of "
                + reading
                + " has more cells, or a longer one, than Spark's CSV reader takes: 20480 cells, or what data.options.maxColumns and data.options.maxCharsPerColumn say. Check that the file is one, and its separator and quotes.";
        return new LockstepException(ErrorKind.DATA, message, failure);
      }
      if (cause instanceof EOFException || cause instanceof ZipException) {
        String message =
            "A compressed file of " + reading + " is cut off or damaged: fetch it again.";
        return new LockstepException(ErrorKind.DATA, message, failure);
      }
    }
    return new LockstepException(
        ErrorKind.INTERNAL, reading + " could not be prepared: " + firstLine(failure), failure);
  }

  private DataSource open(DataLocation location, List<String> needed) {
    if (location instanceof DataLocation.Csv csv) {
      reading = String.join(", ", csv.paths());
    } else if (location instanceof DataLocation.LibSvm libSvm) {
      reading = String.join(", ", libSvm.paths());
    } else {
      reading = "the " + location.format() + " data";
    }
    return DataSource.open(session, location, settings.options(), needed);
  }

  private static String firstLine(Exception failure) {
    return String.valueOf(failure.getMessage())
        .lines()
        .findFirst()
        .orElse(failure.getClass().getSimpleName());
  }

  private PreparedData prepare() {
    DataSource source = open(settings.location(), neededColumns());
    ColumnSelection columns = columns(source);
    ColumnCoding knownFeatures = model == null ? null : ColumnCoding.of(model);
    LabelCoding known = null;
    if (model != null) {
      known =
          task == Task.CLASSIFICATION
              ? LabelCoding.classes(model.classLabels())
              : LabelCoding.values();
    }
    ScannedRows scanned = scan(source, Split.TRAIN, columns, task, known, knownFeatures);
    RowPlacement placement =
        RowPlacement.divided(
            spark,
            scanned,
            fraction(settings.validation()),
            fraction(settings.test()),
            settings.splitSeed());
    if (model == null && placement.rows(Split.TRAIN) < grid.shards()) {
      throw LockstepException.data(
          source.name()
              + ": the training split has "
              + placement.rows(Split.TRAIN)
              + " examples, fewer than the "
              + grid.shards()
              + " shards. Lower training.shards or add data.");
    }
    ScannedRows rows = model == null ? scanned.withLevelsOfTraining(placement, indexed) : scanned;
    Shape shape = inputShape(source, rows.features().featureCount());
    LabelCoding coding = rows.coding();
    ShardPacker packer = new ShardPacker(rows, placement, coding, grid);
    Normalizer normalizer = model == null ? normalizer(packer, rows, coding) : Normalizer.of(model);
    PreparedSplit train = cache(packer, Split.TRAIN, Split.TRAIN, normalizer);
    Preprocessing preprocessing = normalizer.toPreprocessing();
    check.check(
        new PreparedData(
            train,
            null,
            null,
            preprocessing,
            coding.task(),
            shape,
            fingerprint.toHexadecimal(),
            locations));
    PreparedSplit validation =
        heldOut(Split.VALIDATION, settings.validation(), packer, rows, coding, normalizer);
    PreparedSplit test = heldOut(Split.TEST, settings.test(), packer, rows, coding, normalizer);
    return new PreparedData(
        train,
        validation,
        test,
        preprocessing,
        coding.task(),
        shape,
        fingerprint.toHexadecimal(),
        locations);
  }

  private ColumnSelection columns(DataSource source) {
    List<String> features = model == null ? settings.features() : model.columns();
    ColumnSelection columns =
        ColumnSelection.resolve(
            source, features, categorical(), settings.label(), settings.weight());
    if (columns.categorical().isEmpty()) {
      // So many features are known before a row is read; those of texts are not.
      requireShapeOf(source, columns.features().size());
    }
    return columns;
  }

  private ScannedRows scan(
      DataSource source,
      Split split,
      ColumnSelection columns,
      Task taskOfLabels,
      LabelCoding coding,
      ColumnCoding features) {
    ScannedRows rows =
        ScannedRows.scan(
            source,
            split,
            columns,
            taskOfLabels,
            coding,
            features,
            indexed,
            settings.badRows(),
            this::refuse);
    Fingerprint own = new Fingerprint();
    own.add(rows);
    fingerprint.add(rows);
    locations.add(
        new ScannedLocation(ScannedFile.of(rows.pieces()), rows.badRows(), own.toHexadecimal()));
    return rows;
  }

  /** Keeps what has to be kept of too many bad rows, and ends the preparation. */
  private void refuse(BadRows tooMany) {
    List<BadRows> badRows = new ArrayList<>();
    locations.forEach(location -> badRows.add(location.badRows()));
    badRows.add(tooMany);
    String place =
        settings.badRows().mode() == BadRowMode.QUARANTINE ? refused.keep(badRows) : null;
    throw LockstepException.data(
        tooMany.describe()
            + " cannot be used, a share of "
            + shortened(tooMany.fraction())
            + " where data.maxBadFraction allows "
            + settings.badRows().maxFraction()
            + ". The first of them: "
            + String.join(" ", tooMany.first())
            + (place == null ? "" : " They are kept in " + place + ".")
            + " Correct the data, or raise data.maxBadFraction.");
  }

  /** A share of more than a limit, to three digits, and never rounded down to the limit. */
  private static String shortened(double fraction) {
    return BigDecimal.valueOf(fraction)
        .round(new MathContext(3, RoundingMode.UP))
        .stripTrailingZeros()
        .toPlainString();
  }

  /** The columns that are asked for by name; none where features are left to the source. */
  private List<String> neededColumns() {
    List<String> features = model == null ? settings.features() : model.columns();
    return features.isEmpty() ? List.of() : withWeight(features);
  }

  /** The columns that hold texts: the model's where there is one. */
  private List<String> categorical() {
    if (model == null) {
      return settings.categorical();
    }
    List<String> names = new ArrayList<>();
    model.categorical().forEach(column -> names.add(column.name()));
    return names;
  }

  private List<String> withWeight(List<String> features) {
    List<String> needed = new ArrayList<>(features);
    if (settings.weight() != null) {
      needed.add(settings.weight());
    }
    return needed;
  }

  private Shape inputShape(DataSource source, int featureCount) {
    Shape shape = settings.shape();
    if (shape == null) {
      Shape known = source.shape().orElse(null);
      return known != null && known.size() == featureCount ? known : Shape.vector(featureCount);
    }
    requireShapeOf(source, featureCount);
    return shape;
  }

  private void requireShapeOf(DataSource source, int featureCount) {
    Shape shape = settings.shape();
    if (shape != null && shape.size() != featureCount) {
      throw LockstepException.usage(
          "data.shape is ["
              + shape.height()
              + ", "
              + shape.width()
              + ", "
              + shape.channels()
              + "], which makes "
              + shape.size()
              + " values, and "
              + source.name()
              + " has "
              + featureCount
              + (settings.categorical().isEmpty()
                  ? " feature columns"
                  : " features, levels of categorical columns included")
              + ". Correct data.shape (height, width, channels) or choose data.features.");
    }
  }

  private static double fraction(HeldOut heldOut) {
    if (!(heldOut instanceof HeldOut.Fraction share)) {
      return 0.0;
    }
    if (!(share.fraction() >= 0 && share.fraction() < 1)) {
      throw LockstepException.usage(
          "A split's fraction is " + share.fraction() + "; it must be at least 0 and below 1.");
    }
    return share.fraction();
  }

  private Normalizer normalizer(ShardPacker packer, ScannedRows rows, LabelCoding coding) {
    Normalizer raw = Normalizer.raw(rows.features(), rows.columns().label(), coding.classes());
    Normalization kind = settings.normalize();
    return kind == Normalization.NONE ? raw : raw.scaledBy(packer.statistics(Split.TRAIN), kind);
  }

  private PreparedSplit heldOut(
      Split split,
      HeldOut heldOut,
      ShardPacker packer,
      ScannedRows trainingRows,
      LabelCoding coding,
      Normalizer normalizer) {
    if (!(heldOut instanceof HeldOut.Separate separate)) {
      return packer.rows(split) == 0 ? null : cache(packer, split, split, normalizer);
    }
    ColumnSelection columns = trainingRows.columns();
    DataLocation location = separate.location();
    DataSource source = open(location, withWeight(columns.features()));
    ColumnSelection same =
        ColumnSelection.resolve(
            source, columns.features(), columns.categorical(), columns.label(), columns.weight());
    ScannedRows rows = scan(source, split, same, coding.task(), coding, trainingRows.features());
    ShardPacker ownPacker = new ShardPacker(rows, RowPlacement.undivided(rows), coding, grid);
    return cache(ownPacker, Split.TRAIN, split, normalizer);
  }

  /**
   * Computes and caches the shards of a split.
   *
   * @param part where the rows are in their location
   * @param split what they are used for
   */
  private PreparedSplit cache(ShardPacker packer, Split part, Split split, Normalizer normalizer) {
    JavaRDD<Shard> shards =
        packer
            .shards(part, normalizer)
            .setName(split.word() + " shards")
            .persist(StorageLevel.MEMORY_AND_DISK());
    cached.add(shards);
    double weight = 0;
    for (double shardWeight : shards.map(DataPreparation::weightSum).collect()) {
      weight += shardWeight;
    }
    if (!(weight > 0)) {
      throw LockstepException.data(
          "The weights (column '"
              + settings.weight()
              + "') of the "
              + split.word()
              + " split add up to 0. At least one example needs a weight above 0.");
    }
    return new PreparedSplit(shards, packer.rows(part));
  }

  private static double weightSum(Shard shard) {
    double sum = 0;
    for (int row = 0; row < shard.examples().count(); row++) {
      sum += shard.examples().weight(row);
    }
    return sum;
  }

  /**
   * A digest over the rows of the scanned locations that can be used, in the order in which they
   * are added. What was left out, and whether anything may be, does not enter: the same examples
   * give the same run, so it must know them for the same.
   */
  private static final class Fingerprint {
    private final MessageDigest digest;

    Fingerprint() {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException impossible) {
        throw new IllegalStateException(impossible);
      }
    }

    void add(ScannedRows rows) {
      StringBuilder text = new StringBuilder();
      ColumnSelection columns = rows.columns();
      text.append(columns.features())
          .append('\n')
          .append(columns.label())
          .append('\n')
          .append(columns.weight())
          .append('\n')
          .append(rows.rows());
      for (int point = 0; point < ScannedPiece.POINTS.length; point++) {
        text.append('\n').append(rows.hash(point));
      }
      digest.update(text.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Of what was added until now. */
    String toHexadecimal() {
      try {
        return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
      } catch (CloneNotSupportedException impossible) {
        throw new IllegalStateException(impossible);
      }
    }
  }
}
