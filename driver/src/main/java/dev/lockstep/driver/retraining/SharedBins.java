package dev.lockstep.driver.retraining;

import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.pack.RawColumns;
import dev.lockstep.datasets.source.Levels;
import dev.lockstep.driver.retraining.ColumnStatistics.NumberColumn;
import dev.lockstep.driver.retraining.ColumnStatistics.TextColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A column of two data sets, counted in the same bins: those of the champion's data.
 *
 * @param name name of the column
 * @param champion rows of the champion's data in each bin
 * @param now rows of the new data in each bin
 */
record SharedBins(String name, List<Long> champion, List<Long> now) {
  /** Takes immutable copies. */
  SharedBins {
    champion = List.copyOf(champion);
    now = List.copyOf(now);
  }

  /**
   * Counts the columns that both have, and as the same kind; for a regression the label too. One or
   * two jobs over the new data's shards.
   */
  static List<SharedBins> of(DataStatistics champion, DataStatistics now, PreparedData data) {
    Map<String, ColumnStatistics> known = champion.byName();
    known.remove(champion.label().name());
    RawColumns features = RawColumns.ofFeatures(data);
    List<ColumnPlace> places = ColumnPlace.of(data.preprocessing());
    double[][] edges = new double[features.columns()][0];
    for (ColumnPlace place : places) {
      if (place.text() == null && known.get(place.name()) instanceof NumberColumn column) {
        edges[place.firstFeature()] = edges(column);
      }
    }
    Bins bins = new Bins(edges, features.counts(edges));
    List<SharedBins> shared = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      ColumnPlace place = places.get(i);
      ColumnStatistics before = known.get(place.name());
      if (before instanceof NumberColumn && place.text() == null) {
        List<Long> counts = bins.of(place.firstFeature());
        shared.add(new SharedBins(place.name(), before.counts(), counts));
      } else if (before instanceof TextColumn then
          && now.columns().get(i) instanceof TextColumn column) {
        shared.add(of(then, column));
      }
    }
    if (champion.label() instanceof NumberColumn before && now.label() instanceof NumberColumn) {
      double[][] own = {edges(before)};
      List<Long> counts = new Bins(own, RawColumns.ofTargets(data).counts(own)).of(0);
      shared.add(new SharedBins(now.label().name(), before.counts(), counts));
    }
    return shared;
  }

  private static double[] edges(NumberColumn column) {
    return column.edges().stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** A bin for each of the champion's levels, and one for all else: empty cells and new levels. */
  private static SharedBins of(TextColumn before, TextColumn column) {
    Levels levels = Levels.of(column.levels());
    List<Long> champion = new ArrayList<>(before.counts());
    champion.add(before.empty());
    List<Long> now = new ArrayList<>();
    long others = column.empty();
    for (long count : column.counts()) {
      others += count;
    }
    for (String level : before.levels()) {
      int index = levels.indexOf(level);
      long count = index < 0 ? 0 : column.counts().get(index);
      now.add(count);
      others -= count;
    }
    now.add(others);
    return new SharedBins(column.name(), champion, now);
  }
}
