package dev.lockstep.driver.run;

import dev.lockstep.datasets.source.RowFeatures;
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

/**
 * Scores the rows of a partition: each comes out with its columns unchanged, then the prediction,
 * then a probability per class. The model travels as its two JSON files and a broadcast of its
 * parameters.
 */
final class ScoreTask implements FlatMapFunction<Iterator<Row>, Row> {
  private static final long serialVersionUID = 1L;

  private final String description;
  private final String preprocessing;
  private final Broadcast<ParameterVector> parameters;
  private final RowFeatures features;

  ScoreTask(
      String description,
      String preprocessing,
      Broadcast<ParameterVector> parameters,
      RowFeatures features) {
    this.description = description;
    this.preprocessing = preprocessing;
    this.parameters = parameters;
    this.features = features;
  }

  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
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
    private final Iterator<Row> rows;
    private final Predictor predictor;
    private final List<String> labels;
    private final float[] values;
    private final float[] answers;
    private final Queue<Row> scored = new ArrayDeque<>();

    ScoredRows(Iterator<Row> rows, Predictor predictor, List<String> labels) {
      this.rows = rows;
      this.predictor = predictor;
      this.labels = labels;
      this.values = new float[predictor.maxRows() * features.count()];
      this.answers = new float[predictor.maxRows() * predictor.answers()];
    }

    @Override
    public boolean hasNext() {
      return !scored.isEmpty() || rows.hasNext();
    }

    @Override
    public Row next() {
      if (scored.isEmpty()) {
        scoreBatch();
      }
      return scored.remove();
    }

    private void scoreBatch() {
      if (!rows.hasNext()) {
        throw new NoSuchElementException();
      }
      List<Row> batch = new ArrayList<>(predictor.maxRows());
      while (rows.hasNext() && batch.size() < predictor.maxRows()) {
        Row row = rows.next();
        features.read(row, values, batch.size() * features.count());
        batch.add(row);
      }
      predictor.predict(values, batch.size(), answers);
      for (int i = 0; i < batch.size(); i++) {
        scored.add(withAnswer(batch.get(i), i * predictor.answers()));
      }
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
