package dev.lockstep.driver.run;

import dev.lockstep.datasets.source.RowFeatures;
import dev.lockstep.datasets.source.RowProblem;
import dev.lockstep.datasets.source.ScoringRow;
import dev.lockstep.driver.config.ModelDescription;
import dev.lockstep.trainer.model.ModelArtifact;
import dev.lockstep.trainer.model.Predictor;
import dev.lockstep.trainer.model.Preprocessing;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.parameter.ParameterVector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.util.CollectionAccumulator;

/**
 * Scores the rows of a partition: each comes out with its columns unchanged, then the prediction,
 * then a probability per class. The model travels as its two JSON files and a broadcast of its
 * parameters.
 *
 * <p>A row that cannot be scored ends the partition's result and is reported as a value, so that
 * Spark does not try it again; the rows behind it are only counted, so that the driver can say
 * which row of its file it is.
 */
final class ScoreTask implements FlatMapFunction<Iterator<ScoringRow>, Row> {
  private static final long serialVersionUID = 1L;

  private final String description;
  private final String preprocessing;
  private final Broadcast<ParameterVector> parameters;
  private final RowFeatures features;
  private final CollectionAccumulator<ScoredPiece> pieces;

  /**
   * For one data set.
   *
   * @param pieces takes what each task learned, once it has read its last row
   */
  ScoreTask(
      String description,
      String preprocessing,
      Broadcast<ParameterVector> parameters,
      RowFeatures features,
      CollectionAccumulator<ScoredPiece> pieces) {
    this.description = description;
    this.preprocessing = preprocessing;
    this.parameters = parameters;
    this.features = features;
    this.pieces = pieces;
  }

  @Override
  public Iterator<Row> call(Iterator<ScoringRow> rows) {
    ModelDescription model = ModelDescription.fromJson(description, "the model");
    Network network = new Network(model.layers(), model.inputShape());
    Preprocessing columns = PreprocessingJson.read(preprocessing, "the model");
    return new ScoredRows(
        rows,
        new Predictor(
            new ModelArtifact(network, model.loss(), parameters.value(), new long[0], columns)),
        columns.classLabels());
  }

  /** Pulls rows through the network a batch at a time. */
  private final class ScoredRows implements Iterator<Row> {
    private final Iterator<ScoringRow> rows;
    private final Predictor predictor;
    private final List<String> labels;
    private final float[] values;
    private final float[] answers;
    private final Queue<Row> scored = new ArrayDeque<>();

    private ScoringRow latest;
    private long rowsOfPiece;
    private long firstBad = -1;
    private RowProblem problem;
    private boolean broken;
    private boolean told;

    ScoredRows(Iterator<ScoringRow> rows, Predictor predictor, List<String> labels) {
      this.rows = rows;
      this.predictor = predictor;
      this.labels = labels;
      this.values = new float[predictor.maxRows() * features.count()];
      this.answers = new float[predictor.maxRows() * predictor.answers()];
    }

    @Override
    public boolean hasNext() {
      if (scored.isEmpty()) {
        scoreBatch();
      }
      return !scored.isEmpty();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return scored.remove();
    }

    /** Scores some rows; none where all are done or one cannot be scored. */
    private void scoreBatch() {
      List<Row> batch = new ArrayList<>(predictor.maxRows());
      while (rows.hasNext() && (broken || batch.size() < predictor.maxRows())) {
        ScoringRow row = rows.next();
        if (latest == null || latest.start() != row.start() || !latest.file().equals(row.file())) {
          tellPiece();
          latest = row;
        }
        if (problem == null) {
          problem =
              row.problem() != null
                  ? row.problem()
                  : features.read(row.row(), values, batch.size() * features.count());
          firstBad = rowsOfPiece;
          broken |= problem != null;
        }
        boolean isRow = row.problem() == null || !row.problem().inHeader();
        rowsOfPiece += isRow ? 1 : 0;
        if (!broken) {
          batch.add(row.row());
        }
      }
      if (!rows.hasNext() && !told) {
        told = true;
        tellPiece();
      }
      if (batch.isEmpty() || broken) {
        return;
      }
      predictor.predict(values, batch.size(), answers);
      for (int i = 0; i < batch.size(); i++) {
        scored.add(withAnswer(batch.get(i), i * predictor.answers()));
      }
    }

    private void tellPiece() {
      if (latest != null) {
        pieces.add(
            new ScoredPiece(
                latest.file(),
                latest.start(),
                rowsOfPiece,
                problem == null ? -1 : firstBad,
                problem == null ? null : problem.withoutValue()));
      }
      rowsOfPiece = 0;
      problem = null;
    }

    private Row withAnswer(Row row, int offset) {
      int columns = row.size();
      Object[] cells = new Object[columns + 1 + labels.size()];
      for (int j = 0; j < columns; j++) {
        cells[j] = row.get(j);
      }
      if (labels.isEmpty()) {
        cells[columns] = (double) answers[offset];
      } else {
        int best = 0;
        for (int k = 0; k < labels.size(); k++) {
          cells[columns + 1 + k] = (double) answers[offset + k];
          best = answers[offset + k] > answers[offset + best] ? k : best;
        }
        cells[columns] = labels.get(best);
      }
      return RowFactory.create(cells);
    }
  }
}
